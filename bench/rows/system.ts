/** What those do who run the system: roles, permissions, keys, endpoints of webhooks. */
import { API, PASSWORD, type Walk } from './walk.ts'

const ENDPOINT = { url: 'https://hooks.example.com/', events: ['setup.admin_created'] }
const RESOURCE = {
  identifier: 'https://api.example.org/bench',
  name: 'Orders API',
  scopes: [{ name: 'orders:read' }, { name: 'orders:write', permission: 'write:all' }],
}
const APP = {
  name: 'Orders',
  kind: 'web',
  first_party: false,
  redirect_uris: ['https://orders.example.org/callback'],
  scopes: ['openid', 'orders:write'],
  resources: [RESOURCE.identifier],
}

export async function system(walk: Walk): Promise<void> {
  const [name = ''] = walk.email.split('@')
  const admin = (name: string, path = '', body?: object) =>
    walk.ask<{ id: string; client_id: string; token: string }>(name, {
      by: walk.adminToken,
      ...(path && { path: `${API}${path}` }),
      ...(body && { body }),
    })
  await admin('GET /admin/outbox')
  await admin('POST /admin/permissions', '', { name: `${name}:read` })
  await admin('GET /admin/permissions')
  const role = `/admin/roles/${name}`
  await admin('POST /admin/roles', '', { name, permissions: [`${name}:read`] })
  await admin('GET /admin/roles')
  await admin('GET /admin/roles/{name}', role)
  await admin('PATCH /admin/roles/{name}', role, { description: 'Reads.' })
  await admin('DELETE /admin/roles/{name}', role)
  await admin('DELETE /admin/permissions/{name}', `/admin/permissions/${name}:read`)

  const scope = { name: 'Billing', permissions: ['read:all'], password: PASSWORD }
  const key = await admin('POST /admin/api-keys', '', scope)
  await admin('GET /admin/api-keys')
  await walk.ask('POST /auth/introspect', { by: key.token, body: { token: walk.adminToken } })
  await admin('DELETE /admin/api-keys/{id}', `/admin/api-keys/${key.id}`)
  const own = await walk.prepare<{ id: string }>('POST', '/admin/api-keys', {
    by: walk.adminToken,
    body: scope,
  })
  await admin('DELETE /users/api-keys/{id}', `/users/api-keys/${own.id}`)

  const made = await admin('POST /admin/resources', '', { ...RESOURCE, password: PASSWORD })
  const resource = `/admin/resources/${made.id}`
  await admin('GET /admin/resources')
  await admin('PATCH /admin/resources/{id}', resource, { name: 'Shop API' })
  await admin('POST /admin/resources/{id}/rotate-secret', `${resource}/rotate-secret`, {
    password: PASSWORD,
  })
  const { client_id: clientId } = await admin('POST /admin/apps', '', {
    ...APP,
    password: PASSWORD,
  })
  const app = `/admin/apps/${clientId}`
  await admin('GET /admin/apps')
  await admin('GET /admin/apps/{client_id}', app)
  await admin('PATCH /admin/apps/{client_id}', app, {
    resources: [],
    scopes: ['openid'],
    password: PASSWORD,
  })
  await admin('POST /admin/apps/{client_id}/rotate-secret', `${app}/rotate-secret`, {
    password: PASSWORD,
  })
  await admin('DELETE /admin/apps/{client_id}', app)
  await admin('DELETE /admin/resources/{id}', resource)

  const { id } = await admin('POST /admin/webhooks', '', { ...ENDPOINT, password: PASSWORD })
  const endpoint = `/admin/webhooks/${id}`
  await admin('GET /admin/webhooks')
  await admin('GET /admin/webhooks/{id}', endpoint)
  await admin('PATCH /admin/webhooks/{id}', endpoint, { description: 'Ours.' })
  await admin('POST /admin/webhooks/{id}/rotate-secret', `${endpoint}/rotate-secret`, {
    password: PASSWORD,
  })
  await admin('GET /admin/webhooks/{id}/deliveries', `${endpoint}/deliveries`)
  await admin('DELETE /admin/webhooks/{id}', endpoint)
}
