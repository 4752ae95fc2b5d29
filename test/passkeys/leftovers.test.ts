/** What passkeys and trusted browsers leave in the user's object goes when it has expired. */
import { runDurableObjectAlarm } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import { userWithBoth } from '../faults/passkey-flows'
import { DAY, MINUTE, pass, stopClock } from '../support/clock'
import { signInByPasskey } from '../support/passkeys'
import { ok } from '../support/second-factor'
import { inObject, trustBrowser } from '../trusted-devices/devices'

stopClock()

test('spent challenges and trust are deleted by the alarm, and passkeys are not', async () => {
  const ada = await userWithBoth()
  ok(await signInByPasskey(ada.authenticator))
  await trustBrowser(ada)
  const left = () =>
    inObject(ada.subject, (sql) =>
      ['spent_challenges', 'trusted_devices', 'passkeys'].map((table) =>
        Number(sql.exec(`SELECT count(*) AS n FROM ${table}`).one()['n']),
      ),
    )
  expect(await left()).toEqual([1, 1, 1])
  pass(6 * MINUTE)
  await runDurableObjectAlarm(env.USER_SESSIONS.getByName(ada.subject))
  expect(await left()).toEqual([0, 1, 1])
  pass(31 * DAY)
  await runDurableObjectAlarm(env.USER_SESSIONS.getByName(ada.subject))
  expect(await left()).toEqual([0, 0, 1])
})
