/**
 * Which sessions have ended before their cookies expire. A cookie cannot be taken back, so each request asks
 * here. What is kept are random ids of sessions and of logout tokens, until a time.
 */

/** A store of short texts. Times are in seconds since 1970. */
export interface EndedSessions {
  readonly get: (key: string) => Promise<string | null>
  readonly put: (key: string, value: string, until: number) => Promise<void>
}

const nowSeconds = () => Math.floor(Date.now() / 1000)

/** In the memory of one process: for development, and for apps that run in one process. */
export function endedInMemory(): EndedSessions {
  const kept = new Map<string, { readonly value: string; readonly until: number }>()
  let pruneAt = 0
  return {
    async get(key) {
      const found = kept.get(key)
      return found && found.until > nowSeconds() ? found.value : null
    },
    async put(key, value, until) {
      const now = nowSeconds()
      if (now >= pruneAt) {
        pruneAt = now + PRUNE_EVERY_SECONDS
        for (const [each, { until: end }] of kept) if (end <= now) kept.delete(each)
      }
      kept.set(key, { value, until })
    },
  }
}

const PRUNE_EVERY_SECONDS = 60

interface KeyValueNamespace {
  get(key: string): Promise<string | null>
  put(key: string, value: string, options: { expiration: number }): Promise<void>
}

/**
 * In Workers KV, which needs no code of yours. Other locations learn of an end within a minute: where that is too
 * late, use a Durable Object.
 */
export const endedInKv = (namespace: KeyValueNamespace): EndedSessions => ({
  get: (key) => namespace.get(key),
  // KV refuses to forget earlier than in a minute.
  put: (key, value, until) =>
    namespace.put(key, value, { expiration: Math.max(until, nowSeconds() + KV_LEAST_SECONDS) }),
})

const KV_LEAST_SECONDS = 65

interface ObjectNamespace<Id> {
  idFromName(name: string): Id
  get(id: Id): { fetch(url: string, init?: RequestInit): Promise<Response> }
}

/** In Durable Objects of the class EndedSession, one for each key: an end is known everywhere at once. */
export const endedInObjects = <Id>(namespace: ObjectNamespace<Id>): EndedSessions => {
  const ask = async (key: string, init?: RequestInit) => {
    const stub = namespace.get(namespace.idFromName(key))
    const response = await stub.fetch('https://ended-session/', init)
    if (!response.ok && response.status !== 404) throw new Error(`EndedSession: ${response.status}`)
    return response
  }
  return {
    async get(key) {
      const response = await ask(key)
      return response.status === 404 ? null : response.text()
    },
    async put(key, value, until) {
      await ask(key, { method: 'PUT', body: JSON.stringify({ value, until }) })
    },
  }
}

interface ObjectState {
  readonly storage: {
    get(key: string): Promise<unknown>
    put(key: string, value: unknown): Promise<void>
    setAlarm(time: number): Promise<void>
    deleteAll(): Promise<void>
  }
}

/** The Durable Object. Export it from the Worker's entry, and bind it in wrangler.toml. */
export class EndedSession {
  readonly #storage: ObjectState['storage']

  constructor({ storage }: ObjectState) {
    this.#storage = storage
  }

  async fetch(request: Request): Promise<Response> {
    if (request.method === 'PUT') {
      const { value, until } = (await request.json()) as { value: string; until: number }
      await this.#storage.put('value', value)
      await this.#storage.setAlarm(until * 1000)
      return new Response(null, { status: 204 })
    }
    const value = await this.#storage.get('value')
    return typeof value === 'string' ? new Response(value) : new Response(null, { status: 404 })
  }

  /** Nothing is left when the time is over. */
  async alarm(): Promise<void> {
    await this.#storage.deleteAll()
  }
}

/** Asks about one session, or about all sessions of a user that began before a time. */
export async function isEnded(
  { get }: EndedSessions,
  session: { readonly sid: string | undefined; readonly sub: string; readonly startedAt: number },
): Promise<boolean> {
  const { sid, sub, startedAt } = session
  const [ofSession, ofUser] = await Promise.all([
    sid === undefined ? null : get(`sid:${sid}`),
    get(`sub:${sub}`),
  ])
  return ofSession !== null || (ofUser !== null && startedAt <= Number(ofUser))
}

/** A session that is named ends alone; without a name all of the user's do (Back-Channel Logout, section 2.7). */
export async function end(
  { put }: EndedSessions,
  about: { readonly sid?: string | undefined; readonly sub?: string | undefined },
  at: number,
  until: number,
): Promise<void> {
  const key = about.sid === undefined ? `sub:${about.sub}` : `sid:${about.sid}`
  await put(key, String(at), until)
}
