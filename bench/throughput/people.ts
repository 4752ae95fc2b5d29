/**
 * Users to sign in as: one is registered through the API and copied in the database, because a
 * password hash is bound to the password and not to the account. Users with sessions and users who keep
 * signing in are different, so that nobody reaches the limit of sessions.
 */
import type { Request } from 'autocannon'
import { migrate } from '../runtime/migrate.ts'
import type { Database, Served } from '../runtime/serve.ts'

export const PASSWORD = 'Correct-Horse-7'
const USERS = 1_000
const WITH_SESSIONS = 50
/** Users who keep signing in: like most users, they have an object and a row in the throttle already. */
const SIGNING_IN = 40
const JSON_TYPE = { 'content-type': 'application/json' }
/** better-auth wants one on every POST. */
export const ORIGIN = { origin: 'http://localhost:8787' }

export const emailOf = (i: number) => `user${i}@example.com`
export const ipOf = (i: number) => `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`

export interface People {
  /** GET requests with a live session's token, one a person. */
  readonly sessions: Request[]
  readonly logins: Request[]
}

export const post = (url: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(url, { method: 'POST', headers: { ...JSON_TYPE, ...headers }, body: JSON.stringify(body) })

export async function ok(response: Response): Promise<Response> {
  if (response.ok) return response
  throw new Error(`${response.url}: ${response.status} ${await response.text()}`)
}

const numbers = (length: number, from = 0) => Array.from({ length }, (_, i) => i + from)

/** One row, for the Worker that does nothing but read it. */
export async function fillBare(database: Database): Promise<void> {
  await database.exec('CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT)')
  await database.exec("INSERT INTO person VALUES (1, 'Ada Lovelace')")
}

/** Gatehouse with 1,000 active users. */
export async function gatehouseUsers(served: Served, worker: string): Promise<void> {
  const url = served.at(worker)
  const database = await served.database(worker)
  await migrate(database)
  await ok(
    await post(`${url}/api/v1/auth/register`, {
      email: 'first@example.com',
      password: PASSWORD,
      full_name: 'Ada Lovelace',
    }),
  )
  await multiply(database)
}

/** The same, with fifty who are signed in. */
export async function gatehousePeople(served: Served, worker: string): Promise<People> {
  const url = served.at(worker)
  await gatehouseUsers(served, worker)
  const body = (i: number) => ({ username: emailOf(i), password: PASSWORD })
  const headers = (i: number) => ({ 'cf-connecting-ip': ipOf(i) })
  const sessions: Request[] = []
  for (const i of numbers(WITH_SESSIONS + SIGNING_IN)) {
    const login = await ok(await post(`${url}/api/v1/auth/login`, body(i), headers(i)))
    const { access_token: token } = (await login.json()) as { access_token: string }
    if (i >= WITH_SESSIONS) continue
    sessions.push({ headers: { ...headers(i), authorization: `Bearer ${token}` } })
  }
  const logins = numbers(SIGNING_IN, WITH_SESSIONS).map((i) => ({
    method: 'POST',
    path: '/api/v1/auth/login',
    headers: { ...JSON_TYPE, ...headers(i) },
    body: JSON.stringify(body(i)),
  }))
  return { sessions, logins }
}

async function multiply(database: Database): Promise<void> {
  const n = `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${USERS - 1})`
  await database.batch([
    database.prepare(`${n}
      INSERT INTO users (subject, email, email_key, full_name, hashed_password, password_changed_at,
        email_verified_at, origin, created_at, updated_at)
      SELECT printf('bench%017d', i), 'user' || i || '@example.com', 'user' || i || '@example.com',
        'User Number ' || i, hashed_password, created_at, created_at, 'imported', created_at, created_at
      FROM n, users WHERE email_key = 'first@example.com'`),
    database.prepare(`INSERT INTO user_roles (user_id, role_id, assigned_at)
      SELECT id, 1, created_at FROM users WHERE email_key LIKE 'user%'`),
  ])
}

/** better-auth with as many. `sessions` by bearer token, or by cookies where its cache is on. */
export async function betterAuthPeople(served: Served, worker: string): Promise<People> {
  const url = served.at(worker)
  await ok(await fetch(`${url}/__migrate`))
  const database = await served.database(worker)
  const first = { email: 'first@example.com', password: PASSWORD, name: 'Ada Lovelace' }
  await ok(await post(`${url}/api/auth/sign-up/email`, first, ORIGIN))
  await multiplyTheirs(database)
  const body = (i: number) => ({ email: emailOf(i), password: PASSWORD })
  const sessions: Request[] = []
  for (const i of numbers(WITH_SESSIONS)) {
    const login = await ok(await post(`${url}/api/auth/sign-in/email`, body(i), ORIGIN))
    const cookie = login.headers
      .getSetCookie()
      .map((line) => line.split(';')[0])
      .join('; ')
    const token = login.headers.get('set-auth-token') ?? ''
    const isCached = cookie.includes('session_data')
    sessions.push({ headers: isCached ? { cookie } : { authorization: `Bearer ${token}` } })
  }
  const logins = numbers(SIGNING_IN, WITH_SESSIONS).map((i) => ({
    method: 'POST',
    path: '/api/auth/sign-in/email',
    headers: { ...JSON_TYPE, ...ORIGIN },
    body: JSON.stringify(body(i)),
  }))
  return { sessions, logins }
}

async function multiplyTheirs(database: Database): Promise<void> {
  const n = `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${USERS - 1})`
  await database.batch([
    database.prepare(`${n}
      INSERT INTO user (id, name, email, emailVerified, createdAt, updatedAt, role, banned, twoFactorEnabled)
      SELECT 'user' || i, 'User Number ' || i, 'user' || i || '@example.com', 1, createdAt, updatedAt,
        role, banned, twoFactorEnabled
      FROM n, user WHERE email = 'first@example.com'`),
    database.prepare(`${n}
      INSERT INTO account (id, accountId, providerId, userId, password, createdAt, updatedAt)
      SELECT 'account' || i, 'user' || i, providerId, 'user' || i, password, createdAt, updatedAt
      FROM n, account LIMIT ${USERS}`),
  ])
}
