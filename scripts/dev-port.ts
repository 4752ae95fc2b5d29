/**
 * Checks the port before the start, and waits for the service after it. A port in use is refused,
 * because the probe would mistake another server's response for ours.
 */
import { createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { CliError } from './cli-error.ts'

const HINT_AFTER_MS = 30_000

/** Throws CliError when the port is in use on either loopback address. */
export async function refuseTakenPort(port: number): Promise<void> {
  for (const host of ['127.0.0.1', '::1']) {
    const code = await listenOnce(port, host)
    if (code === 'EADDRINUSE') {
      throw new CliError(
        `Port ${port} is in use. Stop the program that uses it, or run: npm start -- --port ${port < 65_535 ? port + 1 : 8787}`,
      )
    }
    if (code === 'EACCES')
      throw new CliError(`Port ${port} requires privileges that you do not have.`)
  }
}

/** Returns the error code, or undefined when listening worked or the machine has no IPv6. */
function listenOnce(port: number, host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.on('error', (error: NodeJS.ErrnoException) => resolve(error.code))
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(undefined)))
  })
}

/** Resolves with the first response, whatever its status. Waits without a limit. */
export async function waitForAnswer(url: string): Promise<Response> {
  const started = Date.now()
  for (let hasHinted = false; ; await pause(100)) {
    try {
      return await fetch(url, { signal: AbortSignal.timeout(10_000) })
    } catch {
      if (hasHinted || Date.now() - started < HINT_AFTER_MS) continue
      hasHinted = true
      console.error('The service has not responded yet. See the messages above.')
    }
  }
}
