/**
 * One-time tokens in D1: created in the batch that requests the email, looked up by hash, and used
 * up in the batch that acts on them. Reading a token decides nothing. `isUsable` must be among the
 * preconditions of that batch, which is why a token works once among any number of parallel uses
 * (test/races/journey-races.test.ts).
 */
import { and, eq, inArray, type SQL, sql } from 'drizzle-orm'
import type { Precondition } from '../commit/commit'
import type { Deps } from '../context'
import { mailToken, mailTokenHash, TOKEN_PURPOSES, type TokenPurpose } from '../crypto/mail-token'
import type { Statement } from '../db/batch'
import { DomainError } from '../errors'
import { isStanding, mailRequests, oneTimeTokens } from '../tables/one-time-tokens'
import { type AccountStatus, users } from '../tables/users'
import { dayOf } from '../time'
import { afterOlder } from './undo-links'

/**
 * Whether a link is revoked when the credentials it was requested with change: by a change of the
 * second factor, by "sign out everywhere" and by an admin who revokes the sessions. (A change of the
 * password revokes it anyway.) Links that prove the mailbox are not requested with credentials and
 * stay valid. Otherwise a thief could stop the owner's reset by signing them out, and so could an
 * admin who emails a reset and then revokes the sessions. See
 * test/one-time-tokens/revoke-pending.test.ts.
 */
const ENDS_WITH_CREDENTIALS: Readonly<Record<TokenPurpose, boolean>> = {
  verify_email: false,
  decline_registration: false,
  reset_password: false,
  confirm_email_change: true,
  undo_email_change: false,
  accept_invitation: false,
}

/** The stored form of an emailed token. Created before the batch, because hashing is asynchronous. */
export interface NewToken {
  readonly hash: string
  readonly purpose: TokenPurpose
  readonly expiresAt: number
}

/** The stored form of the token that the email of this outbox row will contain. */
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
 * Stores a token for the user that `where` matches, if there is one. `email` is the address that
 * the token proves, by default the account's own. `reservedKey` is an address that nobody else may
 * take. If `usable.onlyIf` does not hold, the row is stored under `deadHash`, which is the hash of
 * no token: the request is on record, but its email is dropped and nothing can use it.
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
  /** The account's current address in the form used for comparison. */
  readonly emailKey: string
  readonly status: AccountStatus
  /** The address that the token proves. */
  readonly email: string
  /** The account's current address. */
  readonly accountEmail: string
  readonly fullName: string
  readonly language: string
  readonly createdAt: number
}

/** The unused token and its user. Throws `invalid_token`. */
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
      // Column names must be unique within a query (db/meter.ts).
      accountEmail: sql<string>`${users.email}`.as('account_email'),
      fullName: users.fullName,
      language: users.language,
      createdAt: oneTimeTokens.createdAt,
    })
    .from(oneTimeTokens)
    .innerJoin(users, eq(users.id, oneTimeTokens.userId))
    .where(isLiveToken(deps, purpose, hash))
  if (!found) throw invalidTokenError(purpose)
  return found
}

/**
 * The address of the account that an unused token belongs to, for password managers; undefined for
 * an invalid token. Always one indexed read. The holder of the link may see the address, because
 * the email was sent to it.
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

/** The requirements' wording for a verification token, a more general one for the others. */
export const invalidTokenError = (purpose: TokenPurpose): DomainError =>
  purpose === 'verify_email'
    ? new DomainError('invalid_token')
    : new DomainError('invalid_token', { detail: 'Invalid or expired token' })

/**
 * For a query of tokens joined with their users. A token is invalid if it has expired, its key was
 * dropped, its account is deactivated or it was requested under older credentials.
 */
const isLiveToken = (deps: Deps, purpose: TokenPurpose, hash: string) =>
  and(
    eq(oneTimeTokens.hash, hash),
    eq(oneTimeTokens.purpose, purpose),
    sql`${oneTimeTokens.expiresAt} > ${deps.now}`,
    inArray(oneTimeTokens.keyId, [...deps.config.TOKEN_KEYS.ids]),
    isStanding,
  )

/** Precondition: the token is still valid when the batch runs. */
export const isUsable = (deps: Deps, purpose: TokenPurpose, hash: string): Precondition => ({
  name: 'token_unused',
  holds: sql`EXISTS (SELECT 1 FROM ${oneTimeTokens} JOIN ${users} ON ${users.id} = ${oneTimeTokens.userId}
    WHERE ${isLiveToken(deps, purpose, hash)})`,
  otherwise: invalidTokenError(purpose),
})

/**
 * What a user's own change of password or address revokes: all but the link that undoes an email
 * change, which is the owner's way back from a thief who made the change. A change by an admin
 * revokes that one too.
 */
export const ALL_BUT_UNDO = TOKEN_PURPOSES.filter((purpose) => purpose !== 'undo_email_change')

/** Revokes a user's tokens of these purposes, by default of every purpose. */
export const revokeTokens = (
  deps: Deps,
  userId: number,
  purposes: readonly TokenPurpose[] = TOKEN_PURPOSES,
): Statement =>
  deps.db
    .delete(oneTimeTokens)
    .where(and(eq(oneTimeTokens.userId, userId), inArray(oneTimeTokens.purpose, [...purposes])))

/**
 * Counts a request for an email, whether or not there is an account. So a request for an unknown
 * address writes too and takes just as long.
 */
export const countMailRequest = (deps: Deps, purpose: TokenPurpose): Statement =>
  sql`
    INSERT INTO ${mailRequests} (day, purpose, requests)
    VALUES (${dayOf(deps.now)}, ${purpose}, 1)
    ON CONFLICT (day, purpose) DO UPDATE SET requests = requests + 1`
