/**
 * Users of any status and with any roles, written straight into D1 in a tenth of the time that a
 * registration takes. Everything that happens to them afterwards goes through the API. Tests of
 * registration, verification and sign-in make theirs by users-by-api.ts.
 */
import { env } from 'cloudflare:workers'
import { NO_CLIENT } from '../../src/context'
import { hashSettings } from '../../src/credentials/hash-settings'
import { randomId } from '../../src/crypto/encoding'
import { hashPassword } from '../../src/crypto/password-hash'
import { subjectOf } from '../../src/sessions/session-types'
import { continueSignIn, passwordProved } from '../../src/sign-in/continue'
import { accountByEmail } from '../../src/users/account'
import type { Row } from '../db/rows'
import { call, type CallOptions, freshIp, type Reply } from './api'
import { DAY } from './clock'
import { depsFor } from './deps'

export const PASSWORD = 'Correct-Horse-7'
let addresses = 0

/** Random letters, because a digit could be part of a number that a test searches for. */
const randomLetters = () =>
  crypto
    .randomUUID()
    .slice(0, 8)
    .replace(/\d/g, (digit) => 'ghijklmnop'[Number(digit)] ?? '')

/** An address that no other user in this file has. */
export const freshEmail = (): string => {
  addresses += 1
  return `person${addresses}-${randomLetters()}@example.com`
}

export interface User {
  id: number
  email: string
  password: string
}

type MadeUser = User & { subject: string }

export interface SignedInUser extends MadeUser {
  token: string
  sessionId: string
  refreshToken: string | null
  /** Calls the API with their token; the path is relative to `/api/v1`. */
  asks: (method: string, path: string, body?: unknown, options?: CallOptions) => Promise<Reply>
}

export interface Made {
  /** In addition to `user`. */
  roles?: readonly string[]
  /** As an import may leave them; all who register have it. */
  withoutUserRole?: boolean
  status?: 'pending' | 'active' | 'deactivated'
  email?: string
  fullName?: string
  createdAt?: number
  /** Anything else that their row holds, by the column's name. */
  columns?: Row
}

interface Mode {
  remember_me?: boolean
}

/** One hash for all users, because hashing takes most of the time. */
let hash: Promise<string> | undefined

/** A user as if they had just registered and verified their address. */
export async function makeUser(made: Made = {}): Promise<MadeUser> {
  const { roles = [], status = 'active', email = freshEmail(), createdAt = Date.now() } = made
  hash ??= hashPassword(hashSettings(depsFor().config), PASSWORD)
  const subject = randomId()
  const row: Row = {
    subject,
    email,
    email_key: email.toLowerCase(),
    full_name: made.fullName ?? 'Ada Lovelace',
    hashed_password: await hash,
    password_changed_at: createdAt,
    password_expires_at: createdAt + 90 * DAY,
    email_verified_at: status === 'pending' ? null : createdAt,
    deactivated_at: status === 'deactivated' ? createdAt : null,
    origin: made.withoutUserRole ? 'imported' : 'registered',
    created_at: createdAt,
    updated_at: createdAt,
    ...made.columns,
  }
  const columns = Object.keys(row)
  const given = made.withoutUserRole ? roles : ['user', ...roles]
  const [found] = await env.DB.batch<{ id: number }>([
    env.DB.prepare(
      `INSERT INTO users (${columns.join()}) VALUES (${columns.map(() => '?').join()}) RETURNING id`,
    ).bind(...Object.values(row)),
    env.DB.prepare(
      `INSERT INTO user_roles (user_id, role_id, assigned_at) SELECT users.id, roles.id, ?2
       FROM users JOIN roles ON roles.name IN (SELECT value FROM json_each(?3)) WHERE subject = ?1`,
    ).bind(row['subject'] ?? '', createdAt, JSON.stringify(given)),
  ])
  const id = found?.results[0]?.id
  if (id === undefined) throw new Error(`${email} was not stored`)
  return { id, email, password: PASSWORD, subject }
}

/**
 * Signs a user in by the last step of every sign-in, from an unknown device. It skips the password
 * hash, the slowest part.
 */
export async function signIn<U extends User>(
  user: U,
  { remember_me = false }: Mode = {},
): Promise<U & SignedInUser> {
  const deps = depsFor({ client: { ...NO_CLIENT, ip: freshIp() } })
  const account = await accountByEmail(deps, user.email)
  if (!account) throw new Error(`there is no ${user.email}`)
  const answer = await continueSignIn(deps, account, passwordProved(account, remember_me))
  if (!answer || 'requires_2fa' in answer) throw new Error(`${user.email} needs a second step`)
  return { ...user, ...sessionOf(answer) }
}

/** What a test needs of the answer to a sign-in. */
export function sessionOf(answer: {
  access_token: string
  session_id: string
  refresh_token: string | null
}): Omit<SignedInUser, keyof User> {
  const { access_token: token, session_id: sessionId, refresh_token: refreshToken } = answer
  return {
    subject: subjectOf(sessionId),
    token,
    sessionId,
    refreshToken,
    asks: (method, path, sent, options) =>
      call(method, `/api/v1${path}`, sent, { token, ...options }),
  }
}

export const signedInUser = async (made: Made & Mode = {}): Promise<SignedInUser> =>
  signIn(await makeUser(made), made)

/** A signed-in user with these roles in addition to `user`. */
export const staff = (...roles: string[]): Promise<SignedInUser> => signedInUser({ roles })

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
