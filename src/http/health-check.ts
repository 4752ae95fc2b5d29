import { sql } from 'drizzle-orm'
import type { Deps } from '../context'
import { DomainError } from '../errors'

/** How long an outcome is remembered: anyone may ask, and each check costs a query and an object call. */
const HEALTHY_MS = 5_000
const UNHEALTHY_MS = 1_000
/** What takes longer than this does not work. */
const CHECK_MS = 2_000

interface Outcome {
  readonly isHealthy: boolean
  readonly at: number
}

/** By isolate; the outcome, not the promise, which belongs to the request that made it. */
const memory = new WeakMap<Env, { last?: Outcome; checkingSince: number }>()

interface Health {
  readonly isHealthy: boolean
  readonly cause?: unknown
}

/**
 * Touches D1 and an object, so a green answer means that sign-in can work. An isolate checks at most
 * once in five seconds while all is well, and once a second while it is not. Requests that arrive during
 * a check get the outcome before it.
 */
export const checkHealth = async (deps: Deps): Promise<Health> => remembered(deps) ?? check(deps)

function remembered({ env, now }: Deps): Health | undefined {
  const { last, checkingSince = 0 } = memory.get(env) ?? {}
  if (!last) return undefined
  const isBeingChecked = Math.abs(now - checkingSince) < CHECK_MS
  const isFresh = Math.abs(now - last.at) < (last.isHealthy ? HEALTHY_MS : UNHEALTHY_MS)
  return isFresh || isBeingChecked ? last : undefined
}

async function check(deps: Deps): Promise<Health> {
  const { env } = deps
  memory.set(env, { ...memory.get(env), checkingSince: deps.now })
  const expiry = Promise.withResolvers<never>()
  const timer = setTimeout(() => expiry.reject(new DomainError('unavailable')), CHECK_MS)
  const keep = (isHealthy: boolean) =>
    memory.set(env, { last: { isHealthy, at: Date.now() }, checkingSince: 0 })
  try {
    const touching = Promise.all([
      deps.db.run(sql`SELECT 1 FROM roles LIMIT 1`),
      env.USER_SESSIONS.getByName('health').ping(),
    ])
    await Promise.race([touching, expiry.promise])
    keep(true)
    return { isHealthy: true }
  } catch (cause) {
    keep(false)
    return { isHealthy: false, cause }
  } finally {
    clearTimeout(timer)
  }
}
