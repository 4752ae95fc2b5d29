/** What those do who run the system: roles, permissions, keys, endpoints of webhooks. */
import { API, PASSWORD, type Walk } from './walk.ts'

const ENDPOINT = { url: 'https://hooks.example.com/', events: ['setup.admin_created'] }

export async function system(walk: Walk): Promise<void> {
  const [name = ''] = walk.email.split('@')
  const admin = (name: string, path = '', body?: object) =>
    walk.ask<{ id: string; token: string }>(name, {
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
