/** What those do who look after users: lists, one user, invitations, imports. */
import { API, codeOf, PASSWORD, type Walk } from './walk.ts'

/** Lists of many, by their queries; `paged` of which the page behind the first is asked too. */
const lists = (search: string) => [
  { list: '/admin/users', paged: true },
  { list: '/admin/users?size=100' },
  { list: `/admin/users?search=${search}`, paged: true },
  { list: `/admin/users?search=${search}&status=deactivated` },
  { list: '/admin/users?role=moderator&sort=name' },
  { list: '/admin/users?status=inactive&sort=email' },
  { list: '/admin/audit', paged: true },
  { list: '/admin/audit?action=user.registered' },
]

export async function people(walk: Walk): Promise<void> {
  const { ask, id, email, adminToken } = walk
  const admin = { by: adminToken }
  const about = (path = '', more = {}) => ({
    ...admin,
    path: `${API}/admin/users/${id}${path}`,
    ...more,
  })
  for (const { list, paged } of lists(walk.search)) {
    const { next_cursor: cursor } = await ask<{ next_cursor: string | null }>(`GET ${list}`, admin)
    if (!paged || !cursor) continue
    const path = `${API}${list}${list.includes('?') ? '&' : '?'}cursor=${encodeURIComponent(cursor)}`
    await ask(`GET ${list} (next page)`, { ...admin, path })
  }
  await ask('GET /admin/users/{id}', about())
  await ask('PATCH /admin/users/{id}', about('', { body: { bio: 'Known to us.' } }))
  await ask('GET /admin/users/{id}/sessions', about('/sessions'))
  await ask('GET /admin/users/{id}/activity', about('/activity'))
  for (const path of ['', '/logins', '/registrations']) await ask(`GET /admin/stats${path}`, admin)
  const { mailed: token } = await ask('POST /admin/users', {
    ...admin,
    body: { email: `invited-${email}`, full_name: 'Grace Hopper', roles: ['moderator'] },
    mail: 'accept-invitation',
  })
  await ask('POST /auth/accept-invitation', { body: { token, password: PASSWORD }, by: '' })
  await ask('POST /admin/users/{id}/roles', about('/roles', { body: { role: 'moderator' } }))
  await ask('GET /admin/users/{id}/roles', about('/roles'))
  await ask('DELETE /admin/users/{id}/roles/{role}', about('/roles/moderator'))
  await ask('PUT /admin/users/{id}/status (off)', about('/status', { body: { is_active: false } }))
  await ask('PUT /admin/users/{id}/status (on)', about('/status', { body: { is_active: true } }))
  const lines = Array.from({ length: 100 }, (_, i) =>
    JSON.stringify({
      email: `line${i}-${email}`,
      full_name: 'Imported Person',
      email_verified: true,
    }),
  )
  const path = `${API}/admin/import`
  await ask('POST /admin/import (100 lines)', { ...admin, path, body: lines.join('\n') })
}

/** What is done to somebody whom it may harm: not to the one who walks on. */
export async function somebody(walk: Walk): Promise<void> {
  const { ask, adminToken } = walk
  const declined = await walk.register(`declined-${walk.email}`, 'decline-registration')
  await ask('POST /auth/decline-registration', { body: { token: declined.mailed }, by: '' })

  const email = `other-${walk.email}`
  const { id } = await walk.register(email, 'verify-email')
  const to = (name: string, path: string, more = {}) =>
    ask(name, { by: adminToken, path: `${API}/admin/users/${id}${path}`, ...more })
  const { mailed: token } = await to(
    'POST /admin/users/{id}/resend-verification',
    '/resend-verification',
    { mail: 'verify-email' },
  )
  await walk.prepare('POST', '/auth/verify-email', { body: { token }, by: '' })
  const { session_id: session } = await walk.login(PASSWORD, email)
  await to('DELETE /admin/users/{id}/sessions/{sid}', `/sessions/${session}`)
  await walk.login(PASSWORD, email)
  await to('DELETE /admin/users/{id}/sessions', '/sessions')
  await to('POST /admin/users/{id}/unlock', '/unlock')
  const { access_token: by } = await walk.login(PASSWORD, email)
  await ask('DELETE /users/account', { by, body: { password: PASSWORD } })

  const last = `last-${walk.email}`
  const other = await walk.register(last, 'verify-email')
  await walk.prepare('POST', '/auth/verify-email', { body: { token: other.mailed }, by: '' })
  const { access_token: hers } = await walk.login(PASSWORD, last)
  const { secret } = await walk.prepare<{ secret: string }>('POST', '/users/2fa/setup', {
    by: hers,
    body: { password: PASSWORD },
  })
  const body = { code: codeOf(secret) }
  await walk.prepare('POST', '/users/2fa/enable', { by: hers, body })
  for (const path of ['/reset-2fa', '/send-password-reset', '/require-password-change']) {
    await ask(`POST /admin/users/{id}${path}`, {
      by: adminToken,
      path: `${API}/admin/users/${other.id}${path}`,
    })
  }
}
