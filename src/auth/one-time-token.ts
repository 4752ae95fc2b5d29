/**
 * One-time tokens in D1: made in the batch that decides on a mail, looked up by hash, and used up in
 * the batch that acts on them. Reading one decides nothing: `isUsable` must stand among that batch's
 * preconditions, which is what makes a token work once among any number of parallel uses.
 */
import { and, eq, inArray, type SQL, sql } from 'drizzle-orm'
import type { Deps } from '../context'
import { mailToken, mailTokenHash, TOKEN_PURPOSES, type TokenPurpose } from '../crypto/mail-token'
import type { Statement } from '../db/batch'
import type { Precondition } from '../db/commit'
import { DomainError } from '../errors'
import { type AccountStatus, users } from '../users/schema'
import { oneTimeTokens } from './schema'

/** A token that a mail will carry, as it is stored. Made before the batch, as hashing is asynchronous. */
export interface NewToken {
  readonly hash: string
  readonly purpose: TokenPurpose
  readonly expiresAt: number
}

/** The token of one purpose that the mail of this outbox row will carry. */
export async function newToken(
  deps: Deps,
  purpose: TokenPurpose,
  outboxId: string,
  ttlSeconds: number,
): Promise<NewToken> {
  const { TOKEN_KEYS } = deps.config
  const token = await mailToken(TOKEN_KEYS, TOKEN_KEYS.ids[0], purpose, outboxId)
  if (!token) throw new Error('the newest token key must exist')
  return { hash: await mailTokenHash(token), purpose, expiresAt: deps.now + ttlSeconds * 1000 }
}

/**
 * Stores a token for every user that a condition finds (none, or the one it names). `email` is the
 * address it vouches for, the account's own unless given; `reservedKey` keeps an address from others.
 */
export const storeToken = (
  deps: Deps,
  token: NewToken,
  where: SQL | undefined,
  address: { email?: string; reservedKey?: string } = {},
): Statement =>
  sql`
    INSERT INTO ${oneTimeTokens} (hash, purpose, user_id, email, reserved_key, key_id, created_at, expires_at)
    SELECT ${token.hash}, ${token.purpose}, ${users.id}, ${address.email ?? sql`${users.email}`},
      ${address.reservedKey ?? null},
      ${deps.config.TOKEN_KEYS.ids[0]}, ${deps.now}, ${token.expiresAt}
    FROM ${users} WHERE ${where}`

export interface FoundToken {
  readonly hash: string
  readonly userId: number
  readonly subject: string
  /** The account's own address, canonical. */
  readonly emailKey: string
  readonly status: AccountStatus
  /** The address that the token vouches for. */
  readonly email: string
  readonly createdAt: number
}

/** The unspent token and its user. Throws `invalid_token`. */
export async function findToken(
  deps: Deps,
  purpose: TokenPurpose,
  token: string,
): Promise<FoundToken> {
  const hash = await mailTokenHash(token)
  const [found] = await deps.db
    .select({
      hash: oneTimeTokens.hash,
      userId: users.id,
      subject: users.subject,
      emailKey: users.emailKey,
      status: users.status,
      email: oneTimeTokens.email,
      createdAt: oneTimeTokens.createdAt,
    })
    .from(oneTimeTokens)
    .innerJoin(users, eq(users.id, oneTimeTokens.userId))
    .where(isLiveToken(deps, purpose, hash))
  if (!found) throw spentToken(purpose)
  return found
}

/** The requirements' words for a verification token, plainer ones for the others. */
export const spentToken = (purpose: TokenPurpose): DomainError =>
  purpose === 'verify_email'
    ? new DomainError('invalid_token')
    : new DomainError('invalid_token', { detail: 'Invalid or expired token' })

/** A token made under a key that has been dropped since is dead, as is one past its time. */
const isLiveToken = (deps: Deps, purpose: TokenPurpose, hash: string) =>
  and(
    eq(oneTimeTokens.hash, hash),
    eq(oneTimeTokens.purpose, purpose),
    sql`${oneTimeTokens.expiresAt} > ${deps.now}`,
    inArray(oneTimeTokens.keyId, [...deps.config.TOKEN_KEYS.ids]),
  )

/** The token is still there when the batch runs. */
export const isUsable = (deps: Deps, purpose: TokenPurpose, hash: string): Precondition => ({
  name: 'token_unused',
  holds: sql`EXISTS (SELECT 1 FROM ${oneTimeTokens} WHERE ${isLiveToken(deps, purpose, hash)})`,
  otherwise: spentToken(purpose),
})

/** All but the link that undoes a change of address, which outlives passwords and later changes. */
export const ALL_BUT_UNDO = TOKEN_PURPOSES.filter((purpose) => purpose !== 'undo_email_change')

/** No link of another user may still bring this address back. */
export const isNotReserved = (
  deps: Deps,
  emailKey: string,
  exceptUserId: number | null = null,
): SQL => sql`
  NOT EXISTS (SELECT 1 FROM ${oneTimeTokens} WHERE ${oneTimeTokens.reservedKey} = ${emailKey}
    AND ${oneTimeTokens.expiresAt} > ${deps.now} AND ${oneTimeTokens.userId} IS NOT ${exceptUserId})`

/** The address is neither an account's nor kept for another user by a link that may bring it back. */
export const isFreeAddress = (
  deps: Deps,
  emailKey: string,
  exceptUserId: number | null,
): SQL => sql`
  NOT EXISTS (SELECT 1 FROM ${users} WHERE ${users.emailKey} = ${emailKey} AND ${users.id} IS NOT ${exceptUserId})
  AND ${isNotReserved(deps, emailKey, exceptUserId)}`

/** Ends all of a user's tokens of these purposes. */
export const endTokens = (
  deps: Deps,
  userId: number,
  purposes: readonly TokenPurpose[],
): Statement =>
  deps.db
    .delete(oneTimeTokens)
    .where(and(eq(oneTimeTokens.userId, userId), inArray(oneTimeTokens.purpose, [...purposes])))
