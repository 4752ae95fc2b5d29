import { evictDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { post } from '../support/api'
import { signedInUser } from '../support/users'
import { session } from '../support/users-by-api'

const refresh = (token: string | null) => post('/api/v1/auth/refresh', { refresh_token: token })
const objectOf = (sid: string) => env.USER_SESSIONS.getByName(sid.slice(0, 22))

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
})
afterEach(() => {
  vi.useRealTimers()
})
const pass = (ms: number) => vi.setSystemTime(Date.now() + ms)

test('twenty parallel refreshes of one token get one and the same successor', async () => {
  const ada = await signedInUser({ remember_me: true })
  const replies = await Promise.all(Array.from({ length: 20 }, () => refresh(ada.refreshToken)))
  expect(new Set(replies.map((reply) => reply.status))).toEqual(new Set([200]))
  expect(new Set(replies.map((reply) => reply.body.refresh_token)).size).toBe(1)
  expect(replies[0]?.body.refresh_token).not.toBe(ada.refreshToken)
})

test('the chain goes on, and reuse of an old link revokes the session, also after eviction', async () => {
  const ada = await signedInUser({ remember_me: true })
  const first = await refresh(ada.refreshToken)
  const second = await refresh(first.body.refresh_token)
  expect(second.status).toBe(200)
  await evictDurableObject(objectOf(ada.sessionId))
  const third = await refresh(second.body.refresh_token)
  expect(third.status).toBe(200)
  await evictDurableObject(objectOf(ada.sessionId))

  const reused = await refresh(first.body.refresh_token)
  expect([reused.status, reused.body.code]).toEqual([401, 'invalid_refresh_token'])
  expect((await session(third.body.access_token)).status).toBe(401)
  expect((await refresh(third.body.refresh_token)).status).toBe(401)
})

test('the predecessor is good for the grace period, and reuse one millisecond later', async () => {
  const ada = await signedInUser({ remember_me: true })
  const first = await refresh(ada.refreshToken)
  pass(60_000)
  const again = await refresh(ada.refreshToken)
  expect(again.body.refresh_token).toBe(first.body.refresh_token)
  pass(1)
  expect((await refresh(ada.refreshToken)).status).toBe(401)
  expect((await session(first.body.access_token)).status).toBe(401)
})

test('once the successor was presented the predecessor is reuse, however early', async () => {
  const ada = await signedInUser({ remember_me: true })
  const first = await refresh(ada.refreshToken)
  await refresh(first.body.refresh_token)
  expect((await refresh(ada.refreshToken)).status).toBe(401)
  expect((await refresh(first.body.refresh_token)).status).toBe(401)
})

test('refresh never extends the session', async () => {
  const ada = await signedInUser({ remember_me: true })
  const before = (await session(ada.token)).body.session.expires_at
  pass(29 * 86_400_000)
  const refreshed = await refresh(ada.refreshToken)
  expect(refreshed.status).toBe(200)
  expect((await session(refreshed.body.access_token)).body.session.expires_at).toBe(before)
  pass(86_400_000)
  expect((await refresh(refreshed.body.refresh_token)).status).toBe(401)
})

test('an access token never outlives its session', async () => {
  const ada = await signedInUser({ remember_me: true })
  pass(30 * 86_400_000 - 90_000)
  const refreshed = await refresh(ada.refreshToken)
  expect(refreshed.body.expires_in).toBe(90)
})

test('there is no refresh token without remember_me', async () => {
  const ada = await signedInUser()
  expect(ada.refreshToken).toBeNull()
})
