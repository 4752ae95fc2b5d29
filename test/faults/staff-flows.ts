/** Flows of admins. */
import { env } from 'cloudflare:workers'
import { randomId } from '../../src/crypto/encoding'
import { subjectOf } from '../../src/sessions/session-types'
import { userWithSecondFactor } from '../support/second-factor'
import { writesOn } from '../support/user-writes'
import { freshEmail, makeUser, signedInUser } from '../support/users'
import { appFlows } from './app-flows'
import {
  admin,
  type Case,
  type Flows,
  has,
  hasToken,
  isDead,
  isLive,
  isRevoked,
  keyOf,
} from './flow'
import { keyFlows } from './key-flows'
import { webhookFlows } from './webhook-flows'

const A = '/api/v1/admin'

type Target = Awaited<ReturnType<typeof target>>
async function target() {
  const bob = await signedInUser({ roles: ['moderator'] })
  const writes = writesOn({ id: bob.id, sid: bob.sessionId, role: 'moderator' })
  return { ...bob, writes }
}

/** A write on one user, by its route. */
const onUser =
  (route: keyof Target['writes'], what: (bob: Target) => Omit<Case, 'ask'>) => async () => {
    const bob = await target()
    const { method, path, body } = bob.writes[route] as {
      method: string
      path: string
      body?: unknown
    }
    const { token } = await admin()
    return { ask: { method, path: `/api/v1${path}`, body, token }, ...what(bob) }
  }

const holds = (id: number, role: string) =>
  has(
    'SELECT 1 FROM user_roles JOIN roles ON roles.id = role_id WHERE user_id = ? AND name = ?',
    id,
    role,
  )
const isThere = (table: 'roles' | 'permissions', name: string) =>
  has(`SELECT 1 FROM ${table} WHERE name = ?`, name)

let made = 0
const newName = () =>
  `made${(made += 1)}-${randomId().slice(0, 6).toLowerCase().replace(/\W/g, 'x')}`

async function systemCase(ask: Case['ask'], isDone: Case['isDone'], again: string[] = []) {
  const { token } = await admin()
  return { ask: { ...ask, token }, isDone, again }
}

async function existing(kind: 'roles' | 'permissions'): Promise<string> {
  const name = kind === 'roles' ? newName() : `write:${newName()}`
  const { status } = await (await admin()).asks('POST', `/admin/${kind}`, { name })
  if (status !== 201) throw new Error(`${name}: ${status}`)
  return name
}

export const staffFlows: Flows = {
  [`PATCH ${A}/users/{id}`]: onUser(`PATCH ${A}/users/{id}`, ({ id }) => ({
    isDone: () => has("SELECT 1 FROM users WHERE id = ? AND full_name = 'Taken Over'", id),
  })),
  [`DELETE ${A}/users/{id}`]: onUser(`DELETE ${A}/users/{id}`, (bob) => ({
    isDone: async () =>
      !(await has('SELECT 1 FROM users WHERE id = ?', bob.id)) && (await isDead(bob)),
    again: ['not_found'],
    once: { event: 'user.erased', id: bob.id },
  })),
  [`PUT ${A}/users/{id}/status`]: onUser(`PUT ${A}/users/{id}/status`, (bob) => ({
    isDone: () => isDead(bob),
    once: { event: 'admin.user_deactivated', id: bob.id },
  })),
  [`DELETE ${A}/users/{id}/roles/{role}`]: onUser(`DELETE ${A}/users/{id}/roles/{role}`, (bob) => ({
    isDone: async () => !(await holds(bob.id, 'moderator')) && (await rolesIn(bob)).length === 1,
    once: { event: 'rbac.role_removed', id: bob.id },
  })),
  [`POST ${A}/users/{id}/roles`]: async () => {
    const bob = await signedInUser()
    const { token } = await admin()
    return {
      ask: {
        method: 'POST',
        path: `${A}/users/${bob.id}/roles`,
        body: { role: 'moderator' },
        token,
      },
      isDone: async () => (await holds(bob.id, 'moderator')) && (await rolesIn(bob)).length === 2,
      once: { event: 'rbac.role_assigned', id: bob.id },
    }
  },
  [`DELETE ${A}/users/{id}/sessions`]: async () => {
    const bob = await target()
    const key = await keyOf(bob)
    const { token } = await admin()
    return {
      ask: { method: 'DELETE', path: `${A}/users/${bob.id}/sessions?keys=true`, token },
      isDone: async () => (await isDead(bob)) && (await isRevoked(key)),
      once: { event: 'api_key.all_revoked', id: bob.id },
    }
  },
  [`DELETE ${A}/users/{id}/sessions/{sid}`]: onUser(
    `DELETE ${A}/users/{id}/sessions/{sid}`,
    (bob) => ({ isDone: () => isDead(bob), again: ['not_found'] }),
  ),
  [`POST ${A}/users/{id}/reset-2fa`]: async () => {
    const bob = await userWithSecondFactor()
    const key = await keyOf({ id: bob.id, subject: subjectOf(bob.sessionId) })
    const { token } = await admin()
    const path = `${A}/users/${bob.id}/reset-2fa`
    return {
      ask: { method: 'POST', path, body: { keys: true }, token },
      isDone: async () =>
        (await has('SELECT 1 FROM users WHERE id = ? AND two_factor_secret IS NULL', bob.id)) &&
        (await isDead(bob)) &&
        (await isRevoked(key)),
      once: { event: 'admin.two_factor_reset', id: bob.id },
    }
  },
  [`POST ${A}/users/{id}/require-password-change`]: onUser(
    `POST ${A}/users/{id}/require-password-change`,
    (bob) => ({
      isDone: async () => (await bob.asks('GET', '/auth/session')).body.code === 'password_expired',
    }),
  ),
  [`POST ${A}/users/{id}/resend-verification`]: async () => {
    const bob = await makeUser({ status: 'pending' })
    const { token } = await admin()
    return {
      ask: { method: 'POST', path: `${A}/users/${bob.id}/resend-verification`, token },
      isDone: () => hasToken('verify_email', bob.email),
    }
  },
  [`POST ${A}/users/{id}/send-password-reset`]: onUser(
    `POST ${A}/users/{id}/send-password-reset`,
    (bob) => ({ isDone: () => hasToken('reset_password', bob.email) }),
  ),
  [`POST ${A}/users/{id}/unlock`]: onUser(`POST ${A}/users/{id}/unlock`, ({ id }) => ({
    isDone: () =>
      has("SELECT 1 FROM audit_log WHERE event = 'admin.user_unlocked' AND target_id = ?", id),
  })),
  // Of a squatted address, which takes more statements than a free one.
  [`POST ${A}/users`]: async () => {
    const { email, subject } = await makeUser({ status: 'pending' })
    const { token } = await admin()
    const body = { email, full_name: 'Ada Lovelace', roles: ['moderator'] }
    return {
      ask: { method: 'POST', path: `${A}/users`, body, token },
      isDone: async () =>
        (await hasToken('accept_invitation', email)) &&
        !(await has('SELECT 1 FROM users WHERE subject = ?', subject)),
      again: ['email_taken'],
      once: { event: 'admin.user_invited', email },
    }
  },
  [`POST ${A}/import`]: async () => {
    const emails = [freshEmail(), (await makeUser({ status: 'pending' })).email]
    const lines = emails.map((email) => JSON.stringify({ email, full_name: 'Ada Lovelace' }))
    return systemCase({ method: 'POST', path: `${A}/import`, body: lines.join('\n') }, async () =>
      has(
        `SELECT 1 FROM (SELECT count(*) AS n FROM users
          WHERE email_key IN (?, ?) AND origin = 'imported') WHERE n = 2`,
        ...emails,
      ),
    )
  },
  [`POST ${A}/roles`]: async () => {
    const name = newName()
    const body = { name, permissions: ['read:own'] }
    return systemCase({ method: 'POST', path: `${A}/roles`, body }, () => isThere('roles', name), [
      'name_taken',
    ])
  },
  [`PATCH ${A}/roles/{name}`]: async () => {
    const name = await existing('roles')
    const body = { permissions: ['read:own'] }
    return systemCase({ method: 'PATCH', path: `${A}/roles/${name}`, body }, () =>
      has('SELECT 1 FROM role_permissions JOIN roles ON roles.id = role_id WHERE name = ?', name),
    )
  },
  [`DELETE ${A}/roles/{name}`]: async () => {
    const name = await existing('roles')
    return systemCase(
      { method: 'DELETE', path: `${A}/roles/${name}` },
      async () => !(await isThere('roles', name)),
      ['not_found'],
    )
  },
  [`POST ${A}/permissions`]: async () => {
    const name = `write:${newName()}`
    return systemCase(
      { method: 'POST', path: `${A}/permissions`, body: { name } },
      () => isThere('permissions', name),
      ['name_taken'],
    )
  },
  [`DELETE ${A}/permissions/{name}`]: async () => {
    const name = await existing('permissions')
    return systemCase(
      { method: 'DELETE', path: `${A}/permissions/${name}` },
      async () => !(await isThere('permissions', name)),
      ['not_found'],
    )
  },
  ...appFlows,
  ...webhookFlows,
  ...keyFlows,
  [`POST ${A}/outbox/{id}/retry`]: async () => {
    const id = randomId()
    await env.DB.prepare(
      `INSERT INTO outbox (id, kind, subject, payload, attempts, next_attempt_at, dead_at, created_at)
       VALUES (?, 'mail', ?, '{"mail":"new-device"}', 12, 0, 1, 0)`,
    )
      .bind(id, (await makeUser()).subject)
      .run()
    return systemCase(
      { method: 'POST', path: `${A}/outbox/${id}/retry` },
      async () => !(await has('SELECT 1 FROM outbox WHERE id = ? AND dead_at IS NOT NULL', id)),
      ['not_found'],
    )
  },
}

/** The roles that the user’s session acts on; none if it has ended. */
async function rolesIn(bob: { sessionId: string }): Promise<readonly number[]> {
  if (!(await isLive(bob))) return []
  const object = env.USER_SESSIONS.getByName(bob.sessionId.slice(0, 22))
  const device = { ip: null, country: null, userAgent: null }
  const result = await object.check(bob.sessionId, device)
  return result.isLive ? result.accountState.roleIds : []
}
