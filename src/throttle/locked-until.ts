import type { Deps } from '../context'
import { objectOf, type Owner, shardOf } from './shard'
import type { Counted } from './unlock'

/**
 * Until when (ms) the last lock on a user is in force, of those that `unlock` ends; null when there is
 * none. Changes nothing. A lock may hold for one network alone.
 */
export async function lockedUntil(
  deps: Pick<Deps, 'env' | 'config'>,
  { emailKey, subject }: Counted,
): Promise<number | null> {
  const owners: Owner[] = [{ emailKey }, { subject }]
  const ends = await Promise.all(
    owners.map(async (owner) => {
      const shard = await shardOf(deps.config, owner)
      return objectOf(deps, shard.name).lockedUntil(shard.owner)
    }),
  )
  const last = Math.max(...ends.map((end) => end ?? 0))
  return last === 0 ? null : last
}
