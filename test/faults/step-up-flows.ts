/** Step-up by every proof, and the undoing of a trusted browser. They need a clock that stands. */
import { env } from 'cloudflare:workers'
import { loadConfig } from '../../src/config'
import { signToken } from '../../src/crypto/signed-token'
import { passkeyProof } from '../step-up/people'
import { HOUR, pass, SECOND } from '../support/clock'
import { userWithPasskey } from '../support/passkeys'
import { freshCode, userWithSecondFactor } from '../support/second-factor'
import { PASSWORD, type SignedInUser } from '../support/users'
import { listOf, userWithTrustedBrowser } from '../trusted-devices/devices'
import { type Case, type Flows, has, isDead, provedAtOf } from './flow'

/** The session counts as proved from now on. */
function proving(ada: SignedInUser, body: object, again: string[]): Case {
  const before = Date.now()
  pass(SECOND)
  return {
    ask: { method: 'POST', path: '/api/v1/auth/step-up', body, token: ada.token },
    // A proof whose answer was lost is used: the next one does it.
    isDone: async (answer) => answer === undefined || ((await provedAtOf(ada)) ?? 0) > before,
    again,
  }
}

export const stepUpFlows: Flows = {
  'a step-up by code': async () => {
    const ada = await userWithSecondFactor()
    return proving(ada, { code: await freshCode(ada) }, ['invalid_2fa_code', 'too_many_attempts'])
  },
  'a step-up by password and code': async () => {
    const ada = await userWithSecondFactor()
    const body = { password: PASSWORD, code: await freshCode(ada), new_email: 'a@example.com' }
    return {
      ...proving(ada, body, ['invalid_2fa_code', 'too_many_attempts']),
      ask: { method: 'POST', path: '/api/v1/users/change-email', body, token: ada.token },
    }
  },
  'a step-up by recovery code': async () => {
    const ada = await userWithSecondFactor()
    const proof = { recovery_code: ada.recoveryCodes[0] }
    return proving(ada, proof, ['invalid_2fa_code', 'too_many_attempts'])
  },
  'a step-up by passkey': async () => {
    const ada = await userWithPasskey()
    return proving(ada, await passkeyProof(ada), ['invalid_passkey', 'invalid_challenge'])
  },
  'a trusted browser undone by its link': async () => {
    const ada = await userWithTrustedBrowser()
    const [device] = await listOf(ada)
    const token = await signToken(loadConfig(env).TOKEN_KEYS, 'undo', {
      subject: ada.subject,
      passkey: null,
      device: device?.id ?? '',
      expires: Date.now() + HOUR,
    })
    const path = '/api/v1/auth/undo-sign-in-method'
    return {
      ask: { method: 'POST', path, body: { token } },
      isDone: async () =>
        (await isDead(ada)) &&
        (await has(
          "SELECT 1 FROM audit_log WHERE event = 'user.sign_in_method_undone' AND target_id = ?",
          ada.id,
        )),
      again: ['invalid_token'],
      once: { event: 'user.sign_in_method_undone', id: ada.id },
    }
  },
}
