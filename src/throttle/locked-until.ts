import type { Deps } from '../context'
import { objectOf, shardOf } from './shard'
import { type Counted, ownersOf } from './unlock'

/**
 * Until when sign-ins to the address, or the user's proofs of the password, are refused on at least one
 * network: milliseconds since the epoch, or null if on none. Only reads, and wakes one object for the
 * address and one for the user. The user's own object keeps the locks on second factors
 * (`secondFactorLock` of sessions/object/user-sessions.ts).
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
