/**
 * One-time tokens in D1: made in the batch that decides on a mail, looked up by hash, and used up in
 * the batch that acts on them. Reading one decides nothing: `isUsable` must stand among that batch's
 * preconditions, which is what makes a token work once among any number of parallel uses.
 */
import { and, eq, inArray, type SQL, sql } from 'drizzle-orm'
import type { Deps } from '../context'
import { mailToken, mailTokenHash, TOKEN_PURPOSES, type TokenPurpose } from '../crypto/mail-token'
import type { Statement } from '../db/batch'
import type { Precondition } from '../commit/commit'
import { DomainError } from '../errors'
import { type AccountStatus, users } from '../tables/users'
import { isStanding, oneTimeTokens } from '../tables/one-time-tokens'
import { afterOlder } from './undo-links'

/**
 * Whether a link ends with the credentials that stood when it was asked for: with a change of the second
 * factor, "sign out everywhere" and an admin's end of sessions, as it does with the password anyway. A
 * link that proves the mailbox was not asked for by credentials: a reset must not be cut off by a thief
 * who signs its owner out, nor by the admin who mails it and then ends the sessions.
 */
const ENDS_WITH_CREDENTIALS: Readonly<Record<TokenPurpose, boolean>> = {
  verify_email: false,
  decline_registration: false,
  reset_password: false,
  confirm_email_change: true,
  undo_email_change: false,
  accept_invitation: false,
}

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
 * Where `usable.onlyIf` does not hold, the row is stored under `deadHash`, which no token has: the
 * request is on record, its mail is dropped, and nothing can use it.
 */
export const storeToken = (
  deps: Deps,
  token: NewToken,
  where: SQL | undefined,
  about: {
    email?: string
    reservedKey?: string
    usable?: { readonly onlyIf: SQL; readonly deadHash: string }
  } = {},
): Statement =>
  sql`
    INSERT INTO ${oneTimeTokens} (hash, purpose, user_id, email, reserved_key, key_id, created_at, expires_at,
      credential_version)
    SELECT ${about.usable ? sql`CASE WHEN ${about.usable.onlyIf} THEN ${token.hash} ELSE ${about.usable.deadHash} END` : token.hash}, ${token.purpose}, ${users.id}, ${about.email ?? sql`${users.email}`},
      ${about.reservedKey ?? null},
      ${deps.config.TOKEN_KEYS.ids[0]}, ${token.purpose === 'undo_email_change' ? afterOlder(deps) : deps.now}, ${token.expiresAt},
      ${ENDS_WITH_CREDENTIALS[token.purpose] ? sql`${users.credentialVersion}` : null}
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
  /** The address that the account has now. */
  readonly accountEmail: string
  readonly fullName: string
  readonly language: string
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
      // Every column of a query needs a name of its own (db/meter.ts).
      accountEmail: sql<string>`${users.email}`.as('account_email'),
      fullName: users.fullName,
      language: users.language,
      createdAt: oneTimeTokens.createdAt,
    })
    .from(oneTimeTokens)
    .innerJoin(users, eq(users.id, oneTimeTokens.userId))
    .where(isLiveToken(deps, purpose, hash))
  if (!found) throw spentToken(purpose)
  return found
}

/**
 * The address of the account that an unspent token belongs to, for password managers; undefined for a
 * token that is none. One indexed read whatever the token. The link's holder may see the address: the
 * mail went to it.
 */
export async function accountNameOfToken(
  deps: Deps,
  purpose: TokenPurpose,
  token: string,
): Promise<string | undefined> {
  const [found] = await deps.db
    .select({ email: users.email })
    .from(oneTimeTokens)
    .innerJoin(users, eq(users.id, oneTimeTokens.userId))
    .where(isLiveToken(deps, purpose, await mailTokenHash(token)))
  return found?.email
}

/** The requirements' words for a verification token, plainer ones for the others. */
export const spentToken = (purpose: TokenPurpose): DomainError =>
  purpose === 'verify_email'
    ? new DomainError('invalid_token')
    : new DomainError('invalid_token', { detail: 'Invalid or expired token' })

/**
 * Of a token joined with its user. One made under a key that has been dropped since is dead, as is one
 * past its time, of a deactivated account, or of older credentials.
 */
const isLiveToken = (deps: Deps, purpose: TokenPurpose, hash: string) =>
  and(
    eq(oneTimeTokens.hash, hash),
    eq(oneTimeTokens.purpose, purpose),
    sql`${oneTimeTokens.expiresAt} > ${deps.now}`,
    inArray(oneTimeTokens.keyId, [...deps.config.TOKEN_KEYS.ids]),
    isStanding,
  )

/** The token is still there when the batch runs. */
export const isUsable = (deps: Deps, purpose: TokenPurpose, hash: string): Precondition => ({
  name: 'token_unused',
  holds: sql`EXISTS (SELECT 1 FROM ${oneTimeTokens} JOIN ${users} ON ${users.id} = ${oneTimeTokens.userId}
    WHERE ${isLiveToken(deps, purpose, hash)})`,
  otherwise: spentToken(purpose),
})

/**
 * What a change of password or of address by its owner ends: all but the link that undoes a change of
 * address, which is the owner's way back from a thief who did it. An admin's repair ends that one too.
 */
export const ALL_BUT_UNDO = TOKEN_PURPOSES.filter((purpose) => purpose !== 'undo_email_change')

/** Ends all of a user's tokens of these purposes, or of every purpose. */
export const endTokens = (
  deps: Deps,
  userId: number,
  purposes: readonly TokenPurpose[] = TOKEN_PURPOSES,
): Statement =>
  deps.db
    .delete(oneTimeTokens)
    .where(and(eq(oneTimeTokens.userId, userId), inArray(oneTimeTokens.purpose, [...purposes])))
