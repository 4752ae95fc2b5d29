/** Flows of trusted browsers. They need a clock that stands (stopClock). */
import { challengeOf, freshCode, userWithSecondFactor } from '../support/second-factor'
import { PASSWORD } from '../support/users'
import { listOf, userWithTrustedBrowser } from '../trusted-devices/devices'
import { type Flows, opensSession } from './flow'

const U = '/api/v1/users/trusted-devices'

export const trustedDeviceFlows: Flows = {
  [`PATCH ${U}/{id}`]: async () => {
    const ada = await userWithTrustedBrowser()
    const [device] = await listOf(ada)
    const path = `${U}/${device?.id}`
    return {
      ask: { method: 'PATCH', path, body: { name: 'Home' }, token: ada.token },
      isDone: async () => (await listOf(ada))[0]?.name === 'Home',
    }
  },
  [`DELETE ${U}/{id}`]: async () => {
    const ada = await userWithTrustedBrowser()
    const [device] = await listOf(ada)
    return {
      ask: { method: 'DELETE', path: `${U}/${device?.id}`, token: ada.token },
      isDone: async () => (await listOf(ada)).length === 0,
      again: ['not_found'],
    }
  },
  [`DELETE ${U}`]: async () => {
    const ada = await userWithTrustedBrowser()
    return {
      ask: { method: 'DELETE', path: U, token: ada.token },
      isDone: async () => (await listOf(ada)).length === 0,
    }
  },
}

/** Routes of other flows, with a trusted browser. */
export const moreTrustedDeviceFlows: Flows = {
  'the sign-in of a trusted browser': async () => {
    const { email, deviceToken } = await userWithTrustedBrowser()
    const body = { email, password: PASSWORD, device_token: deviceToken }
    return {
      ask: { method: 'POST', path: '/api/v1/auth/login', body },
      // A token whose answer was lost is used: the second step is asked for again.
      isDone: async (answer) => answer?.requires_2fa === true || opensSession(answer),
    }
  },
  'the second step that trusts a browser': async () => {
    const ada = await userWithSecondFactor()
    const challenge_token = await challengeOf(ada)
    const body = { challenge_token, code: await freshCode(ada), trust_device: true }
    return {
      ask: { method: 'POST', path: '/api/v1/auth/2fa/verify', body },
      isDone: opensSession,
      again: ['invalid_2fa_code', 'too_many_attempts', 'invalid_challenge'],
    }
  },
}
