/**
 * Users of any status and with any roles, written straight into D1, because tests need many.
 * Everything that happens to them afterwards goes through the API.
 */
import { env } from 'cloudflare:workers'
import { loadConfig } from '../../src/config'
import { hashSettings } from '../../src/credentials/hash-settings'
import { randomId } from '../../src/crypto/encoding'
import { hashPassword } from '../../src/crypto/password-hash'
import { subjectOf } from '../../src/sessions/session-types'
import { completeSignIn } from '../../src/sign-in/complete'
import { accountByEmail } from '../../src/users/account'
import { call, type CallOptions, type Reply } from './api'
import { depsFor } from './deps'
import { freshEmail, PASSWORD, type Person, type SignedInPerson } from './people'

/** One hash for all users of a file, because hashing takes most of the time. */
let hash: Promise<string> | undefined

export interface Made {
  roles?: readonly string[]
  status?: 'pending' | 'active' | 'deactivated'
  email?: string
  fullName?: string
}

export async function makePerson(made: Made = {}): Promise<Person & { subject: string }> {
  const { roles = [], status = 'active', email = freshEmail(), fullName = 'Ada Lovelace' } = made
  hash ??= hashPassword(hashSettings(loadConfig(env)), PASSWORD)
  const subject = randomId()
  const now = Date.now()
  const [row] = await env.DB.batch<{ id: number }>([
    env.DB.prepare(
      `INSERT INTO users (subject, email, email_key, full_name, hashed_password, email_verified_at,
        deactivated_at, origin, created_at, updated_at)
       VALUES (?1, ?2, ?2, ?3, ?4, ?5, ?6, 'registered', ?7, ?7) RETURNING id`,
    ).bind(
      subject,
      email,
      fullName,
      await hash,
      status === 'pending' ? null : now,
      status === 'deactivated' ? now : null,
      now,
    ),
    env.DB.prepare(
      `INSERT INTO user_roles (user_id, role_id, assigned_at) SELECT users.id, roles.id, ?2
       FROM users JOIN roles ON roles.name IN (SELECT value FROM json_each(?3)) WHERE subject = ?1`,
    ).bind(subject, now, JSON.stringify(['user', ...roles])),
  ])
  return { id: row?.results[0]?.id ?? 0, email, password: PASSWORD, subject }
}

export type Staff = SignedInPerson & { subject: string; asks: Asking }
type Asking = (
  method: string,
  path: string,
  body?: unknown,
  options?: CallOptions,
) => Promise<Reply>

/**
 * Signs a user in by the last step of every sign-in, which skips the password hash, the slowest
 * part. `asks` calls the API with their token; the path is relative to `/api/v1`.
 */
export async function signIn(person: Person, { remember_me = false } = {}): Promise<Staff> {
  const deps = depsFor()
  const account = await accountByEmail(deps, person.email)
  if (!account) throw new Error(`there is no ${person.email}`)
  const opened = await completeSignIn(deps, account, {
    rememberMe: remember_me,
    method: 'password',
  })
  const { access_token: token, session_id: sessionId, refresh_token: refreshToken } = opened
  return {
    ...person,
    subject: subjectOf(sessionId),
    token,
    sessionId,
    refreshToken,
    asks: (method, path, sent, options) =>
      call(method, `/api/v1${path}`, sent, { token, ...options }),
  }
}

/** A signed-in user with these roles in addition to `user`. */
export const staff = async (...roles: string[]): Promise<Staff> =>
  signIn(await makePerson({ roles }))

/** Creates a role. Must run before the first request reads the role map. */
export async function makeRole(name: string, ...permissions: string[]): Promise<void> {
  await env.DB.batch([
    env.DB.prepare('INSERT INTO roles (name, created_at) VALUES (?, 0)').bind(name),
    env.DB.prepare(
      `INSERT INTO role_permissions SELECT roles.id, permissions.id FROM roles, permissions
       WHERE roles.name = ? AND permissions.name IN (SELECT value FROM json_each(?))`,
    ).bind(name, JSON.stringify(permissions)),
  ])
}

/** Removes the role `admin` from all users except those given. */
export const onlyAdmins = (...ids: number[]): Promise<unknown> =>
  env.DB.prepare(
    `DELETE FROM user_roles WHERE role_id = (SELECT id FROM roles WHERE name = 'admin')
     AND user_id NOT IN (SELECT value FROM json_each(?))`,
  )
    .bind(JSON.stringify(ids))
    .run()

export const rowOf = (id: number): Promise<Record<string, unknown> | null> =>
  env.DB.prepare('SELECT * FROM users WHERE id = ?').bind(id).first()

/** The names of the audit events about a user, oldest first, without sign-ins. */
export async function eventsAbout(id: number): Promise<string[]> {
  const { results } = await env.DB.prepare(
    "SELECT event FROM audit_log WHERE target_id = ? AND event NOT LIKE 'auth.%' AND event <> 'user.active' ORDER BY id",
  )
    .bind(id)
    .all<{ event: string }>()
  return results.map(({ event }) => event)
}

/** A response in short: its status, and its code if it is a problem. */
export const said = ({ status, body }: Reply): string =>
  typeof body?.code === 'string' ? `${status} ${body.code}` : String(status)
