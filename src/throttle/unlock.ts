/** Ending locks, and erasing what is counted about a person: for admins, resets and erasure. */
import type { Deps } from '../context'
import { objectOf, type Owner, shardOf } from './shard'

/** A person as the throttle counts them: by canonical address and by subject. */
export interface Counted {
  readonly emailKey: string
  readonly subject: string
}

export const ownersOf = ({ emailKey, subject }: Counted): Owner[] => [{ emailKey }, { subject }]

/**
 * Ends every lock of the address and of the user's own proofs, also the one after 100 failures in a
 * row. For the admin's unlock and for a completed reset. Budgets of mail stay, and so do known
 * networks: they are what an attacker who goes on cannot shut.
 */
export async function unlock(deps: Pick<Deps, 'env' | 'config'>, who: Counted): Promise<void> {
  await Promise.all(
    ownersOf(who).map(async (owner) => {
      const shard = await shardOf(deps.config, owner)
      await objectOf(deps, shard.name).unlock(shard.owner)
    }),
  )
}

/** Erases all rows of addresses and subjects, under every listed key. May be repeated. */
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
