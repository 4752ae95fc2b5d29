/** Flows that only look, but leave in the audit log that somebody did. */
import { env } from 'cloudflare:workers'
import { makeUser, signedInUser } from '../support/users'
import { admin, type Case, type Flows, has } from './flow'

const A = '/api/v1/admin'

/** Never what was asked for without a row of who looked. */
const looked =
  (event: string, id: number): Case['isDone'] =>
  () =>
    has('SELECT 1 FROM audit_log WHERE event = ? AND target_id = ?', event, id)

const atSomebody = (path: (id: number) => string, event: string) => async (): Promise<Case> => {
  const { id } = await makeUser()
  const { token } = await admin()
  return { ask: { method: 'GET', path: path(id), token }, isDone: looked(event, id) }
}

export const auditedReadFlows: Flows = {
  [`GET ${A}/users/{id}`]: atSomebody((id) => `${A}/users/${id}`, 'admin.user_viewed'),
  [`GET ${A}/users/{id}/sessions`]: atSomebody(
    (id) => `${A}/users/${id}/sessions`,
    'admin.sessions_viewed',
  ),
  [`GET ${A}/users/{id}/passkeys`]: atSomebody(
    (id) => `${A}/users/${id}/passkeys`,
    'admin.user_viewed',
  ),
  [`GET ${A}/users/{id}/activity`]: atSomebody(
    (id) => `${A}/users/${id}/activity`,
    'admin.user_activity_viewed',
  ),
  [`GET ${A}/audit`]: atSomebody((id) => `${A}/audit?actor_id=${id}`, 'admin.user_activity_viewed'),
  [`GET ${A}/users/export`]: async () => {
    const { token } = await admin()
    const exports = () =>
      env.DB.prepare(
        "SELECT count(*) FROM audit_log WHERE event = 'admin.users_exported'",
      ).first<number>('count(*)')
    const before = Number(await exports())
    const ask = { method: 'GET', path: `${A}/users/export`, token }
    return { ask, isDone: async () => Number(await exports()) > before }
  },
  ['GET /api/v1/users/export']: async () => {
    const { id, token } = await signedInUser()
    const ask = { method: 'GET', path: '/api/v1/users/export', token }
    return { ask, isDone: looked('user.exported', id) }
  },
}
