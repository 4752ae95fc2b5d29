/**
 * Recovery codes: ten codes of 80 random bits, shown once. D1 stores HMAC(subject, code) under a
 * key of DATA_KEYS, so a stolen table is of no use. Using a code deletes its row, in a batch with
 * the precondition that the row exists, so each code works once (test/races/credentials.test.ts).
 */
import { and, eq, sql } from 'drizzle-orm'
import { commit, type Precondition } from '../../commit/commit'
import type { Deps } from '../../context'
import { toBase64Url, utf8 } from '../../crypto/encoding'
import type { KeyRing } from '../../crypto/key-ring'
import type { Statement } from '../../db/batch'
import { DomainError } from '../../errors'
import { notification } from '../../mail/messages'
import { recoveryCodes } from '../../tables/recovery-codes'
import type { Account } from '../../users/account'
import { bareCode } from '../code-field'

const CODES = 10
const CODE_BYTES = 10
/** Crockford's base32, without letters that look like digits. 80 bits make 16 characters. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

function newCode(): string {
  const bits = [...crypto.getRandomValues(new Uint8Array(CODE_BYTES))]
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('')
  const letters = bits.match(/.{5}/g)?.map((five) => ALPHABET.charAt(Number.parseInt(five, 2)))
  return (letters ?? []).join('').replaceAll(/(.{4})(?=.)/g, '$1-')
}

/** The form that is hashed: upper case, without separators (code-field.ts), O, I and L as digits. */
const canonical = (typed: string): string =>
  bareCode(typed).toUpperCase().replaceAll('O', '0').replaceAll(/[IL]/g, '1')

async function hashCode(
  keys: KeyRing,
  keyId: string,
  subject: string,
  code: string,
): Promise<string> {
  const key = await keys.hmac(keyId, 'recovery-code')
  if (!key) throw new Error('a listed data key must exist')
  const mac = await crypto.subtle.sign('HMAC', key, utf8(`${subject}:${canonical(code)}`))
  return `${keyId}.${toBase64Url(mac)}`
}

/** A new set of codes, to be shown once, and the statements that replace the old set with it. */
export async function newRecoveryCodes(
  deps: Deps,
  user: { id: number; subject: string },
): Promise<{ codes: string[]; statements: Statement[] }> {
  const { DATA_KEYS } = deps.config
  const codes = Array.from({ length: CODES }, newCode)
  const rows = await Promise.all(
    codes.map(async (code) => ({
      userId: user.id,
      hash: await hashCode(DATA_KEYS, DATA_KEYS.ids[0], user.subject, code),
      createdAt: deps.now,
    })),
  )
  return {
    codes,
    statements: [dropRecoveryCodes(deps, user.id), deps.db.insert(recoveryCodes).values(rows)],
  }
}

const dropRecoveryCodes = (deps: Deps, userId: number): Statement =>
  deps.db.delete(recoveryCodes).where(eq(recoveryCodes.userId, userId))

/**
 * Deletes the codes of a user who has neither a second factor nor a passkey left, at this point of the
 * batch.
 */
export const dropUselessCodes = (userId: number): Statement =>
  sql`DELETE FROM recovery_codes WHERE user_id = ${userId}
    AND NOT EXISTS (SELECT 1 FROM passkeys WHERE passkeys.user_id = ${userId})
    AND EXISTS (SELECT 1 FROM users WHERE users.id = ${userId} AND users.two_factor_enabled_at IS NULL)`

/** What uses up one code. Both parts belong in the batch of the change that the code authorizes. */
export interface SpentCode {
  readonly precondition: Precondition
  readonly statement: Statement
  /** Unused codes left after this one. */
  readonly left: number
}

/** Finds an unused recovery code of the account; undefined if the text is not one. */
export async function findRecoveryCode(
  deps: Deps,
  account: Account,
  typed: string,
): Promise<SpentCode | undefined> {
  const { DATA_KEYS } = deps.config
  const { id } = account.user
  const { subject } = account.accountState
  const rows = await deps.db
    .select({ hash: recoveryCodes.hash })
    .from(recoveryCodes)
    .where(eq(recoveryCodes.userId, id))
  const hashes = await Promise.all(
    DATA_KEYS.ids.map((keyId) => hashCode(DATA_KEYS, keyId, subject, typed)),
  )
  const hash = rows.find((row) => hashes.includes(row.hash))?.hash
  if (hash === undefined) return undefined
  const isIt = and(eq(recoveryCodes.userId, id), eq(recoveryCodes.hash, hash))
  return {
    precondition: {
      name: 'recovery_code_unused',
      holds: sql`EXISTS (SELECT 1 FROM ${recoveryCodes} WHERE ${isIt})`,
      otherwise: new DomainError('invalid_2fa_code'),
    },
    statement: deps.db.delete(recoveryCodes).where(isIt),
    left: rows.length - 1,
  }
}

/** How many unused codes a user has. */
export async function countRecoveryCodes(deps: Deps, userId: number): Promise<number> {
  return deps.db.$count(recoveryCodes, eq(recoveryCodes.userId, userId))
}

/** Uses up a recovery code that matched, and notifies the user. Throws `invalid_2fa_code` if it is gone. */
export async function spendRecoveryCode(
  deps: Deps,
  account: Account,
  spent: SpentCode,
): Promise<void> {
  const { id } = account.user
  await commit(deps, {
    preconditions: [spent.precondition],
    change: [spent.statement],
    audit: [
      {
        event: 'two_factor.recovery_code_used',
        actor: id,
        target: id,
        data: { left: spent.left },
      },
    ],
    outbox: notification(deps, account.accountState.subject, 'recovery-code-used'),
  })
}
