/**
 * Erases what is stored under an address and not with its account: the attempts in the throttle,
 * and the origins of failed sign-ins. Both are found by HMACs of the address, so the outbox row
 * contains the address, encrypted.
 */
import { sql } from 'drizzle-orm'
import { addressHmacs } from '../audit/address-hmac'
import { blankAllFailedSignIns, blankFailedSignIns } from '../audit/blank'
import type { OutboxEntry } from '../commit/commit'
import type { Deps } from '../context'
import { randomId } from '../crypto/encoding'
import { encrypt, decrypt } from '../crypto/encrypt'
import type { Statement } from '../db/batch'
import { aadOf } from '../tables/encrypted-column'
import { FORGOTTEN_ADDRESS, type OutboxRow } from '../tables/outbox'
import { type Counted, forget } from '../throttle/unlock'
import { parseEmailAddress } from './email-address'
import { openFormer } from './former-addresses'

interface Forgotten extends Counted {
  /** Previous addresses of the account. */
  readonly former?: readonly string[]
  /**
   * Addresses of unverified changes. Nobody has proved them, so the throttle keeps what it counts
   * under them. Otherwise an attacker could reset the budgets of any address: request a change to
   * it, and have their own account erased.
   */
  readonly wanted?: readonly string[]
}

/**
 * For the batch that erases an account: the statements that blank rows right away, and the outbox
 * message that does the rest.
 */
export interface Forgetting {
  readonly change: Statement[]
  readonly outbox: OutboxEntry
}

export async function forgetAddress(
  deps: Deps,
  account: { readonly id: number; readonly emailKey: string; readonly subject: string },
): Promise<Forgetting> {
  const { emailKey, subject } = account
  const beside = await besideAccount(deps, account)
  const addresses = await addressHmacs(deps.config, [emailKey, ...beside.former, ...beside.wanted])
  const id = randomId()
  const who: Forgotten = { emailKey, subject, ...beside }
  return {
    change: blankFailedSignIns(addresses, deps.now),
    outbox: {
      id,
      kind: 'forget-throttle',
      subject: null,
      payload: {
        who: await encrypt(
          deps.config.DATA_KEYS,
          aadOf(FORGOTTEN_ADDRESS, id),
          JSON.stringify(who),
        ),
      },
    },
  }
}

interface Beside {
  readonly sort: 'former' | 'reserved' | 'wanted'
  readonly id: string
  readonly address: string
}

/** The account's other addresses, except those that another account has now. */
async function besideAccount(
  deps: Deps,
  { id, emailKey }: { readonly id: number; readonly emailKey: string },
): Promise<Required<Pick<Forgotten, 'former' | 'wanted'>>> {
  const rows = await deps.db.all<Beside>(sql`
    SELECT 'former' AS sort, id, address FROM former_addresses WHERE user_id = ${id}
    UNION ALL SELECT 'reserved', '', reserved_key FROM one_time_tokens
      WHERE user_id = ${id} AND reserved_key IS NOT NULL
    UNION ALL SELECT 'wanted', '', email FROM one_time_tokens
      WHERE user_id = ${id} AND purpose = 'confirm_email_change'`)
  const former = new Set<string>()
  const wanted = new Set<string>()
  for (const row of rows) {
    if (row.sort === 'wanted') wanted.add(parseEmailAddress(row.address)?.key ?? '')
    else former.add((row.sort === 'former' ? await openFormer(deps, row) : row.address) ?? '')
  }
  const others = await taken(deps, [...former, ...wanted])
  const isFree = (key: string) => key !== '' && key !== emailKey && !others.has(key)
  return {
    former: [...former].filter(isFree),
    wanted: [...wanted].filter((key) => isFree(key) && !former.has(key)),
  }
}

/** Which of these addresses belong to an account now. */
async function taken(deps: Deps, keys: readonly string[]): Promise<Set<string>> {
  if (keys.length === 0) return new Set()
  const rows = await deps.db.all<{ key: string }>(sql`
    SELECT users.email_key AS key FROM json_each(${JSON.stringify(keys)}) AS given
    CROSS JOIN users ON users.email_key = given.value`)
  return new Set(rows.map(({ key }) => key))
}

/** Performs the outbox message. Throws if more is left than one run may blank; a retry continues. */
export async function performForgetting(deps: Deps, row: OutboxRow): Promise<void> {
  const { who } = JSON.parse(row.payload) as { who: string }
  const text = await decrypt(deps.config.DATA_KEYS, aadOf(FORGOTTEN_ADDRESS, row.id), who)
  const { emailKey, subject, former = [], wanted = [] } = JSON.parse(text) as Forgotten
  // Another user may have taken one of these addresses since the erasure, and be counted under it.
  const others = await taken(deps, former)
  const own = [emailKey, ...former.filter((key) => !others.has(key))]
  await forget(deps, [...own.map((key) => ({ emailKey: key })), { subject }])
  const addresses = await addressHmacs(deps.config, [emailKey, ...former, ...wanted])
  if (!(await blankAllFailedSignIns(deps, addresses, row.createdAt))) throw new MoreIsLeft()
}

class MoreIsLeft extends Error {
  readonly code = 'more_is_left'
}
