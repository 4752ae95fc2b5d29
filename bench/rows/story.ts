/**
 * A walk through the API that asks every endpoint once, so that each finds the state it needs. Named
 * as `METHOD /path`; a second case of one path says which in words behind it.
 */
import { TOTP } from 'otpauth'
import type { Client, Cost } from './client.ts'

const PASSWORD = 'Correct-Horse-7'
const NEXT_PASSWORD = 'Better-Horse-8'
const API = '/api/v1'

export interface Story {
  readonly client: Client
  /** A name that nobody has yet, for this walk. */
  readonly tag: string
  readonly adminToken: string
  readonly record: (name: string, cost: Cost) => void
  readonly missing: (name: string) => void
}

/** Asks everything once. Throws when an answer is not a success. */
export async function tell({ client, tag, adminToken, record, missing }: Story): Promise<void> {
  const email = `${tag}@example.com`
  let token = ''

  async function ask<T = Record<string, never>>(
    name: string,
    {
      body,
      by = token,
      path,
      mail,
    }: { body?: unknown; by?: string; path?: string; mail?: string } = {},
  ): Promise<T & { mailed: string }> {
    const [method = '', route = ''] = name.split(' ')
    const target = path ?? `${API}${route}`
    // Whatever an isolate keeps for some seconds is fresh: otherwise chance would decide who pays for it.
    await client.call('GET', `${API}/auth/session`, undefined, adminToken)
    const { cost, text } = await client.cost(() => client.call(method, target, body, by))
    // A route that is not mounted: told as missing, so that the rest can be measured.
    if (cost.status === 404 || cost.status === 405) {
      missing(name)
      return { mailed: '' } as T & { mailed: string }
    }
    if (cost.status >= 300) throw new Error(`${name}: ${cost.status} ${text.slice(0, 500)}`)
    record(name, cost)
    const mailed = mail ? await client.mailedToken(mail) : ''
    const isJson = text.startsWith('{') && !text.includes('\n')
    return { ...((isJson ? JSON.parse(text) : {}) as T), mailed }
  }
  type Login = { access_token: string; refresh_token: string; session_id: string }
  const login = async (password: string) => {
    const body = { username: email, password, remember_me: true }
    const response = await client.call('POST', `${API}/auth/login`, body)
    return (await response.json()) as Login
  }

  // An account
  const { id, mailed: verify } = await ask<{ id: number }>('POST /auth/register', {
    body: { email, password: PASSWORD, full_name: 'Ada Lovelace' },
    by: '',
    mail: 'verify-email',
  })
  await ask('POST /auth/resend-verification', { body: { email }, by: '' })
  await ask('POST /auth/verify-email', { body: { token: verify }, by: '' })
  const body = { username: email, password: PASSWORD, remember_me: true }
  const first = await ask<Login>('POST /auth/login', { body, by: '' })
  token = first.access_token
  await ask('GET /auth/session')
  await ask<Login>('POST /auth/refresh', { body: { refresh_token: first.refresh_token }, by: '' })
  await ask('GET /users/profile')
  await ask('PUT /users/profile', { body: { bio: 'I write programs.', full_name: 'Ada King' } })
  await ask('GET /users/permissions')
  await ask('GET /users/sessions')
  await ask('GET /users/activity')
  await ask('GET /users/export')

  // As an admin
  const admin = { by: adminToken }
  const one = `/admin/users/${id}`
  const about = (path = '', more = {}) => ({ ...admin, path: `${API}${one}${path}`, ...more })
  await ask('GET /admin/users', admin)
  await ask('GET /admin/users?size=100', admin)
  await ask('GET /admin/users?search=love', admin)
  await ask('GET /admin/users?search=lovelace&status=deactivated', admin)
  await ask('GET /admin/users?role=moderator&sort=name', admin)
  await ask('GET /admin/users?status=inactive&sort=email', admin)
  await ask('GET /admin/users/{id}', about())
  await ask('PATCH /admin/users/{id}', about('', { body: { bio: 'Known to us.' } }))
  await ask('GET /admin/users/{id}/sessions', about('/sessions'))
  await ask('GET /admin/users/{id}/activity', about('/activity'))
  await ask('GET /admin/audit', admin)
  await ask('GET /admin/audit?action=auth.signed_in', admin)
  await ask('GET /admin/stats', admin)
  await ask('GET /admin/stats/logins', admin)
  await ask('GET /admin/stats/registrations', admin)
  await ask('GET /admin/roles', admin)
  await ask('GET /admin/outbox', admin)
  await ask('POST /admin/users', {
    ...admin,
    body: { email: `invited-${email}`, full_name: 'Grace Hopper', roles: ['moderator'] },
  })
  await ask('POST /admin/users/{id}/roles', about('/roles', { body: { role: 'moderator' } }))
  await ask('PUT /admin/users/{id}/status (off)', about('/status', { body: { is_active: false } }))
  await ask('PUT /admin/users/{id}/status (on)', about('/status', { body: { is_active: true } }))
  const lines = Array.from({ length: 100 }, (_, i) =>
    JSON.stringify({
      email: `line${i}-${email}`,
      full_name: 'Imported Person',
      email_verified: true,
    }),
  )
  await ask('POST /admin/import (100 lines)', {
    ...admin,
    path: `${API}/admin/import`,
    body: lines.join('\n'),
  })

  // Credentials
  token = (await login(PASSWORD)).access_token
  await ask('POST /users/change-password', {
    body: { current_password: PASSWORD, new_password: NEXT_PASSWORD },
  })
  const forgot = await ask('POST /auth/forgot-password', {
    body: { email },
    by: '',
    mail: 'reset-password',
  })
  await ask('POST /auth/reset-password', {
    body: { token: forgot.mailed, new_password: 'Third-Horse-9' },
    by: '',
  })
  token = (await login('Third-Horse-9')).access_token
  const set = await ask<{ secret: string }>('POST /users/2fa/setup', {
    body: { password: 'Third-Horse-9' },
  })
  const code = () => new TOTP({ secret: set.secret }).generate()
  await ask('POST /users/2fa/enable', { body: { code: code() } })
  await ask('GET /users/2fa')
  const other = (await login('Third-Horse-9')) as unknown as { challenge_token: string }
  const codes = new TOTP({ secret: set.secret }).generate({ timestamp: Date.now() + 30_000 })
  const passed = await ask<Login>('POST /auth/2fa/verify', {
    body: { challenge_token: other.challenge_token, code: codes },
    by: '',
  })
  token = passed.access_token
  await ask('POST /auth/logout')
  await ask('DELETE /admin/users/{id}', about())
}
