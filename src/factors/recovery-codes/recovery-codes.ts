/**
 * Recovery codes: ten of 80 random bits, shown once. D1 keeps HMAC(subject, code) under a key of
 * DATA_KEYS, so a stolen table opens nothing; using one deletes its row in a batch that demands it.
 */
import { and, eq, sql } from 'drizzle-orm'
import type { Account } from '../../users/account'
import type { Deps } from '../../context'
import { toBase64Url, utf8 } from '../../crypto/encoding'
import type { KeyRing } from '../../crypto/key-ring'
import type { Statement } from '../../db/batch'
import type { Precondition } from '../../commit/commit'
import { DomainError } from '../../errors'
import { bareCode } from '../code-field'
import { recoveryCodes } from '../../tables/recovery-codes'

const CODES = 10
const CODE_BYTES = 10
/** Crockford's base32: no letters that are taken for digits. 16 characters for 80 bits. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

function newCode(): string {
  const bits = [...crypto.getRandomValues(new Uint8Array(CODE_BYTES))]
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('')
  const letters = bits.match(/.{5}/g)?.map((five) => ALPHABET.charAt(Number.parseInt(five, 2)))
  return (letters ?? []).join('').replaceAll(/(.{4})(?=.)/g, '$1-')
}

/** As typed -> as hashed: case and fillers do not count (code-field.ts), and look-alikes are read as digits. */
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

/** A fresh set, to be shown once, and the statements that put it in place of the old one. */
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

export const dropRecoveryCodes = (deps: Deps, userId: number): Statement =>
  deps.db.delete(recoveryCodes).where(eq(recoveryCodes.userId, userId))

/** What spends one code: belongs into the batch of whatever the code is good for. */
export interface SpentCode {
  readonly precondition: Precondition
  readonly statement: Statement
  /** How many stay. */
  readonly left: number
}

/** Finds an unused code of the account; undefined when it is none. */
export async function findRecoveryCode(
  deps: Deps,
  account: Account,
  typed: string,
): Promise<SpentCode | undefined> {
  const { DATA_KEYS } = deps.config
  const { id } = account.user
  const { subject } = account.authority
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
