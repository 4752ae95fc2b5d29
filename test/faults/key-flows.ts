/** Retiring the signing keys, which ends every session. */
import { env } from 'cloudflare:workers'
import { KEY_CACHE_MS, signingKey } from '../../src/sessions/signing-keys'
import { pass, SECOND } from '../support/clock'
import { depsFor } from '../support/deps'
import { makePerson, signIn } from '../support/staff'
import { type Case, has } from './flow'

export const retirement = async (): Promise<Case> => {
  // Later than what an earlier retirement still ends, and than any isolate remembers a retired key; by
  // an admin of its own, whose session it ends.
  pass(KEY_CACHE_MS + SECOND)
  const { token } = await signIn(await makePerson({ roles: ['admin'] }))
  const { kid } = await signingKey(depsFor({ env: { ...env } }))
  const path = '/api/v1/admin/signing-keys/retire'
  return {
    ask: { method: 'POST', path, body: { confirm: 'end_every_session' }, token },
    isDone: async () =>
      !(await has('SELECT 1 FROM signing_keys WHERE kid = ?', kid)) &&
      (await has("SELECT 1 FROM job_runs WHERE job = 'end_sessions'")),
    again: ['invalid_access_token'],
  }
}
