/** Flows of the second factor. They need a clock that stands (stopClock). */
import { pass, SECOND } from '../support/clock'
import { challengeOf, freshCode, setUp, userWithSecondFactor } from '../support/second-factor'
import { PASSWORD, signedInUser, signIn } from '../support/users'
import { type Flows, has, isDead, isLive, opensSession, provedAtOf } from './flow'

const U = '/api/v1/users/2fa'
const USED = ['invalid_2fa_code', 'too_many_attempts']

const isOn = (id: number) =>
  has('SELECT 1 FROM users WHERE id = ? AND two_factor_enabled_at IS NOT NULL', id)

export const factorFlows: Flows = {
  [`POST ${U}/setup`]: async () => {
    const ada = await signedInUser()
    return {
      ask: { method: 'POST', path: `${U}/setup`, body: { password: PASSWORD }, token: ada.token },
      isDone: () =>
        has('SELECT 1 FROM users WHERE id = ? AND two_factor_pending_secret IS NOT NULL', ada.id),
    }
  },
  [`POST ${U}/enable`]: async () => {
    const ada = await signedInUser()
    const other = await signIn(ada)
    const { secret } = (await setUp(ada)).body
    const body = { code: await freshCode({ secret }) }
    return {
      ask: { method: 'POST', path: `${U}/enable`, body, token: ada.token },
      // A code whose answer was lost is used: the next one does it.
      isDone: async (answer) =>
        answer === undefined ||
        ((await isOn(ada.id)) && (await isLive(ada)) && (await isDead(other))),
      again: [...USED, 'no_pending_setup', 'two_factor_already_on', 'invalid_access_token'],
    }
  },
  [`POST ${U}/disable`]: async () => {
    const ada = await userWithSecondFactor()
    const body = { password: PASSWORD, code: await freshCode(ada) }
    return {
      ask: { method: 'POST', path: `${U}/disable`, body, token: ada.token },
      isDone: async (answer) =>
        answer === undefined || (!(await isOn(ada.id)) && (await isLive(ada))),
      // Until the object has heard of the new credentials, its session counts as one of older ones.
      again: [...USED, 'two_factor_not_on', 'invalid_access_token', 'incorrect_password'],
    }
  },
  [`POST ${U}/recovery-codes`]: async () => {
    const ada = await userWithSecondFactor()
    const body = { password: PASSWORD, code: await freshCode(ada) }
    return {
      ask: { method: 'POST', path: `${U}/recovery-codes`, body, token: ada.token },
      isDone: async (answer) => answer === undefined || answer.recovery_codes.length === 10,
      // The code may be used up without new codes. Then there is no email either.
      mail: {
        to: ada.email,
        link: 'The old codes no longer work.',
        each: { event: 'two_factor.recovery_codes_renewed', id: ada.id },
      },
      again: USED,
    }
  },
  'POST /api/v1/auth/step-up': async () => {
    const ada = await signedInUser()
    const before = Date.now()
    pass(SECOND)
    return {
      ask: {
        method: 'POST',
        path: '/api/v1/auth/step-up',
        body: { password: PASSWORD },
        token: ada.token,
      },
      isDone: async () => ((await provedAtOf(ada)) ?? 0) > before,
    }
  },
  'POST /api/v1/auth/2fa/verify': async () => {
    const ada = await userWithSecondFactor()
    const body = { challenge_token: await challengeOf(ada), code: await freshCode(ada) }
    return {
      ask: { method: 'POST', path: '/api/v1/auth/2fa/verify', body },
      isDone: opensSession,
      again: [...USED, 'invalid_challenge'],
    }
  },
}

/** The same routes in other ways: a recovery code in the place of a code, the step before. */
export const moreFactorFlows: Flows = {
  'the second step by recovery code': async () => {
    const ada = await userWithSecondFactor()
    const recovery_code = ada.recoveryCodes[0]
    const body = { challenge_token: await challengeOf(ada), recovery_code }
    return {
      ask: { method: 'POST', path: '/api/v1/auth/2fa/verify', body },
      isDone: opensSession,
      again: [...USED, 'invalid_challenge'],
    }
  },
  'the first step': async () => {
    const { email } = await userWithSecondFactor()
    return {
      ask: { method: 'POST', path: '/api/v1/auth/login', body: { email, password: PASSWORD } },
      isDone: async (body) => body?.requires_2fa === true,
    }
  },
}
