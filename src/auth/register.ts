import { eq, sql } from 'drizzle-orm'
import type { Deps } from '../context'
import { randomId } from '../crypto/encoding'
import { hashPassword } from '../crypto/password-hash'
import type { Statement } from '../db/batch'
import { commit } from '../db/commit'
import { isUniqueViolation } from '../db/faults'
import { DomainError, invalidFields } from '../errors'
import { mailEntry, TOKENS_OF } from '../mail/messages'
import { DEFAULT_ROLE } from '../rbac/permissions'
import { roles, userRoles } from '../rbac/schema'
import { withinIpLimit } from '../throttle/ip-limit'
import type { EmailAddress } from '../users/email-address'
import { users } from '../users/schema'
import { findUser, type User } from '../users/user-view'
import { hashSettings } from './hash-settings'
import { newToken, storeToken } from './one-time-token'
import {
  checkNewPassword,
  normalizePassword,
  passwordExpiresAt,
  passwordRules,
} from './password-policy'

export interface Registration {
  readonly email: EmailAddress
  readonly password: string
  readonly fullName: string
}

/**
 * Makes a pending account with the role `user` and mails a link to verify its address, all in one
 * batch. Throws `email_taken`, `validation_failed` for a weak password, `too_many_attempts`.
 */
export async function register(deps: Deps, registration: Registration): Promise<User> {
  const { email, fullName } = registration
  const password = normalizePassword(registration.password)
  const issues = await checkNewPassword(deps.config, password, { email: email.email, fullName })
  if (issues.length > 0) throw invalidFields(issues)
  if (!(await withinIpLimit(deps, 'register'))) {
    throw new DomainError('too_many_attempts', { retryAfter: 60 })
  }
  // Hashed before anything is known of the address, so a taken one takes as long.
  const hashedPassword = await hashPassword(hashSettings(deps.config), password)
  const subject = randomId()
  const mailId = randomId()
  const { VERIFY_EMAIL_TTL_SECONDS } = deps.config
  const tokens = await Promise.all(
    TOKENS_OF['verify-email'].map((purpose) =>
      newToken(deps, purpose, mailId, VERIFY_EMAIL_TTL_SECONDS),
    ),
  )
  try {
    await commit(deps, {
      change: [
        deps.db.insert(users).values({
          subject,
          email: email.email,
          emailKey: email.key,
          fullName,
          hashedPassword,
          passwordChangedAt: deps.now,
          passwordExpiresAt: passwordExpiresAt(passwordRules(deps.config), deps.now),
          language: deps.config.DEFAULT_LANGUAGE,
          homeRegion: deps.client.region,
          origin: 'registered',
          createdAt: deps.now,
          updatedAt: deps.now,
        }),
        grantRole(deps, subject, DEFAULT_ROLE),
        ...tokens.map((token) => storeToken(deps, token, eq(users.subject, subject))),
      ],
      audit: [{ event: 'user.registered', actor: { subject }, target: { subject }, data: {} }],
      outbox: [
        mailEntry(mailId, subject, { mail: 'verify-email', key_id: deps.config.TOKEN_KEYS.ids[0] }),
      ],
    })
  } catch (error) {
    if (isUniqueViolation(error, 'users.email_key')) throw new DomainError('email_taken')
    throw error
  }
  const user = await findUser(deps, eq(users.subject, subject))
  if (!user) throw new Error('the account that was just made is not there')
  return user
}

/** Gives a role to the user of a subject, who may only exist within the same batch. */
export const grantRole = (deps: Deps, subject: string, role: string): Statement =>
  sql`
    INSERT INTO ${userRoles} (user_id, role_id, assigned_at)
    SELECT ${users.id}, ${roles.id}, ${deps.now} FROM ${users} JOIN ${roles} ON ${roles.name} = ${role}
    WHERE ${users.subject} = ${subject}
    ON CONFLICT DO NOTHING`
