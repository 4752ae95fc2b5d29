import { sql } from 'drizzle-orm'
import { commit } from '../commit/commit'
import type { Deps } from '../context'
import { unlockSignIn, newPassword } from '../credentials/new-password'
import { randomId, sameBytes, utf8 } from '../crypto/encoding'
import { DomainError } from '../errors'
import { isNotReserved } from '../one-time-tokens/undo-links'
import { ADMIN_ROLE, DEFAULT_ROLE, roles, userRoles } from '../tables/rbac'
import { users } from '../tables/users'
import { withinIpLimit } from '../throttle/rate-limit'
import { findUser, type User } from '../users/user-view'
import { grantRole, type Registration } from './register'
import { clearTakenOver, isUnprovedRegistration, takenOver } from './take-over'

const hasAdmin = sql`EXISTS (SELECT 1 FROM ${userRoles} JOIN ${roles} ON ${roles.id} = ${userRoles.roleId} WHERE ${roles.name} = ${ADMIN_ROLE})`

/** `done`: there is an admin. `no_token`: there is none, and no SETUP_TOKEN to create one with. */
export type SetUpState = 'open' | 'done' | 'no_token'

/** Whether the first admin can still be created. One D1 query. */
export async function setUpState(deps: Deps): Promise<SetUpState> {
  const [state] = await deps.db.all<{ taken: number }>(sql`SELECT ${hasAdmin} AS taken`)
  if (state?.taken !== 0) return 'done'
  return deps.config.SETUP_TOKEN === undefined ? 'no_token' : 'open'
}

/** Whether there is a setup token and no admin yet. Makes no query if there is no token. */
export const isSetUpOpen = async (deps: Deps): Promise<boolean> =>
  deps.config.SETUP_TOKEN !== undefined && (await setUpState(deps)) === 'open'

/**
 * Creates the first admin with a verified address, once. Takes over a pending account with the
 * address, whatever its origin (take-over.ts), and an unverified registration that was deactivated.
 * Throws `not_found` if there is an admin or no setup token, `wrong_setup_token`, `email_taken`,
 * `validation_failed`, `too_many_attempts`.
 */
export async function setUpAdmin(
  deps: Deps,
  input: Registration & { token: string },
): Promise<User> {
  const { SETUP_TOKEN } = deps.config
  if (SETUP_TOKEN === undefined || !(await isSetUpOpen(deps))) throw new DomainError('not_found')
  if (!(await withinIpLimit(deps, 'REGISTER_LIMIT'))) {
    throw new DomainError('too_many_attempts', { retryAfter: 60 })
  }
  if (!(await isSameText(input.token, SETUP_TOKEN))) throw new DomainError('wrong_setup_token')

  const { email, fullName } = input
  const password = await newPassword(deps, input.password, {
    email: email.email,
    fullName,
    isCurrent: null,
  })
  const fields = {
    email: email.email,
    fullName,
    ...password,
    emailVerifiedAt: deps.now,
    homeRegion: deps.client.region,
    language: deps.config.DEFAULT_LANGUAGE,
    signupSource: 'setup' as const,
    updatedAt: deps.now,
  }
  const subject = randomId()
  const isThere = sql`users.email_key = ${email.key}`
  const isUnproved = sql`(users.status = 'pending' OR ${isUnprovedRegistration})`
  const isUnprovedThere = sql`${isThere} AND ${isUnproved}`
  await commit(deps, {
    preconditions: [
      { name: 'no_admin', holds: sql`NOT ${hasAdmin}`, otherwise: 'not_found' },
      {
        name: 'address_free',
        holds: sql`NOT EXISTS (SELECT 1 FROM users WHERE ${isThere} AND NOT ${isUnproved})`,
        otherwise: 'email_taken',
      },
      {
        name: 'address_not_kept',
        holds: isNotReserved(deps, email.key),
        otherwise: 'email_taken',
      },
    ],
    change: [
      ...clearTakenOver(deps, isUnprovedThere),
      deps.db
        .insert(users)
        .values({ ...fields, subject, emailKey: email.key, createdAt: deps.now })
        .onConflictDoUpdate({
          target: users.emailKey,
          set: { ...takenOver, ...fields, subject },
          setWhere: isUnprovedThere,
        }),
      grantRole(deps, subject, DEFAULT_ROLE),
      grantRole(deps, subject, ADMIN_ROLE),
    ],
    audit: [{ event: 'setup.admin_created', actor: { subject }, target: { subject }, data: {} }],
  })
  await unlockSignIn(deps, { emailKey: email.key, subject })
  const user = await findUser(deps, { subject })
  if (!user) throw new Error('the admin that was just made is not there')
  return user
}

/** Compares in constant time, so that the time does not show how much of the token is right. */
async function isSameText(a: string, b: string): Promise<boolean> {
  const [x, y] = await Promise.all(
    [a, b].map((text) => crypto.subtle.digest('SHA-256', utf8(text))),
  )
  return x !== undefined && y !== undefined && sameBytes(new Uint8Array(x), new Uint8Array(y))
}
