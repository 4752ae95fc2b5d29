/** The least that an answer asked of a Durable Object can cost: one call, a map look-up, a small answer. */
import { DurableObject } from 'cloudflare:workers'

export class Holder extends DurableObject {
  readonly #known = new Map([['1', { id: '1', isLive: true }]])

  check(id: string): { id: string; isLive: boolean } | undefined {
    return this.#known.get(id)
  }
}

interface Bindings {
  HOLDER: DurableObjectNamespace<Holder>
}

export default {
  async fetch(request: Request, env: Bindings): Promise<Response> {
    const name = request.headers.get('authorization') ?? 'nobody'
    return Response.json(await env.HOLDER.getByName(name).check('1'))
  },
}
