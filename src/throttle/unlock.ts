/** Lifts a user's locks, for admins and resets, and deletes all that is counted, for erasure. */
import type { Deps } from '../context'
import { objectOf, type Owner, shardOf } from './shard'

/** A user as the throttle counts them: by canonical address and by subject. */
export interface Counted {
  readonly emailKey: string
  readonly subject: string
}

export const ownersOf = ({ emailKey, subject }: Counted): Owner[] => [{ emailKey }, { subject }]

/**
 * Lifts all locks of the address and of the user's own proofs, including the one after 100 failures in a
 * row. For an admin's unlock and a completed reset. Budgets of mail stay. Known networks stay known, as
 * an attacker who goes on guessing cannot lock those.
 */
export async function unlock(deps: Pick<Deps, 'env' | 'config'>, who: Counted): Promise<void> {
  await Promise.all(
    ownersOf(who).map(async (owner) => {
      const shard = await shardOf(deps.config, owner)
      await objectOf(deps, shard.name).unlock(shard.owner)
    }),
  )
}

/** Deletes all rows of owners under every entry of DATA_KEYS. May be repeated. */
export async function forget(
  deps: Pick<Deps, 'env' | 'config'>,
  owners: readonly Owner[],
): Promise<void> {
  await Promise.all(
    deps.config.DATA_KEYS.ids.flatMap((keyId) =>
      owners.map(async (owner) => {
        const shard = await shardOf(deps.config, owner, keyId)
        await objectOf(deps, shard.name).forget(shard.owner)
      }),
    ),
  )
}
