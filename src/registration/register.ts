import { eq, type SQL, sql } from 'drizzle-orm'
import { commit } from '../commit/commit'
import type { Deps } from '../context'
import { newPassword } from '../credentials/new-password'
import { randomId } from '../crypto/encoding'
import type { Statement } from '../db/batch'
import { isUniqueViolation } from '../db/faults'
import { DomainError } from '../errors'
import { tokenMail } from '../mail/messages'
import { DEFAULT_ROLE, roles, userRoles } from '../tables/rbac'
import { users } from '../tables/users'
import { withinIpLimit } from '../throttle/rate-limit'
import { reserveAccountFrom, reserveMail } from '../throttle/reserve'
import type { EmailAddress } from '../users/email-address'
import { findUser, type User } from '../users/user-view'
import { isFreeAddress } from './take-over'
import { storeVerification } from './verification-links'

export interface Registration {
  readonly email: EmailAddress
  readonly password: string
  readonly fullName: string
  /** DEFAULT_LANGUAGE unless given. */
  readonly language?: string | undefined
  /** The subject of the account if one is made; random unless given. */
  readonly subject?: string | undefined
}

/**
 * Creates a pending account with the role `user` and emails a link to verify its address, all in
 * one batch. Returns the account. If HIDE_ACCOUNT_EXISTENCE is set, returns null for every address,
 * and the owner of a taken address gets an email. Throws `email_taken`, `validation_failed` for a
 * weak password, `too_many_attempts`.
 */
export async function register(deps: Deps, registration: Registration): Promise<User | null> {
  const { email, fullName } = registration
  if (!(await withinIpLimit(deps, 'REGISTER_LIMIT'))) {
    throw new DomainError('too_many_attempts', { retryAfter: 60 })
  }
  // Hash before the address is looked up, so that a taken one takes just as long.
  const password = await newPassword(deps, registration.password, {
    email: email.email,
    fullName,
    isCurrent: null,
  })
  // After the password rules, so that a rejected password uses up nothing here.
  const place = await reserveAccountFrom(deps)
  if (!place.allowed) throw new DomainError('too_many_attempts', { retryAfter: place.retryAfter })
  const isHidden = deps.config.HIDE_ACCOUNT_EXISTENCE
  const mayTellOwner = isHidden && (await reserveMail(deps, email.key, 'account_exists'))
  const { subject = randomId() } = registration
  const mailId = randomId()
  const isFree = isFreeAddress(deps, email.key, null)
  const isUser = eq(users.subject, subject)
  const links = await storeVerification(deps, mailId, isUser)
  const isMade = sql`EXISTS (SELECT 1 FROM ${users} WHERE ${isUser})`
  try {
    await commit(deps, {
      preconditions: isHidden
        ? []
        : [{ name: 'address_free', holds: isFree, otherwise: 'email_taken' }],
      change: [
        insertPending(deps, { ...registration, subject, password }, isFree),
        ...(isHidden ? [spendId(isMade)] : []),
        grantRole(deps, subject, DEFAULT_ROLE),
        ...links,
      ],
      audit: [
        {
          event: 'user.registered',
          actor: { subject },
          target: { subject },
          data: {},
          onlyIf: isMade,
        },
      ],
      outbox: [
        { ...tokenMail(deps, mailId, subject, 'verify-email'), onlyIf: isMade },
        ...(mayTellOwner ? [ownerNotification(email.key, isMade)] : []),
      ],
    })
  } catch (error) {
    // Two registrations at once: the precondition found the address free, and the unique index
    // caught the second one.
    if (!isUniqueViolation(error, 'users.email_key')) throw error
    if (!isHidden) throw new DomainError('email_taken')
  }
  if (isHidden) return null
  const user = await findUser(deps, { subject })
  // An invitation or an import has taken over the account since.
  if (!user) throw new DomainError('email_taken')
  return user
}

type Pending = Pick<Registration, 'email' | 'fullName' | 'language'> & {
  subject: string
  password: Awaited<ReturnType<typeof newPassword>>
}

const insertPending = (deps: Deps, account: Pending, isFree: SQL): Statement =>
  sql`
    INSERT INTO ${users} (subject, email, email_key, full_name, hashed_password, password_changed_at,
      password_expires_at, language, home_region, origin, created_at, updated_at)
    SELECT ${account.subject}, ${account.email.email}, ${account.email.key}, ${account.fullName},
      ${account.password.hashedPassword}, ${account.password.passwordChangedAt},
      ${account.password.passwordExpiresAt}, ${account.language ?? deps.config.DEFAULT_LANGUAGE}, ${deps.client.region},
      'registered', ${deps.now}, ${deps.now}
    WHERE ${isFree}`

/**
 * Uses up a user id if no account was created. Ids are consecutive: otherwise an attacker could
 * register an account before and one after an attempt, and see from their ids whether the address
 * in between was taken. See test/registration/equal-journeys.test.ts.
 */
const spendId = (isMade: SQL): Statement =>
  sql`UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'users' AND NOT ${isMade}`

/** "You already have an account": the email to the owner of a taken address. */
const ownerNotification = (emailKey: string, isMade: SQL) => ({
  kind: 'mail',
  subject: sql`(SELECT ${users.subject} FROM ${users} WHERE ${users.emailKey} = ${emailKey})`,
  payload: { mail: 'account-exists' },
  onlyIf: sql`NOT ${isMade} AND EXISTS (SELECT 1 FROM ${users} WHERE ${users.emailKey} = ${emailKey})`,
})

/** Assigns a role to a user by subject, because the user may be created in the same batch. */
export const grantRole = (deps: Deps, subject: string, role: string): Statement =>
  sql`
    INSERT INTO ${userRoles} (user_id, role_id, assigned_at)
    SELECT ${users.id}, ${roles.id}, ${deps.now} FROM ${users} JOIN ${roles} ON ${roles.name} = ${role}
    WHERE ${users.subject} = ${subject}
    ON CONFLICT DO NOTHING`
