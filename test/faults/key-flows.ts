/** Retiring the signing keys, which ends every session. */
import { env } from 'cloudflare:workers'
import { signingKey } from '../../src/sessions/signing-keys'
import { pass, SECOND } from '../support/clock'
import { depsFor } from '../support/deps'
import { makePerson, signIn } from '../support/staff'
import { type Case, has } from './flow'

export const retirement = async (): Promise<Case> => {
  // Later than what an earlier retirement still ends, and by an admin whose session it may end.
  pass(SECOND)
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
