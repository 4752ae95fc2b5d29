/**
 * AccountState is decided inside the batch: who lost it between the guard and the batch changes nothing,
 * and what acts on a user who has gone meanwhile finds nobody.
 */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { routes } from '../../src/app'
import { needsPermission } from '../../src/http/route'
import { queuedEvent } from '../audit/queued-events'
import { insertRow } from '../db/rows'
import { outboxRow } from '../outbox/rows'
import { said } from '../support/api'
import { makeApp, makeResource } from '../support/apps'
import { justBefore } from '../support/lost-account-state'
import { storedPasskey } from '../support/passkeys'
import { makeRole } from '../support/roles'
import { declaredWrites, type Write, writesOn } from '../support/user-writes'
import {
  freshEmail,
  makeUser,
  PASSWORD,
  type SignedInUser,
  signedInUser,
  staff,
} from '../support/users'

const SPARE_KEY = 'k'.repeat(22)
const HOOK = { url: 'http://localhost:9/events', events: ['user.erased'], password: PASSWORD }
const spareHook = { id: '', delivery: '' }
const spareApp = { clientId: '' }
const spareResource = { id: '' }
let spareRow = ''

/** Always there, so that nothing here is about the last admin. */
beforeAll(async () => {
  await makeRole('spare', 'write:all')
  await env.DB.prepare("INSERT INTO permissions (name, created_at) VALUES ('spare:one', 0)").run()
  const { id, subject } = await makeUser({ roles: ['admin'] })
  await env.DB.prepare(
    `INSERT INTO api_keys (id, name, secret_hash, maker_subject, made_by, created_at, expires_at)
     VALUES (?, 'Spare', ?, ?, ?, 0, 1)`,
  )
    .bind(SPARE_KEY, 'h'.repeat(43), subject, id)
    .run()
  spareRow = await outboxRow({ dead_at: 1 })
  const { asks } = await staff('admin')
  Object.assign(spareApp, await makeApp())
  Object.assign(spareResource, await makeResource())
  spareHook.id = (await asks('POST', '/admin/webhooks', HOOK)).body.id
  const path = `/admin/webhooks/${spareHook.id}`
  await asks('POST', `${path}/test`)
  spareHook.delivery = (await asks('GET', `${path}/deliveries`)).body.items[0].id
})

/** The writes that are not on one user, and what each would leave in which table. */
const OTHER_WRITES: Record<string, () => Write & { type?: string }> = {
  'POST /admin/signing-keys/retire': () => ({
    method: 'POST',
    path: '/admin/signing-keys/retire',
    body: { confirm: 'end_every_session' },
  }),
  'POST /admin/users': () => ({
    method: 'POST',
    path: '/admin/users',
    body: { email: freshEmail(), full_name: 'Eve Evans' },
  }),
  'POST /admin/import': () => ({
    method: 'POST',
    path: '/admin/import',
    body: JSON.stringify({ email: freshEmail(), full_name: 'Eve Evans' }),
    type: 'application/x-ndjson',
  }),
  'POST /admin/roles': () => ({
    method: 'POST',
    path: '/admin/roles',
    body: { name: `role-${crypto.randomUUID().slice(0, 8)}` },
  }),
  'PATCH /admin/roles/{name}': () => ({
    method: 'PATCH',
    path: '/admin/roles/spare',
    body: { permissions: [] },
  }),
  'DELETE /admin/roles/{name}': () => ({ method: 'DELETE', path: '/admin/roles/spare' }),
  'POST /admin/permissions': () => ({
    method: 'POST',
    path: '/admin/permissions',
    body: { name: `do:x-${crypto.randomUUID().slice(0, 8)}` },
  }),
  'DELETE /admin/permissions/{name}': () => ({
    method: 'DELETE',
    path: '/admin/permissions/spare:one',
  }),
  'POST /admin/api-keys': () => ({
    method: 'POST',
    path: '/admin/api-keys',
    body: { name: 'Eve', permissions: ['read:own'], password: PASSWORD },
  }),
  'DELETE /admin/api-keys/{id}': () => ({
    method: 'DELETE',
    path: `/admin/api-keys/${SPARE_KEY}`,
  }),
  'POST /admin/apps': () => ({
    method: 'POST',
    path: '/admin/apps',
    body: { name: 'Eve', kind: 'machine', first_party: true },
  }),
  'PATCH /admin/apps/{client_id}': () => ({ ...onApp('PATCH'), body: { enabled: false } }),
  'DELETE /admin/apps/{client_id}': () => onApp('DELETE'),
  'POST /admin/apps/{client_id}/rotate-secret': () => ({
    ...onApp('POST', '/rotate-secret'),
    body: { password: PASSWORD },
  }),
  'POST /admin/resources': () => ({
    method: 'POST',
    path: '/admin/resources',
    body: { identifier: 'urn:example:eve', name: 'Eve' },
  }),
  'PATCH /admin/resources/{id}': () => ({ ...onResource('PATCH'), body: { name: 'Eve' } }),
  'DELETE /admin/resources/{id}': () => onResource('DELETE'),
  'POST /admin/resources/{id}/rotate-secret': () => ({
    ...onResource('POST', '/rotate-secret'),
    body: { password: PASSWORD },
  }),
  'POST /admin/webhooks': () => ({ method: 'POST', path: '/admin/webhooks', body: HOOK }),
  'PATCH /admin/webhooks/{id}': () => ({ ...onHook('PATCH'), body: { enabled: false } }),
  'DELETE /admin/webhooks/{id}': () => onHook('DELETE'),
  'POST /admin/webhooks/{id}/rotate-secret': () => ({
    ...onHook('POST', '/rotate-secret'),
    body: { password: PASSWORD },
  }),
  'POST /admin/webhooks/{id}/test': () => onHook('POST', '/test'),
  'POST /admin/webhooks/{id}/deliveries/{delivery_id}/redeliver': () =>
    onHook('POST', `/deliveries/${spareHook.delivery}/redeliver`),
  'POST /admin/outbox/{id}/retry': () => ({
    method: 'POST',
    path: `/admin/outbox/${spareRow}/retry`,
  }),
}

const onApp = (method: string, more = ''): Write => ({
  method,
  path: `/admin/apps/${spareApp.clientId}${more}`,
})
const onResource = (method: string, more = ''): Write => ({
  method,
  path: `/admin/resources/${spareResource.id}${more}`,
})
const onHook = (method: string, more = ''): Write => ({
  method,
  path: `/admin/webhooks/${spareHook.id}${more}`,
})

/** Changes nobody and nothing that a role could open. */
const ELSEWHERE = ['POST /auth/introspect']

test('the writes here are all that ask for a permission', () => {
  const declared = routes
    .filter(({ method, access }) => method !== 'get' && needsPermission(access))
    .map(({ method, path }) => `${method.toUpperCase()} ${path}`)
  const here = [...Object.keys(OTHER_WRITES), ...ELSEWHERE].map((each) =>
    each.replace('/', '/api/v1/'),
  )
  const unknown = declared.filter((each) => ![...here, ...declaredWrites()].includes(each))
  expect(unknown).toEqual([])
})

/** What any of these could change. Its own loss of account state is the actor's business. */
const dump = async (actor: SignedInUser) => {
  const { results } = await env.DB.prepare(
    `SELECT 'user' AS kind, json_array(id, full_name, auth_version, status, password_expires_at) AS what
       FROM users WHERE id <> ?1
     UNION ALL SELECT 'held', json_array(user_id, role_id) FROM user_roles WHERE user_id <> ?1
     UNION ALL SELECT 'role', json_array(name, description, (SELECT count(*) FROM role_permissions WHERE role_id = roles.id)) FROM roles
     UNION ALL SELECT 'permission', json_array(name, (SELECT json_group_array(json_array(id, revoked_at)) FROM api_keys),
       (SELECT json_group_array(json_array(id, url, secret, disabled_at)) FROM webhooks), (SELECT count(*) FROM webhook_deliveries),
       (SELECT json_group_array(json_array(client_id, secret_hash, disabled_at)) FROM apps), (SELECT json_group_array(json_array(id, name, secret_hash)) FROM resources),
       (SELECT json_group_array(id) FROM passkeys), (SELECT json_group_array(kid) FROM signing_keys)) FROM permissions
     UNION ALL SELECT 'pending', json_array(id, dead_at) FROM outbox WHERE kind = 'mail' OR dead_at = 1`,
  )
    .bind(actor.id)
    .all()
  const tokens = await env.DB.prepare('SELECT hash FROM one_time_tokens').all()
  const audit = await env.DB.prepare('SELECT id FROM audit_log WHERE actor_id = ?')
    .bind(actor.id)
    .all()
  return [results, tokens.results, audit.results]
}

const strip = (actor: SignedInUser) => () =>
  env.DB.prepare('DELETE FROM user_roles WHERE user_id = ?').bind(actor.id).run()
const block = (actor: SignedInUser) => () =>
  env.DB.prepare('UPDATE users SET deactivated_at = 1 WHERE id = ?').bind(actor.id).run()

const WRITES = [...declaredWrites(), ...Object.keys(OTHER_WRITES)]

const writeOf = (
  route: string,
  target: SignedInUser,
  passkey: string,
): Write & { type?: string } => {
  const sid = target.sessionId
  const onUser: Record<string, Write> = writesOn({ id: target.id, sid, role: 'moderator', passkey })
  const write = onUser[route] ?? OTHER_WRITES[route]?.()
  if (!write) throw new Error(`no write for ${route}`)
  return write
}

describe('an actor who loses a role or their status between the guard and the batch', () => {
  let target: SignedInUser
  let passkey: string
  beforeAll(async () => {
    target = await staff('moderator')
    passkey = await storedPasskey(target.id)
  })

  test.each(WRITES)(
    '%s: when the actor loses the roles, and when the actor is deactivated',
    async (route) => {
      for (const lose of [strip, block]) {
        const actor = await staff('admin')
        const before = await dump(actor)
        const reply = await justBefore(lose(actor), actor.token, writeOf(route, target, passkey))
        expect([said(reply), reply.batches]).toEqual(['403 forbidden', 1])
        expect(await dump(actor)).toEqual(before)
        expect((await target.asks('GET', '/auth/session')).status).toBe(200)
      }
    },
  )
})

test('an actor who loses their roles before a dead-lettered event is retried sends nothing', async () => {
  const actor = await staff('admin')
  const { id: userId, subject } = await makeUser()
  const event = queuedEvent('auth.refresh_reused', subject, Date.now(), { session_id: 's' })
  await insertRow('parked_events', { id: 'parked-1', message: JSON.stringify(event), parked_at: 1 })
  const send = vi.spyOn(env.EVENTS_QUEUE, 'send')
  const path = '/admin/outbox/parked-1/retry'
  const reply = await justBefore(strip(actor), actor.token, { method: 'POST', path })
  expect([said(reply), reply.batches]).toEqual(['403 forbidden', 1])
  expect(send).not.toHaveBeenCalled()
  send.mockRestore()
  const { results } = await env.DB.prepare(
    'SELECT id FROM parked_events UNION ALL SELECT id FROM audit_log WHERE target_id = ?',
  )
    .bind(userId)
    .all()
  expect(results).toEqual([{ id: 'parked-1' }])
})

test('an actor whose role loses the permission between the guard and the batch changes nothing', async () => {
  await makeRole('passing', 'admin:users')
  const [actor, ada] = [await staff('passing'), await makeUser()]
  const reply = await justBefore(
    () =>
      env.DB.prepare(
        "DELETE FROM role_permissions WHERE role_id = (SELECT id FROM roles WHERE name = 'passing')",
      ).run(),
    actor.token,
    { method: 'PATCH', path: `/admin/users/${ada.id}`, body: { full_name: 'Eve' } },
  )
  expect(said(reply)).toBe('403 forbidden')
})

test('a target who is made an admin between the guard and the batch is out of reach', async () => {
  await makeRole('helper', 'admin:users', 'read:own', 'write:own')
  const actor = await staff('helper')
  for (const route of declaredWrites()) {
    const target = await staff()
    const promote = () =>
      env.DB.prepare("INSERT INTO user_roles SELECT ?, id, 0, NULL FROM roles WHERE name = 'admin'")
        .bind(target.id)
        .run()
    const passkey = await storedPasskey(target.id)
    const write = writesOn({ id: target.id, sid: target.sessionId, role: 'user', passkey })[
      route as keyof ReturnType<typeof writesOn>
    ]
    const body = route.endsWith('/roles') ? { role: 'user' } : (write as Write).body
    const reply = await justBefore(promote, actor.token, { ...write, body })
    expect(said(reply), route).toBe('403 outranked')
  }
})

describe('what goes between the look-up and the batch', () => {
  test.each(declaredWrites())(
    '%s: a user who is erased is 404 and leaves no event',
    async (route) => {
      const actor = await staff('admin')
      const target = await signedInUser({ roles: ['moderator'] })
      const passkey = await storedPasskey(target.id)
      const erase = () => env.DB.prepare('DELETE FROM users WHERE id = ?').bind(target.id).run()
      const reply = await justBefore(erase, actor.token, writeOf(route, target, passkey))
      expect([said(reply), reply.body.detail]).toEqual(['404 not_found', 'User not found'])
      const { results } = await env.DB.prepare('SELECT event FROM audit_log WHERE actor_id = ?')
        .bind(actor.id)
        .all()
      expect(results).toEqual([])
    },
  )

  test('a role that is deleted is 404 to give, to invite with and to change', async () => {
    const [actor, ada] = [await staff('admin'), await makeUser()]
    const drop = () => env.DB.prepare("DELETE FROM roles WHERE name = 'brief'").run()
    for (const write of [
      { method: 'POST', path: `/admin/users/${ada.id}/roles`, body: { role: 'brief' } },
      {
        method: 'POST',
        path: '/admin/users',
        body: { email: freshEmail(), full_name: 'Eve Evans', roles: ['brief'] },
      },
      { method: 'PATCH', path: '/admin/roles/brief', body: { description: 'x' } },
    ]) {
      await makeRole('brief')
      const reply = await justBefore(drop, actor.token, write)
      expect([said(reply), reply.body.detail]).toEqual(['404 not_found', 'Role not found'])
    }
  })
})
