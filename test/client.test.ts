/** @gatehouse/client inside a Worker, with the fetch of a binding in place of the network's. */
import { exports } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import { createGatehouse, memoryTokens } from '../packages/client/src/index.ts'
import { freshIp } from './support/api'
import { makeUser, PASSWORD } from './support/users'

test('signs in, renews its token once for parallel calls, and signs out', async () => {
  const { email } = await makeUser()
  const asked: string[] = []
  const tokens = memoryTokens()
  const gatehouse = createGatehouse({
    baseUrl: 'http://localhost:8787',
    tokens,
    fetch: (request) => {
      asked.push(new URL(request.url).pathname)
      request.headers.set('cf-connecting-ip', freshIp())
      return exports.default.fetch(request)
    },
  })
  const result = await gatehouse.signIn({ email, password: PASSWORD, remember: true })
  expect(result.status).toBe('signed_in')
  const kept = await tokens.get()
  if (kept) await tokens.set({ ...kept, accessToken: 'a.b.c' })
  const calls = [1, 2, 3].map((n) =>
    gatehouse.patch('/api/v1/users/profile', { body: { preferences: { [`k${n}`]: n } } }),
  )
  await Promise.all(calls)
  const user = await gatehouse.get('/api/v1/users/profile')
  expect(user.preferences).toEqual({ k1: 1, k2: 2, k3: 3 })
  expect(asked.filter((path) => path === '/api/v1/auth/refresh')).toHaveLength(1)
  await gatehouse.signOut()
  expect(await tokens.get()).toBeNull()
})

test('a binding that does not answer has timed out, one that throws is unreachable', async () => {
  const by = (fetch: (request: Request) => Promise<Response>) =>
    createGatehouse({ baseUrl: 'http://localhost:8787', timeoutMs: 50, fetch }).get('/healthz')
  const hangs = () => new Promise<Response>(() => undefined)
  await expect(by(hangs)).rejects.toMatchObject({ outcome: 'timed_out' })
  const throws = () => Promise.reject(new Error('Network connection lost.'))
  await expect(by(throws)).rejects.toMatchObject({ outcome: 'unreachable' })
})
