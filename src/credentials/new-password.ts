import { eq, sql } from 'drizzle-orm'
import type { Precondition } from '../commit/commit'
import type { Deps } from '../context'
import { hashPassword, normalizePassword } from '../crypto/password-hash'
import type { Statement } from '../db/batch'
import { invalidFields } from '../errors'
import { log } from '../log'
import { users } from '../tables/users'
import { type Counted, unlock } from '../throttle/unlock'
import type { Account } from '../users/account'
import { hashSettings } from './hash-settings'
import { checkNewPassword, passwordExpiresAt, passwordRules } from './password-policy'
import type { Person } from './personal-words'

export interface NewPassword {
  readonly hashedPassword: string
  /** Cleared: the hash of a voided password is kept only until the next password is set. */
  readonly voidedPassword: null
  readonly passwordChangedAt: number
  readonly passwordExpiresAt: number | null
}

/** A password that an emailed link has just set, by its stored hash. */
export interface PasswordSet {
  readonly subject: string
  readonly hashedPassword: string
}

/** The user whose password is being set. */
export interface PasswordOwner extends Person {
  /**
   * Whether a text is the current password, or the last one if that was voided; null if the account
   * cannot have either. Every caller has to provide it. Otherwise a user could satisfy a required
   * password change by setting the old password again.
   */
  readonly isCurrent: ((typed: string) => Promise<boolean>) | null
}

/**
 * Checks a new password against every rule and hashes it. This is the only way to set a new
 * password. `path` is the name of the request field, for the issues. `isCurrent` runs last, after
 * the hash, so that a match is not answered any sooner. Throws `validation_failed` with every rule
 * that the password fails, and whatever `isCurrent` throws.
 */
export async function newPassword(
  deps: Deps,
  typed: string,
  owner: PasswordOwner,
  path = 'password',
): Promise<NewPassword> {
  const password = normalizePassword(typed)
  const issues = await checkNewPassword(deps, password, owner, path)
  if (issues.length > 0) throw invalidFields(issues)
  const hashedPassword = await hashPassword(hashSettings(deps.config), password)
  if (await owner.isCurrent?.(typed)) {
    const message = 'New password must differ from the current one'
    throw invalidFields([{ path, code: 'password_unchanged', message }])
  }
  return {
    hashedPassword,
    voidedPassword: null,
    passwordChangedAt: deps.now,
    passwordExpiresAt: passwordExpiresAt(passwordRules(deps.config), deps.now),
  }
}

/**
 * Lifts the lockouts that password guessing has put on an account, after an emailed link (or the
 * setup token) has set a new password, so that the user can sign in right away. A failure is only
 * logged: the user then has to wait until the lockout expires.
 */
export async function unlockSignIn(deps: Deps, who: Counted): Promise<void> {
  await unlock(deps, who).catch(() => log.warn('unlock_failed', deps))
}

/**
 * Precondition: the credentials that the account was read with, and that the caller proved
 * something against, are still current when the batch runs. It fails after a password change, a
 * reset or a change of the second factor. It also fails if an admin has required a new password in
 * the meantime, which changes `password_expires_at` but not `credential_version`. See
 * test/credentials/overtaken.test.ts.
 */
export const sameCredentials = (
  { accountState }: Pick<Account, 'accountState'>,
  otherwise: Precondition['otherwise'] = 'incorrect_password',
): Precondition => ({
  name: 'same_credentials',
  holds: sql`EXISTS (SELECT 1 FROM ${users} WHERE ${users.id} = ${accountState.userId} AND ${users.credentialVersion} = ${accountState.credentialVersion}
    AND ${users.passwordExpiresAt} IS ${accountState.passwordExpiresAt})`,
  otherwise,
})

/**
 * The other columns to set when a user's credentials change. Raising the versions revokes every
 * session and sign-in challenge, and invalidates a pending email change. A pending second-factor
 * setup is cleared.
 */
export const credentialsChanged = (deps: Deps) => ({
  totpPendingSecret: null,
  totpPendingUntil: null,
  authVersion: sql`${users.authVersion} + 1`,
  credentialVersion: sql`${users.credentialVersion} + 1`,
  updatedAt: deps.now,
})

/**
 * Cancels everything pending under a user's credentials, as a change of credentials does, but keeps
 * the password and the second factor. Used wherever all sessions are revoked, because one of them may
 * have been a thief's.
 */
export const revokePending = (deps: Deps, userId: number): Statement =>
  deps.db.update(users).set(credentialsChanged(deps)).where(eq(users.id, userId))
