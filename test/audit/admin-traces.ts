/** What admins can do, route by route; and what they may look at. */
import type { EventName } from '../../src/events'
import { outboxRow } from '../outbox/rows'
import { freshIp, get, send } from '../support/api'
import { makeKey } from '../support/api-keys'
import { ok, userWithSecondFactor } from '../support/second-factor'
import { freshEmail, makeUser, PASSWORD, signedInUser, staff } from '../support/users'
import { registerByApi } from '../support/users-by-api'
import {
  admitAdminAgain,
  admin,
  API,
  asAdmin,
  freshName,
  FULL_NAME,
  permission,
  role,
  signedIn,
  toSomebody,
  type Trace,
  trace,
} from './traces'

const WEBHOOK = {
  url: 'https://hooks.example.com/',
  events: ['setup.admin_created'],
  password: PASSWORD,
}

/** Something done to an endpoint that is made for it. */
const toWebhook = (leaves: EventName, method: string, path: string, sent?: object) =>
  trace(leaves, async () => {
    const { body } = await asAdmin('POST', '/webhooks', WEBHOOK)
    return { reply: await asAdmin(method, `/webhooks/${body.id}${path}`, sent), about: body.id }
  })

const APP = {
  name: 'Orders',
  kind: 'web',
  first_party: true,
  redirect_uris: ['https://orders.example.org/callback'],
  password: PASSWORD,
}

/** Something done to an app, or to a resource, that is made for it. */
const toApp = (leaves: EventName, method: string, path: string, sent?: object) =>
  trace(leaves, async () => {
    const { client_id: id } = (await asAdmin('POST', '/apps', APP)).body
    return { reply: await asAdmin(method, `/apps/${id}${path}`, sent), about: id }
  })
const newResource = () => ({
  identifier: `https://api.example.org/${freshName()}`,
  name: 'Orders API',
  password: PASSWORD,
})
const toResource = (leaves: EventName, method: string, path: string, sent?: object) =>
  trace(leaves, async () => {
    const { body } = await asAdmin('POST', '/resources', newResource())
    const reply = await asAdmin(method, `/resources/${body.id}${path}`, sent)
    return { reply, about: body.identifier }
  })

export const ADMIN_TRACES: Readonly<Record<string, Trace>> = {
  'POST /admin/users': trace('admin.user_invited', async () => {
    const reply = await asAdmin('POST', '/users', { email: freshEmail(), full_name: FULL_NAME })
    return { reply, about: reply.body.id }
  }),
  'PATCH /admin/users/{id}': toSomebody('admin.user_edited', 'PATCH', '', { bio: 'x' }),
  'DELETE /admin/users/{id}': toSomebody('user.erased', 'DELETE', ''),
  'PUT /admin/users/{id}/status': trace(
    ['admin.user_deactivated', 'admin.user_activated'],
    async () => {
      const { id } = await makeUser()
      ok(await asAdmin('PUT', `/users/${id}/status`, { is_active: false }))
      return { reply: await asAdmin('PUT', `/users/${id}/status`, { is_active: true }), about: id }
    },
  ),
  'POST /admin/users/{id}/roles': toSomebody('rbac.role_assigned', 'POST', '/roles', {
    role: 'moderator',
  }),
  'DELETE /admin/users/{id}/roles/{role}': toSomebody('rbac.role_removed', 'DELETE', '/roles/user'),
  'DELETE /admin/users/{id}/sessions': toSomebody(
    ['admin.sessions_revoked', 'auth.sessions_ended'],
    'DELETE',
    '/sessions',
    undefined,
    signedInUser,
  ),
  'DELETE /admin/users/{id}/sessions/{sid}': trace('admin.sessions_revoked', async () => {
    const { id, sessionId } = await signedInUser()
    return { reply: await asAdmin('DELETE', `/users/${id}/sessions/${sessionId}`), about: id }
  }),
  'POST /admin/users/{id}/reset-2fa': toSomebody(
    'admin.two_factor_reset',
    'POST',
    '/reset-2fa',
    undefined,
    userWithSecondFactor,
  ),
  'POST /admin/users/{id}/require-password-change': toSomebody(
    'admin.password_change_required',
    'POST',
    '/require-password-change',
  ),
  'POST /admin/users/{id}/resend-verification': toSomebody(
    'admin.verification_resent',
    'POST',
    '/resend-verification',
    undefined,
    registerByApi,
  ),
  'POST /admin/users/{id}/send-password-reset': toSomebody(
    'admin.password_reset_sent',
    'POST',
    '/send-password-reset',
  ),
  'POST /admin/users/{id}/unlock': toSomebody('admin.user_unlocked', 'POST', '/unlock'),
  'POST /admin/roles': trace('rbac.role_created', async () => {
    const name = freshName()
    return { reply: await asAdmin('POST', '/roles', { name }), about: name }
  }),
  'PATCH /admin/roles/{name}': trace('rbac.role_changed', async () => {
    const name = await role()
    return { reply: await asAdmin('PATCH', `/roles/${name}`, { description: 'x' }), about: name }
  }),
  'DELETE /admin/roles/{name}': trace('rbac.role_deleted', async () => {
    const name = await role()
    return { reply: await asAdmin('DELETE', `/roles/${name}`), about: name }
  }),
  'POST /admin/permissions': trace('rbac.permission_created', async () => {
    const name = `${freshName()}:read`
    return { reply: await asAdmin('POST', '/permissions', { name }), about: name }
  }),
  'DELETE /admin/permissions/{name}': trace('rbac.permission_deleted', async () => {
    const name = await permission()
    return { reply: await asAdmin('DELETE', `/permissions/${name}`), about: name }
  }),
  'POST /admin/import': trace('admin.users_imported', async () => {
    const reply = await send(`${API}/admin/import`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${admin.token}`,
        'content-type': 'application/x-ndjson',
        'cf-connecting-ip': freshIp(),
      },
      body: JSON.stringify({ email: freshEmail(), full_name: FULL_NAME }),
    })
    return { reply, about: '"lines":1' }
  }),
  'POST /admin/apps': trace('app.created', async () => {
    const reply = await asAdmin('POST', '/apps', APP)
    return { reply, about: reply.body.client_id }
  }),
  'PATCH /admin/apps/{client_id}': toApp('app.changed', 'PATCH', '', { name: 'Shop' }),
  'DELETE /admin/apps/{client_id}': toApp('app.deleted', 'DELETE', ''),
  'POST /admin/apps/{client_id}/rotate-secret': toApp(
    'app.secret_rotated',
    'POST',
    '/rotate-secret',
    { password: PASSWORD },
  ),
  'POST /admin/resources': trace('resource.created', async () => {
    const reply = await asAdmin('POST', '/resources', newResource())
    return { reply, about: reply.body.identifier }
  }),
  'PATCH /admin/resources/{id}': toResource('resource.changed', 'PATCH', '', { name: 'Shop API' }),
  'DELETE /admin/resources/{id}': toResource('resource.deleted', 'DELETE', ''),
  'POST /admin/resources/{id}/rotate-secret': toResource(
    'resource.secret_rotated',
    'POST',
    '/rotate-secret',
    { password: PASSWORD },
  ),
  'POST /admin/webhooks': trace('webhook.created', async () => {
    const reply = await asAdmin('POST', '/webhooks', WEBHOOK)
    return { reply, about: reply.body.id }
  }),
  'PATCH /admin/webhooks/{id}': toWebhook('webhook.changed', 'PATCH', '', { description: 'x' }),
  'DELETE /admin/webhooks/{id}': toWebhook('webhook.deleted', 'DELETE', ''),
  'POST /admin/webhooks/{id}/rotate-secret': toWebhook(
    'webhook.secret_rotated',
    'POST',
    '/rotate-secret',
    { password: PASSWORD },
  ),
  'POST /admin/webhooks/{id}/test': toWebhook('webhook.test', 'POST', '/test'),
  'POST /admin/webhooks/{id}/deliveries/{delivery_id}/redeliver': trace(
    'webhook.redelivered',
    async () => {
      const { body } = await asAdmin('POST', '/webhooks', WEBHOOK)
      await asAdmin('POST', `/webhooks/${body.id}/test`)
      const log = await asAdmin('GET', `/webhooks/${body.id}/deliveries`)
      const path = `/webhooks/${body.id}/deliveries/${log.body.items[0].id}/redeliver`
      return { reply: await asAdmin('POST', path), about: body.id }
    },
  ),
  'POST /admin/api-keys': trace('api_key.created', async () => {
    const body = { name: 'Billing', permissions: ['read:all'], password: PASSWORD }
    const reply = await asAdmin('POST', '/api-keys', body)
    return { reply, about: reply.body.id }
  }),
  'DELETE /admin/api-keys/{id}': trace('api_key.revoked', async () => {
    const { id } = await makeKey(admin)
    return { reply: await asAdmin('DELETE', `/api-keys/${id}`), about: id }
  }),
  'POST /admin/outbox/{id}/retry': trace('admin.outbox_retried', async () => {
    const id = await outboxRow({ dead_at: 1, attempts: 12 })
    return { reply: await asAdmin('POST', `/outbox/${id}/retry`), about: id }
  }),
  'POST /admin/signing-keys/retire': trace('admin.signing_keys_retired', async () => {
    // By an admin of its own, whose session it revokes.
    const root = await staff('admin')
    const reply = await root.asks('POST', '/admin/signing-keys/retire', {
      confirm: 'end_every_session',
    })
    await admitAdminAgain()
    const { keys } = (await get('/.well-known/jwks.json')).body
    return { reply, about: keys.find((key: { alg: string }) => key.alg === 'ES256').kid }
  }),
}

/** Looking at one person, or taking data out. */
export const AUDITED_READS: Readonly<Record<string, Trace>> = {
  'GET /admin/users/{id}': toSomebody('admin.user_viewed', 'GET', ''),
  'GET /admin/users/{id}/passkeys': toSomebody('admin.user_viewed', 'GET', '/passkeys'),
  'GET /admin/users/{id}/sessions': toSomebody('admin.sessions_viewed', 'GET', '/sessions'),
  'GET /admin/users/{id}/activity': toSomebody('admin.user_activity_viewed', 'GET', '/activity'),
  'GET /admin/users/{id}/roles': {
    leavesNothing: 'what somebody may do is no secret among those who give it',
  },
  'GET /admin/audit': trace('admin.user_activity_viewed', async () => {
    const { id } = await makeUser()
    return { reply: await asAdmin('GET', `/audit?actor_id=${id}`), about: id }
  }),
  'GET /admin/users/export': trace('admin.users_exported', async () => ({
    reply: await asAdmin('GET', '/users/export?format=csv'),
    about: 'csv',
  })),
  'GET /users/export': signedIn('user.exported', ({ token }) =>
    get(`${API}/users/export`, { token }),
  ),
}
