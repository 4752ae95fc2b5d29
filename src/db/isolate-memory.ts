/**
 * Values of D1 that every request needs, in isolate memory for at most five seconds. That is how long a
 * change takes to reach every isolate.
 */
import type { Deps } from '../context'

const MAX_AGE_MS = 5_000
/** From this age on, one request loads the value again after its response, so that none waits under load. */
const RENEW_AFTER_MS = 4_000

interface Loaded<T> {
  readonly at: number
  readonly value: T
  isBeingRenewed: boolean
}

interface IsolateMemory<T> {
  /** The value, at most five seconds old. */
  readonly read: (deps: Deps) => Promise<T>
  /** Makes this isolate load the value again; others follow within five seconds. */
  readonly forget: (deps: Deps) => boolean
}

export function isolateMemory<T>(load: (deps: Deps) => Promise<T>): IsolateMemory<T> {
  // Caches the value and not the promise: an unfinished read of one request must not hold up another.
  const cache = new WeakMap<Env, Loaded<T>>()

  async function renew(deps: Deps): Promise<T> {
    const value = await load(deps)
    cache.set(deps.env, { at: deps.now, value, isBeingRenewed: false })
    return value
  }

  return {
    read: async (deps) => {
      const known = cache.get(deps.env)
      // If the clock is set back (a restore), an old value must not stay valid.
      const age = known ? Math.abs(deps.now - known.at) : Number.POSITIVE_INFINITY
      if (!known || age >= MAX_AGE_MS) return renew(deps)
      if (age >= RENEW_AFTER_MS && !known.isBeingRenewed) {
        known.isBeingRenewed = true
        // If it fails, the next request that needs the value loads it.
        deps.waitUntil(renew(deps).catch(() => undefined))
      }
      return known.value
    },
    forget: ({ env }) => cache.delete(env),
  }
}
