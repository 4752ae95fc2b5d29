/** What the sign-in of a device costs in a warm isolate: D1 calls and calls of the user's object, exactly. */
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import worker from '../../src/index'
import { basic } from '../app-tokens/flow'
import { stopClock } from '../support/clock'
import { signedInUser } from '../support/users'
import { wrapEnv } from '../support/wrapped-env'
import { approveDevice, type Codes, DEVICE_GRANT, deviceApp } from './device-flow'

stopClock()

const calls: string[] = []
const watched = wrapEnv(env, ({ name }, go) => {
  calls.push(name)
  return go()
})
const cost = () =>
  ['DB.', 'USER_SESSIONS.', 'THROTTLE.'].map(
    (kind) => calls.filter((name) => name.startsWith(kind)).length,
  )

test('one row, one transaction a poll, and the code as any other', async () => {
  const app = await deviceApp({ kind: 'web' })
  const ask = async (path: string, fields: Record<string, string>) => {
    calls.length = 0
    const ctx = createExecutionContext()
    const request = new Request(`http://localhost:8787${path}`, {
      method: 'POST',
      headers: {
        'cf-connecting-ip': '192.0.2.1',
        'content-type': 'application/x-www-form-urlencoded',
        authorization: basic(app.clientId, app.secret ?? ''),
      },
      body: new URLSearchParams(fields).toString(),
    })
    const response = await worker.fetch(request as never, watched, ctx)
    const body: any = await response.json()
    await waitOnExecutionContext(ctx)
    return body
  }
  const poll = (codes: Codes) =>
    ask('/oauth/token', { grant_type: DEVICE_GRANT, device_code: codes.device_code })
  // Warms the isolate: apps, roles, signing keys.
  const first = await ask('/oauth/device', { scope: 'openid' })
  await approveDevice(await signedInUser(), first)
  await poll(first)

  const codes = await ask('/oauth/device', { scope: 'openid' })
  expect(cost()).toEqual([1, 0, 1])
  await poll(codes)
  expect(cost()).toEqual([1, 0, 0])
  await approveDevice(await signedInUser(), codes)
  // The claim, and the row that goes.
  expect(await poll(codes)).toHaveProperty('access_token')
  expect(cost()).toEqual([2, 1, 0])
})
