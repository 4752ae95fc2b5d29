/** Stands where the service stands, and is of no use: one takes too long, one is not there. */
import { WorkerEntrypoint } from 'cloudflare:workers'

export class SilentGatehouse extends WorkerEntrypoint {
  async authenticate() {
    await new Promise((resolve) => setTimeout(resolve, 20_000))
  }
}

export class StoppedGatehouse extends WorkerEntrypoint {
  authenticate() {
    throw new Error('the service is stopped')
  }
}

export default {}
