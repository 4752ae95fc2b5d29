/** Flows of API keys, and the retirement of the signing keys, which revokes every session. */
import { env } from 'cloudflare:workers'
import { randomId } from '../../src/crypto/encoding'
import { KEY_CACHE_MS, signingKey } from '../../src/sessions/tokens/signing-keys'
import { makeKey } from '../support/api-keys'
import { pass, SECOND } from '../support/clock'
import { depsFor } from '../support/deps'
import { PASSWORD, signedInUser } from '../support/users'
import { type Case, type Flows, has, isRevoked, ownAdmin } from './flow'

const A = '/api/v1/admin'

const retirement = async (): Promise<Case> => {
  // Later than what an earlier retirement still revokes, and than any isolate remembers a retired key; by
  // an admin of its own, whose session it revokes.
  pass(KEY_CACHE_MS + SECOND)
  // Of the sessions that D1 knows from earlier cases it would queue a revocation for each, every time: more rows
  // than the sweeps of one `heal` take.
  await env.DB.exec('DELETE FROM user_sessions')
  const { token } = await ownAdmin()
  const { kid } = await signingKey(depsFor({ env: { ...env } }))
  const body = { confirm: 'end_every_session' }
  return {
    ask: { method: 'POST', path: `${A}/signing-keys/retire`, body, token },
    isDone: async () =>
      !(await has('SELECT 1 FROM signing_keys WHERE kid = ?', kid)) &&
      (await has("SELECT 1 FROM job_runs WHERE job = 'end_sessions'")),
    again: ['invalid_access_token'],
  }
}

export const keyFlows: Flows = {
  'POST /api/v1/auth/introspect': async () => {
    const { token } = await makeKey(await ownAdmin())
    const body = { token: (await signedInUser()).token }
    const ask = { method: 'POST', path: '/api/v1/auth/introspect', body, token }
    return { ask, isDone: async (answer) => answer === undefined || answer.active }
  },
  [`POST ${A}/api-keys`]: async () => {
    const { token } = await ownAdmin()
    const name = randomId()
    const body = { name, permissions: ['read:own', 'read:all'], password: PASSWORD }
    return {
      ask: { method: 'POST', path: `${A}/api-keys`, body, token },
      isDone: () =>
        has(
          `SELECT 1 FROM api_keys WHERE name = ?
           AND (SELECT count(*) FROM api_key_permissions WHERE api_key_id = api_keys.id) = 2`,
          name,
        ),
    }
  },
  [`DELETE ${A}/api-keys/{id}`]: async () => {
    const { token } = await ownAdmin()
    const { id } = await makeKey({ token })
    return {
      ask: { method: 'DELETE', path: `${A}/api-keys/${id}`, token },
      isDone: () => isRevoked(id),
    }
  },
  [`POST ${A}/signing-keys/retire`]: retirement,
}
