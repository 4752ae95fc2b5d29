/** @gatehouse/client when somebody else signs in, to the same store, while a call is under way. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  createGatehouse,
  type Gatehouse,
  memoryTokens,
  type SessionEvent,
  type Tokens,
  type TokenStore,
} from '../../packages/client/src/index.ts'
import { PASSWORD, type RunningService, startService } from './running-service.ts'

let service: RunningService
let ada: string
let grace: string
beforeAll(async () => {
  service = await startService()
  ada = await service.verifiedEmail()
  grace = await service.verifiedEmail()
}, 60_000)
afterAll(() => service.stop())

interface Client {
  gatehouse: Gatehouse
  tokens: TokenStore
  events: SessionEvent[]
}

async function signedIn(email: string, send = fetch as (request: Request) => Promise<Response>) {
  const client = { tokens: memoryTokens(), events: [] as SessionEvent[] }
  const gatehouse = createGatehouse({ baseUrl: service.base, tokens: client.tokens, fetch: send })
  await gatehouse.signIn({ email, password: PASSWORD, remember: true })
  gatehouse.subscribe((event) => client.events.push(event))
  return { ...client, gatehouse }
}

/** Ada's client; when it is next answered by `path`, somebody has signed in to its store before. */
async function overtaken(path: string, by = grace): Promise<Client & { newer: () => Tokens }> {
  let newer: Tokens | null = null
  let isDue = false
  const client: Client = await signedIn(ada, async (request) => {
    const response = await fetch(request)
    if (!isDue || !request.url.endsWith(path)) return response
    isDue = false
    newer = await (await signedIn(by)).tokens.get()
    await client.tokens.set(newer)
    return response
  })
  isDue = true
  const told = () => {
    if (!newer) throw new Error(`${path} was not asked for`)
    return newer
  }
  return { ...client, newer: told }
}

/** As they are when their hour has passed. */
async function expire({ tokens }: Client): Promise<void> {
  const kept = await tokens.get()
  if (kept) await tokens.set({ ...kept, expiresAt: 0 })
}

async function revokeAllOf(email: string): Promise<void> {
  const { gatehouse } = await signedIn(email)
  await gatehouse.delete('/api/v1/users/sessions')
}

const whoIs = async ({ gatehouse }: Client) => gatehouse.get('/api/v1/users/profile')

it('a call that is refused is not made again in the name of whoever signed in meanwhile', async () => {
  const client = await overtaken('/profile')
  await revokeAllOf(ada)
  const call = client.gatehouse.patch('/api/v1/users/profile', { body: { bio: 'I am Ada.' } })
  await expect(call).rejects.toMatchObject({ outcome: 'unauthorised' })
  expect(await client.tokens.get()).toEqual(client.newer())
  const { email, bio } = await whoIs(client)
  expect([email, bio]).toEqual([grace, null])
})

it('a call that waits for a renewal is not sent with the token of whoever signed in meanwhile', async () => {
  const client = await overtaken('/refresh')
  await expire(client)
  expect((await whoIs(client)).email).toBe(ada)
  expect((await whoIs(client)).email).toBe(grace)
})

it.each([
  ['somebody else', () => grace],
  ['the same person', () => ada],
])('a sign-out revokes its own session, not the one that %s began meanwhile', async (_, by) => {
  const client = await overtaken('/logout', by())
  const left = await signedIn(ada)
  await left.tokens.set(await client.tokens.get())
  await client.gatehouse.signOut()
  expect(await client.tokens.get()).toEqual(client.newer())
  expect((await whoIs(client)).email).toBe(by())
  expect(client.events).toEqual([])
  await expect(whoIs(left)).rejects.toMatchObject({ outcome: 'unauthorised' })
})

it('a sign-out whose session has ended before takes no other along', async () => {
  const client = await overtaken('/logout')
  await revokeAllOf(ada)
  await client.gatehouse.signOut()
  expect((await whoIs(client)).email).toBe(grace)
  expect(client.events).toEqual([])
})

it('a sign-out for which the token has to be renewed is one', async () => {
  const client = await signedIn(ada)
  await expire(client)
  await client.gatehouse.signOut()
  expect(await client.tokens.get()).toBeNull()
  expect(client.events).toEqual([{ type: 'signed_out', reason: 'requested' }])
})
