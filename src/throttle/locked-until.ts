import type { Deps } from '../context'
import { objectOf, shardOf } from './shard'
import { type Counted, ownersOf } from './unlock'

/**
 * Until when sign-ins to the address, or proofs of the password by the user, are refused from some
 * network at least: milliseconds since the epoch, or null when nothing is locked. Reads only, and wakes
 * one object for the address and one for the user. Locks on second factors are kept by the user's own
 * object (`secondFactorLock` of sessions/object/user-sessions.ts).
 */
export async function lockedUntil(
  deps: Pick<Deps, 'env' | 'config'>,
  who: Counted,
): Promise<number | null> {
  const ends = await Promise.all(
    ownersOf(who).map(async (owner) => {
      const shard = await shardOf(deps.config, owner)
      return (await objectOf(deps, shard.name).lockedUntil(shard.owner)) ?? 0
    }),
  )
  return Math.max(...ends) || null
}
