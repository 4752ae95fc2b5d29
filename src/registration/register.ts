import { eq, type SQL, sql } from 'drizzle-orm'
import type { Deps } from '../context'
import { randomId } from '../crypto/encoding'
import type { Statement } from '../db/batch'
import { commit } from '../commit/commit'
import { isUniqueViolation } from '../db/faults'
import { DomainError } from '../errors'
import { tokenMail } from '../mail/messages'
import { DEFAULT_ROLE, roles, userRoles } from '../tables/rbac'
import { withinIpLimit } from '../throttle/rate-limit'
import { reserveAccountFrom, reserveMail } from '../throttle/reserve'
import type { EmailAddress } from '../users/email-address'
import { users } from '../tables/users'
import { findUser, type User } from '../users/user-view'
import { newPassword } from '../credentials/new-password'
import { isFreeAddress } from './take-over'
import { storeVerification } from './verification-links'

export interface Registration {
  readonly email: EmailAddress
  readonly password: string
  readonly fullName: string
  /** The setting's own unless given. */
  readonly language?: string | undefined
}

/**
 * Makes a pending account with the role `user` and mails a link to verify its address, all in one
 * batch. Returns the account; or null, whatever the address, where the existence of accounts is
 * hidden: the owner of a taken one gets a mail. Throws `email_taken`, `validation_failed` for a
 * weak password, `too_many_attempts`.
 */
export async function register(deps: Deps, registration: Registration): Promise<User | null> {
  const { email, fullName } = registration
  if (!(await withinIpLimit(deps, 'REGISTER_LIMIT'))) {
    throw new DomainError('too_many_attempts', { retryAfter: 60 })
  }
  // Hashed before anything is known of the address, so a taken one takes as long.
  const password = await newPassword(deps, registration.password, {
    email: email.email,
    fullName,
    isCurrent: null,
  })
  // Behind the rules, so that a password they refuse costs nothing here.
  const place = await reserveAccountFrom(deps)
  if (!place.allowed) throw new DomainError('too_many_attempts', { retryAfter: place.retryAfter })
  const isHidden = deps.config.HIDE_ACCOUNT_EXISTENCE
  const mayTellOwner = isHidden && (await reserveMail(deps, email.key, 'account_exists'))
  const subject = randomId()
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
        ...(mayTellOwner ? [ownerNotice(email.key, isMade)] : []),
      ],
    })
  } catch (error) {
    // Two at once: the precondition saw a free address, the index knew better.
    if (!isUniqueViolation(error, 'users.email_key')) throw error
    if (!isHidden) throw new DomainError('email_taken')
  }
  if (isHidden) return null
  const user = await findUser(deps, { subject })
  // An invitation or an import has taken the account over since.
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
 * Uses up a user id where no account was made. Ids are consecutive: otherwise the ids of two accounts
 * of one's own, made before and after, would tell whether an address between them was taken.
 */
const spendId = (isMade: SQL): Statement =>
  sql`UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'users' AND NOT ${isMade}`

/** "You already have an account", for the owner of a taken address. */
const ownerNotice = (emailKey: string, isMade: SQL) => ({
  kind: 'mail',
  subject: sql`(SELECT ${users.subject} FROM ${users} WHERE ${users.emailKey} = ${emailKey})`,
  payload: { mail: 'account-exists' },
  onlyIf: sql`NOT ${isMade} AND EXISTS (SELECT 1 FROM ${users} WHERE ${users.emailKey} = ${emailKey})`,
})

/** Gives a role to the user of a subject, who may only exist within the same batch. */
export const grantRole = (deps: Deps, subject: string, role: string): Statement =>
  sql`
    INSERT INTO ${userRoles} (user_id, role_id, assigned_at)
    SELECT ${users.id}, ${roles.id}, ${deps.now} FROM ${users} JOIN ${roles} ON ${roles.name} = ${role}
    WHERE ${users.subject} = ${subject}
    ON CONFLICT DO NOTHING`
