/**
 * What is kept under an address beside its account, for an erasure: attempts in the throttle, and from
 * where sign-ins failed. Both are found by HMACs of the address, so the outbox keeps it, encrypted.
 */
import { and, eq, isNotNull } from 'drizzle-orm'
import { addressHmacs } from '../audit/address-hmac'
import { blankAllFailedSignIns, blankFailedSignIns } from '../audit/blank'
import type { Deps } from '../context'
import { randomId } from '../crypto/encoding'
import { lock, unlock } from '../crypto/secret-box'
import type { Statement } from '../db/batch'
import type { OutboxEntry } from '../db/commit'
import type { OutboxRow } from '../outbox/schema'
import { type Counted, forget } from '../throttle/unlock'
import { oneTimeTokens } from './schema'

interface Forgotten extends Counted {
  /** Earlier addresses that a link could still bring back. */
  readonly former?: readonly string[]
}

/** For the batch that erases an account: what it blanks at once, and the message that does the rest. */
export interface Forgetting {
  readonly change: Statement[]
  readonly outbox: OutboxEntry
}

export async function forgetAddress(
  deps: Deps,
  account: { readonly id: number; readonly emailKey: string; readonly subject: string },
): Promise<Forgetting> {
  const { emailKey, subject } = account
  const former = await formerAddresses(deps, account.id)
  const addresses = await addressHmacs(deps.config, [emailKey, ...former])
  const id = randomId()
  const who: Forgotten = { emailKey, subject, former }
  return {
    change: blankFailedSignIns(addresses, deps.now),
    outbox: {
      id,
      kind: 'forget-throttle',
      subject: null,
      payload: {
        who: await lock(deps.config.DATA_KEYS, `outbox.payload/${id}`, JSON.stringify(who)),
      },
    },
  }
}

async function formerAddresses(deps: Deps, userId: number): Promise<string[]> {
  const rows = await deps.db
    .select({ key: oneTimeTokens.reservedKey })
    .from(oneTimeTokens)
    .where(and(eq(oneTimeTokens.userId, userId), isNotNull(oneTimeTokens.reservedKey)))
  return [...new Set(rows.flatMap(({ key }) => key ?? []))]
}

/** Performs the message. Throws when more is left than one run may blank: the outbox goes on later. */
export async function performForgetting(deps: Deps, row: OutboxRow): Promise<void> {
  const { who } = JSON.parse(row.payload) as { who: string }
  const text = await unlock(deps.config.DATA_KEYS, `outbox.payload/${row.id}`, who)
  const { emailKey, subject, former = [] } = JSON.parse(text) as Forgotten
  const keys = [emailKey, ...former]
  await Promise.all(keys.map((key) => forget(deps, { emailKey: key, subject })))
  const addresses = await addressHmacs(deps.config, keys)
  if (!(await blankAllFailedSignIns(deps, addresses, row.createdAt))) throw new MoreIsLeft()
}

class MoreIsLeft extends Error {
  readonly code = 'more_is_left'
}
