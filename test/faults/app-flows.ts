/** Flows of whoever runs the system on apps and the APIs that they call. */
import { env } from 'cloudflare:workers'
import { randomId } from '../../src/crypto/encoding'
import { makeApp, makeResource } from '../support/apps'
import { PASSWORD } from '../support/users'
import { admin, type Case, type Flows, has, ownAdmin } from './flow'

const APPS = '/api/v1/admin/apps'
const RESOURCES = '/api/v1/admin/resources'

/** An app made behind the API, and something done to it. */
const onApp =
  (
    { method, path = '', body }: { method: string; path?: string; body?: unknown },
    what: (id: string) => Omit<Case, 'ask'>,
    by = admin,
  ) =>
  async (): Promise<Case> => {
    const { clientId } = await makeApp()
    const { token } = await by()
    return { ask: { method, path: `${APPS}/${clientId}${path}`, body, token }, ...what(clientId) }
  }

const onResource =
  (
    { method, path = '', body }: { method: string; path?: string; body?: unknown },
    what: (id: string) => Omit<Case, 'ask'>,
    by = admin,
  ) =>
  async (): Promise<Case> => {
    const { id } = await makeResource()
    const { token } = await by()
    return { ask: { method, path: `${RESOURCES}/${id}${path}`, body, token }, ...what(id) }
  }

/** There is a limit, and those of the running cases must stay. */
const makeRoom = (table: string, key: string) =>
  env.DB.exec(
    `DELETE FROM ${table} WHERE ${key} NOT IN (SELECT ${key} FROM ${table} ORDER BY created_at DESC LIMIT 50)`,
  )

export const appFlows: Flows = {
  [`POST ${APPS}`]: async () => {
    await makeRoom('apps', 'client_id')
    const name = randomId()
    const { token } = await ownAdmin()
    const uris = { redirect_uris: ['https://client.example.org/callback'] }
    return {
      ask: {
        method: 'POST',
        path: APPS,
        body: { name, kind: 'web', first_party: false, ...uris, password: PASSWORD },
        token,
      },
      isDone: () =>
        has(
          `SELECT 1 FROM apps JOIN sectors ON sectors.id = sector_id
           JOIN audit_log ON event = 'app.created' AND data ->> 'client_id' = client_id WHERE name = ?`,
          name,
        ),
    }
  },
  [`PATCH ${APPS}/{client_id}`]: onApp({ method: 'PATCH', body: { enabled: false } }, (id) => ({
    isDone: () => has('SELECT 1 FROM apps WHERE client_id = ? AND disabled_at IS NOT NULL', id),
  })),
  [`DELETE ${APPS}/{client_id}`]: onApp({ method: 'DELETE' }, (id) => ({
    isDone: async () => !(await has('SELECT 1 FROM apps WHERE client_id = ?', id)),
    again: ['not_found'],
  })),
  [`POST ${APPS}/{client_id}/rotate-secret`]: onApp(
    { method: 'POST', path: '/rotate-secret', body: { password: PASSWORD } },
    (id) => ({
      isDone: () =>
        has('SELECT 1 FROM apps WHERE client_id = ? AND previous_secret_hash IS NOT NULL', id),
    }),
    ownAdmin,
  ),
  [`POST ${RESOURCES}`]: async () => {
    await makeRoom('resources', 'id')
    const identifier = `https://api.example.org/${randomId()}`
    const { token } = await ownAdmin()
    const scopes = [{ name: 'orders:read' }]
    return {
      ask: {
        method: 'POST',
        path: RESOURCES,
        body: { identifier, name: 'Orders API', scopes, password: PASSWORD },
        token,
      },
      isDone: () =>
        has(
          'SELECT 1 FROM resources JOIN scopes ON resource_id = resources.id WHERE identifier = ?',
          identifier,
        ),
      again: ['name_taken'],
    }
  },
  [`PATCH ${RESOURCES}/{id}`]: onResource(
    { method: 'PATCH', body: { name: 'Shop API' } },
    (id) => ({
      isDone: () => has("SELECT 1 FROM resources WHERE id = ? AND name = 'Shop API'", id),
    }),
  ),
  [`DELETE ${RESOURCES}/{id}`]: onResource({ method: 'DELETE' }, (id) => ({
    isDone: async () => !(await has('SELECT 1 FROM resources WHERE id = ?', id)),
    again: ['not_found'],
  })),
  [`POST ${RESOURCES}/{id}/rotate-secret`]: onResource(
    { method: 'POST', path: '/rotate-secret', body: { password: PASSWORD } },
    (id) => ({
      isDone: () =>
        has('SELECT 1 FROM resources WHERE id = ? AND previous_secret_hash IS NOT NULL', id),
    }),
    ownAdmin,
  ),
}
