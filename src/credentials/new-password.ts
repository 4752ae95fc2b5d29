import { eq, sql } from 'drizzle-orm'
import type { Deps } from '../context'
import { hashPassword } from '../crypto/password-hash'
import type { Statement } from '../db/batch'
import type { Precondition } from '../commit/commit'
import { type ErrorCode, invalidFields } from '../errors'
import { type Counted, unlock } from '../throttle/unlock'
import { users } from '../tables/users'
import type { Account } from '../users/account'
import { hashSettings } from './hash-settings'
import {
  checkNewPassword,
  normalizePassword,
  passwordExpiresAt,
  passwordRules,
} from './password-policy'
import type { Person } from './personal-words'
import { log } from '../log'

export interface NewPassword {
  readonly hashedPassword: string
  /** Forgotten: it was kept for this comparison. */
  readonly voidedPassword: null
  readonly passwordChangedAt: number
  readonly passwordExpiresAt: number | null
}

/** The user who gets a new password. */
export interface PasswordOwner extends Person {
  /**
   * Whether a text is the password that the new one replaces, or that is void since; null where there
   * can be none. Every way to a new password has to say, so that none of them undoes a change that was
   * demanded.
   */
  readonly isCurrent: ((typed: string) => Promise<boolean>) | null
}

/**
 * Checks a new password against every rule and hashes it: the one way to a stored password. `path`
 * names the field that carried it. `isCurrent` is asked last, when a password that passes has cost all
 * its time. Throws `validation_failed` naming every rule that it fails, and what `isCurrent` throws.
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
 * Ends the locks that guessing has put on an account, once a mailed link (or the set-up token) has
 * brought a new password: its owner may sign in at once. If this fails they have to wait.
 */
export async function endGuessing(deps: Deps, who: Counted): Promise<void> {
  await unlock(deps, who).catch(() => log.warn('unlock_failed', deps))
}

/**
 * The credentials that the account was read with, and that something was proved against, still stand
 * when the batch runs: no change of password, reset or second factor has come between, and no demand for
 * a new password, which ends what the old one has begun but leaves the version of the credentials.
 */
export const sameCredentials = (
  { authority }: Pick<Account, 'authority'>,
  otherwise: ErrorCode = 'incorrect_password',
): Precondition => ({
  name: 'same_credentials',
  holds: sql`EXISTS (SELECT 1 FROM ${users} WHERE ${users.id} = ${authority.userId} AND ${users.credentialVersion} = ${authority.credentialVersion}
    AND ${users.passwordExpiresAt} IS ${authority.passwordExpiresAt})`,
  otherwise,
})

/**
 * What else changes in the row of a user whose credentials change. Every session and challenge ends by
 * it, and nobody finishes what was begun under the old ones: a second factor, a change of address.
 */
export const credentialsChanged = (deps: Deps) => ({
  twoFactorPendingSecret: null,
  twoFactorPendingUntil: null,
  authVersion: sql`${users.authVersion} + 1`,
  credentialVersion: sql`${users.credentialVersion} + 1`,
  updatedAt: deps.now,
})

/**
 * Ends what was begun under a user's credentials, as a change of credentials does, but keeps password and
 * second factor. For every way to end all sessions, since somebody else may have had one.
 */
export const endBegun = (deps: Deps, userId: number): Statement =>
  deps.db.update(users).set(credentialsChanged(deps)).where(eq(users.id, userId))
