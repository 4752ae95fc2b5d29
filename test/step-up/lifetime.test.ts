/** What a proof survives, and what never renews it. */
import { evictDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect, test, vi } from 'vitest'
import { post } from '../support/api'
import { MINUTE, pass, STEP_UP_MS, stopClock } from '../support/clock'
import { freshCode, ok, userWithSecondFactor } from '../support/second-factor'
import { PASSWORD, sessionOf, signIn, signedInUser } from '../support/users'
import { session } from '../support/users-by-api'
import { expectRefused, growStale, stepUp } from './people'

stopClock()

const refresh = async (refresh_token: string | null) =>
  sessionOf(ok(await post('/api/v1/auth/refresh', { refresh_token })).body)
const infoOf = async ({ token }: { token: string }) => ok(await session(token)).body.session

/** An action that asks for a proof. */
const act = (who: Pick<Awaited<ReturnType<typeof signedInUser>>, 'asks'>) =>
  who.asks('POST', '/users/2fa/setup', {})

test('a refresh changes nothing: neither strength, nor the times, nor the proof', async () => {
  const ada = await userWithSecondFactor({ remember_me: true })
  pass(MINUTE)
  ok(await stepUp(ada, { code: await freshCode(ada) }))
  const before = await infoOf(ada)
  expect(before).toMatchObject({ amr: ['pwd', 'otp', 'mfa'], strength: 2 })
  pass(MINUTE)
  const first = await refresh(ada.refreshToken)
  expect(await infoOf(first)).toEqual(before)
  growStale()
  const second = await refresh(first.refreshToken)
  expect(await infoOf(second)).toEqual({ ...before, step_up_until: null })
})

test('neither a refresh, nor another session, nor a restart of the object renews a proof', async () => {
  const ada = await signedInUser({ remember_me: true })
  growStale()
  expectRefused(await act(ada), ['password'])
  const refreshed = await refresh(ada.refreshToken)
  expectRefused(await act(refreshed), ['password'])
  const other = await signIn({ id: ada.id, email: ada.email, password: PASSWORD })
  ok(await act(other))
  ok(await stepUp(other, { password: PASSWORD }))
  expectRefused(await act(refreshed), ['password'])
  await evictDurableObject(env.USER_SESSIONS.getByName(ada.subject))
  expectRefused(await act(refreshed), ['password'])
})

test('a restart of the object keeps a proof that is recent', async () => {
  const ada = await signedInUser()
  growStale()
  ok(await stepUp(ada, { password: PASSWORD }))
  await evictDurableObject(env.USER_SESSIONS.getByName(ada.subject))
  ok(await act(ada))
})

test('a refused proof renews nothing', async () => {
  const ada = await signedInUser()
  growStale()
  await stepUp(ada, { password: 'Wrong-Horse-7' })
  expectRefused(await act(ada), ['password'])
})

test('a proof from a clock that was ahead counts no longer once the clock is set back', async () => {
  const ada = await signedInUser()
  const then = Date.now()
  vi.setSystemTime(then + 30 * MINUTE)
  ok(await stepUp(ada, { password: PASSWORD }))
  ok(await act(ada))
  vi.setSystemTime(then)
  expectRefused(await act(ada), ['password'])
  ok(await stepUp(ada, { password: PASSWORD }))
  ok(await act(ada))
  pass(STEP_UP_MS)
  expectRefused(await act(ada), ['password'])
})
