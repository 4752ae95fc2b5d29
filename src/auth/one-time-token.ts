/**
 * One-time tokens in D1: made in the batch that decides on a mail, looked up by hash, and used up in
 * the batch that acts on them. Reading one decides nothing: `isUsable` must stand among that batch's
 * preconditions, which is what makes a token work once among any number of parallel uses.
 */
import { and, eq, inArray, type SQL, sql } from 'drizzle-orm'
import type { Deps } from '../context'
import { mailToken, mailTokenHash, type TokenPurpose } from '../crypto/mail-token'
import type { Statement } from '../db/batch'
import type { Precondition } from '../db/commit'
import { DomainError, type ErrorCode } from '../errors'
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
 * address it vouches for: the account's own unless given.
 */
export const storeToken = (
  deps: Deps,
  token: NewToken,
  where: SQL | undefined,
  email: string | SQL = sql`${users.email}`,
): Statement =>
  sql`
    INSERT INTO ${oneTimeTokens} (hash, purpose, user_id, email, key_id, created_at, expires_at)
    SELECT ${token.hash}, ${token.purpose}, ${users.id}, ${email},
      ${deps.config.TOKEN_KEYS.ids[0]}, ${deps.now}, ${token.expiresAt}
    FROM ${users} WHERE ${where}`

export interface FoundToken {
  readonly hash: string
  readonly userId: number
  readonly subject: string
  readonly status: AccountStatus
  /** The address that the token vouches for. */
  readonly email: string
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
      status: users.status,
      email: oneTimeTokens.email,
    })
    .from(oneTimeTokens)
    .innerJoin(users, eq(users.id, oneTimeTokens.userId))
    .where(isLiveToken(deps, purpose, hash))
  if (!found) throw new DomainError('invalid_token')
  return found
}

/** A token made under a key that has been dropped since is dead, as is one past its time. */
const isLiveToken = (deps: Deps, purpose: TokenPurpose, hash: string) =>
  and(
    eq(oneTimeTokens.hash, hash),
    eq(oneTimeTokens.purpose, purpose),
    sql`${oneTimeTokens.expiresAt} > ${deps.now}`,
    inArray(oneTimeTokens.keyId, [...deps.config.TOKEN_KEYS.ids]),
  )

/** The token is still there when the batch runs. */
export const isUsable = (
  deps: Deps,
  purpose: TokenPurpose,
  hash: string,
  otherwise: ErrorCode = 'invalid_token',
): Precondition => ({
  name: 'token_unused',
  holds: sql`EXISTS (SELECT 1 FROM ${oneTimeTokens} WHERE ${isLiveToken(deps, purpose, hash)})`,
  otherwise,
})

/** Ends all of a user's tokens of these purposes. */
export const endTokens = (
  deps: Deps,
  userId: number,
  purposes: readonly TokenPurpose[],
): Statement =>
  deps.db
    .delete(oneTimeTokens)
    .where(and(eq(oneTimeTokens.userId, userId), inArray(oneTimeTokens.purpose, [...purposes])))
