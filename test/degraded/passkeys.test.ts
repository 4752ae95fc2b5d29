/** Passkeys while the user's object is down: nobody gets in, and the same response works afterwards. */
import { beforeEach, expect, test } from 'vitest'
import { userWithBoth } from '../faults/passkey-flows'
import { passkeyProof } from '../step-up/people'
import { MINUTE, pass, stopClock } from '../support/clock'
import { assertion, secondStep, userWithPasskey } from '../support/passkeys'
import { challengeOf } from '../support/second-factor'
import { consoleLines } from '../support/worker'
import { all, type Ask, Breakdown, expectUnavailable, type FAULTS } from './breakdown'

stopClock()
beforeEach(() => void consoleLines())

const ASKS: Record<string, () => Promise<Ask>> = {
  'a sign-in': async () => ({
    method: 'POST',
    path: '/api/v1/auth/passkey/verify',
    body: await assertion((await userWithPasskey()).authenticator),
  }),
  'a second step': async () => {
    const ada = await userWithBoth()
    return {
      method: 'POST',
      path: '/api/v1/auth/2fa/verify',
      body: await secondStep(await challengeOf(ada), ada.authenticator),
    }
  },
  'a step-up': async () => {
    const ada = await userWithPasskey()
    pass(MINUTE)
    const body = await passkeyProof(ada)
    return { method: 'POST', path: '/api/v1/auth/step-up', body, token: ada.token }
  },
}

test.each(
  Object.entries(ASKS).flatMap(([name, ask]) =>
    (['object lost', 'object overloaded'] as const).map(
      (way): [string, keyof typeof FAULTS, () => Promise<Ask>] => [name, way, ask],
    ),
  ),
)('%s spends no challenge (%s)', async (_, way, make) => {
  const ask = await make()
  const isolate = new Breakdown()
  isolate.fails = all('USER_SESSIONS', way)
  expectUnavailable(await isolate.ask(ask), way)
  expectUnavailable(await isolate.ask(ask), way)
  isolate.fails = () => undefined
  expect((await isolate.ask(ask)).status).toBe(200)
  // And only once.
  expect((await isolate.ask(ask)).status).toBeGreaterThanOrEqual(400)
})
