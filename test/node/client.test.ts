/** @gatehouse/client against the running service: the life of a user, and tokens that renew themselves. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createGatehouse,
  type Gatehouse,
  memoryTokens,
  type SessionEvent,
  type Tokens,
  type TokenStore,
} from '../../packages/client/src/index.ts'
import { codeAt } from '../support/totp.ts'
import { PASSWORD, type RunningService, startService } from './running-service.ts'

let service: RunningService
beforeAll(async () => {
  service = await startService()
}, 60_000)
afterAll(() => service.stop())

interface Watched {
  gatehouse: Gatehouse
  tokens: TokenStore
  events: SessionEvent[]
  /** Paths that were asked for, in order. */
  asked: string[]
}

/** A client whose requests and events are listed. */
function watched(tokens = memoryTokens()): Watched {
  const asked: string[] = []
  const events: SessionEvent[] = []
  const gatehouse = createGatehouse({
    baseUrl: service.base,
    tokens,
    fetch: (request) => {
      asked.push(new URL(request.url).pathname.replace('/api/v1', ''))
      return fetch(request)
    },
  })
  gatehouse.subscribe((event) => events.push(event))
  return { gatehouse, tokens, events, asked }
}

/** Signed in with a refresh token. */
async function signedIn(): Promise<Watched & { email: string }> {
  const email = await service.verifiedEmail()
  const client = watched()
  await client.gatehouse.signIn({ email, password: PASSWORD, remember: true })
  client.asked.splice(0)
  return { ...client, email }
}

const kept = async ({ tokens }: Pick<Watched, 'tokens'>): Promise<Tokens> => {
  const now = await tokens.get()
  if (!now) throw new Error('no tokens are kept')
  return now
}
/** The tokens as they are when their hour has passed. */
const expire = async (client: Watched, change: Partial<Tokens> = { expiresAt: 0 }) =>
  client.tokens.set({ ...(await kept(client)), ...change })

describe('the life of a user', () => {
  it('from sign-in over the profile and the second factor to sign-out', async () => {
    const email = await service.verifiedEmail()
    const { gatehouse, tokens, events } = watched()
    const first = await gatehouse.signIn({ email, password: PASSWORD })
    expect(first).toMatchObject({ status: 'signed_in', user: { email, roles: ['user'] } })

    const body = { bio: 'I write programs.', preferences: { theme: 'dark' } }
    const user = await gatehouse.patch('/api/v1/users/profile', { body })
    expect([user.bio, user.preferences]).toEqual(['I write programs.', { theme: 'dark' }])
    const may = await gatehouse.get('/api/v1/users/permissions/{name}', {
      params: { path: { name: 'read:own' } },
    })
    expect(may).toEqual({ allowed: true })

    const set = await gatehouse.post('/api/v1/users/2fa/setup', { body: { password: PASSWORD } })
    const code = await codeAt(set.secret, Date.now())
    const codes = await gatehouse.post('/api/v1/users/2fa/enable', { body: { code } })
    expect(codes.recovery_codes).toHaveLength(10)

    await gatehouse.signOut()
    expect(await tokens.get()).toBeNull()
    await expect(gatehouse.get('/api/v1/users/profile')).rejects.toMatchObject({
      outcome: 'unauthorised',
      code: 'invalid_access_token',
    })

    const second = await gatehouse.signIn({ email, password: PASSWORD, remember: true })
    if (second.status !== 'second_factor') throw new Error(second.status)
    expect(second.expiresIn).toBe(300)
    const [recoveryCode = ''] = codes.recovery_codes
    const third = await gatehouse.verifySecondFactor(second.challengeToken, { recoveryCode })
    expect(third.status).toBe('signed_in')
    expect((await tokens.get())?.refreshToken).toBeTruthy()
    expect(events.map(({ type }) => type)).toEqual(['signed_in', 'signed_out', 'signed_in'])
  })

  it('a session with a required action names it', async () => {
    const { gatehouse: root } = watched()
    const account = { email: 'root@example.com', password: PASSWORD, full_name: 'Grace Hopper' }
    const setUp = { ...account, token: service.setupToken }
    await root.post('/api/v1/setup', { body: setUp })
    await root.signIn(account)
    const ada = await signedIn()
    const { id } = await ada.gatehouse.get('/api/v1/users/profile')
    const params = { path: { id } }
    await root.post('/api/v1/admin/users/{id}/require-password-change', { params })

    const again = await ada.gatehouse.signIn({ email: ada.email, password: PASSWORD })
    expect(again).toMatchObject({ status: 'restricted', reason: 'password_expired' })
    await expect(ada.gatehouse.get('/api/v1/users/profile')).rejects.toMatchObject({
      outcome: 'refused',
      status: 403,
      code: 'password_expired',
    })
    const body = { current_password: PASSWORD, new_password: 'Staple-Battery-8' }
    await ada.gatehouse.post('/api/v1/users/change-password', { body })
    const unrestricted = await ada.gatehouse.signIn({
      email: ada.email,
      password: body.new_password,
    })
    expect(unrestricted.status).toBe('signed_in')

    const text = await root.get('/api/v1/admin/users/export', { parseAs: 'text' })
    expect(text).toContain('"email":"root@example.com"')
    const lines = '{"email":"new@example.com","full_name":"New"}\n{}\n'
    const report = await root.post('/api/v1/admin/import', { body: lines })
    expect([report.imported, report.errors[0]?.line]).toEqual([1, 2])
  })
})

describe('an access token that has expired', () => {
  it('is renewed before it is sent, and once however many calls need it', async () => {
    const client = await signedIn()
    const before = await kept(client)
    await expire(client)
    const calls = Array.from({ length: 20 }, () => client.gatehouse.get('/api/v1/users/profile'))
    for (const user of await Promise.all(calls)) expect(user.email).toBe(client.email)
    expect(client.asked.filter((path) => path === '/auth/refresh')).toHaveLength(1)
    expect(client.asked).toHaveLength(21)
    const after = await kept(client)
    expect(after.accessToken).not.toBe(before.accessToken)
    expect(after.refreshToken).not.toBe(before.refreshToken)
  })

  it('or was refused: the call is made again, with its body, behind one exchange', async () => {
    const client = await signedIn()
    await expire(client, { accessToken: 'a.b.c' })
    const changes = [1, 2, 3, 4].map((n) =>
      client.gatehouse.patch('/api/v1/users/profile', { body: { preferences: { [`k${n}`]: n } } }),
    )
    await Promise.all(changes)
    const { preferences } = await client.gatehouse.get('/api/v1/users/profile')
    expect(preferences).toEqual({ k1: 1, k2: 2, k3: 3, k4: 4 })
    expect(client.asked.filter((path) => path === '/auth/refresh')).toHaveLength(1)
  })

  it('is renewed by two clients with one store, and both go on', async () => {
    const client = await signedIn()
    const other = watched(client.tokens)
    await expire(client)
    await Promise.all([
      client.gatehouse.get('/api/v1/users/profile'),
      other.gatehouse.get('/api/v1/users/profile'),
    ])
    await client.gatehouse.get('/api/v1/users/profile')
    await other.gatehouse.get('/api/v1/users/profile')
    expect([...client.events, ...other.events].map(({ type }) => type)).toEqual(['signed_in'])
  })

  it('without a refresh token revokes the session', async () => {
    const client = await signedIn()
    await expire(client, { refreshToken: null, accessToken: 'a.b.c' })
    await expect(client.gatehouse.get('/api/v1/users/profile')).rejects.toMatchObject({
      outcome: 'unauthorised',
    })
    expect(await client.tokens.get()).toBeNull()
    expect(client.events.at(-1)).toEqual({ type: 'signed_out', reason: 'ended' })
  })
})

describe('a session that has ended elsewhere', () => {
  it('signs the client out, once, and every call that waits is told', async () => {
    const client = await signedIn()
    const elsewhere = watched()
    await elsewhere.gatehouse.signIn({ email: client.email, password: PASSWORD })
    await elsewhere.gatehouse.delete('/api/v1/users/sessions')
    const calls = [1, 2, 3].map(() => client.gatehouse.get('/api/v1/users/profile'))
    const ends = (await Promise.allSettled(calls)) as PromiseRejectedResult[]
    for (const { status, reason } of ends) {
      expect([status, reason.outcome]).toEqual(['rejected', 'unauthorised'])
      // A call whose 401 comes after the renewal of the others has failed finds no refresh token any more.
      expect(reason.code).toMatch(/^invalid_(refresh|access)_token$/)
    }
    expect(ends.map(({ reason }) => reason.code)).toContain('invalid_refresh_token')
    expect(client.events).toHaveLength(2)
    expect(client.events.at(-1)).toEqual({ type: 'signed_out', reason: 'ended' })
    expect(await client.tokens.get()).toBeNull()
  })

  it('can be signed out of all the same', async () => {
    const client = await signedIn()
    await expire(client, { accessToken: 'a.b.c', refreshToken: 'refresh.e30.x' })
    await client.gatehouse.signOut()
    expect(await client.tokens.get()).toBeNull()
  })
})

it('who signs out while a token is renewed stays signed out', async () => {
  const client = await signedIn()
  await expire(client)
  const call = client.gatehouse.get('/api/v1/users/profile').catch(() => null)
  await client.tokens.set(null)
  await call
  expect(await client.tokens.get()).toBeNull()
})
