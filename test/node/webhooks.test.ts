/**
 * Webhooks from the bundle as `wrangler dev` runs it, to a receiver on another socket: queues and crons are
 * the real ones, and what arrives is verified by a reading of the specification with node:crypto alone.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestHarness } from 'wrangler'
import { webhookReceiver } from './webhook-receiver.ts'

const SETUP_TOKEN = randomBytes(16).toString('hex')
const secret = () => `k1:${randomBytes(32).toString('base64url')}`
const server = createTestHarness({
  root: process.cwd(),
  workers: [
    {
      configPath: './wrangler.toml',
      vars: { PUBLIC_URL: 'http://localhost:8787', PASSWORD_HASH_ROUNDS: '1' },
      secrets: { TOKEN_KEYS: secret(), DATA_KEYS: secret(), SETUP_TOKEN },
    },
  ],
})
const receiver = webhookReceiver()

let url: URL
let receiverUrl: string
let token = ''
beforeAll(async () => {
  ;({ url } = await server.listen())
  await server.getWorker().applyD1Migrations('DB')
  receiver.listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  receiverUrl = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`
  const account = { email: 'root@example.com', password: 'Correct-Horse-7', full_name: 'Root' }
  expect((await ask('POST', '/setup', { token: SETUP_TOKEN, ...account })).status).toBe(201)
  const credentials = { username: account.email, password: account.password }
  token = (await ask('POST', '/auth/login', credentials)).body.access_token
}, 60_000)
afterAll(async () => {
  receiver.closeAllConnections()
  receiver.close()
  await server.close()
})

/** `body` is read as what the test is about to assert. */
async function ask(
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: any }> {
  const response = await fetch(new URL(`/api/v1${path}`, url), {
    method,
    headers: {
      'content-type': 'application/json',
      ...(token && { authorization: `Bearer ${token}` }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) }
}

interface Arrived {
  headers: Record<string, string>
  body: string
}
const arrived = async (key: string): Promise<Arrived[]> =>
  (await fetch(`${receiverUrl}/received/${key}`)).json() as Promise<Arrived[]>

/** What came under a key, once so many have come; each verified. */
async function verified(key: string, secret: string, wanted: number) {
  for (let tries = 0; tries < 100 && (await arrived(key)).length < wanted; tries++) await pause(100)
  return (await arrived(key)).map(({ headers, body }) => {
    const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signatures } = headers
    const bytes = Buffer.from(secret.slice('whsec_'.length), 'base64')
    const mac = createHmac('sha256', bytes).update(`${id}.${at}.${body}`).digest()
    const isSigned = (signatures ?? '').split(' ').some((each) => {
      const given = Buffer.from(each.replace(/^v1,/, ''), 'base64')
      return given.length === mac.length && timingSafeEqual(given, mac)
    })
    expect(isSigned, signatures).toBe(true)
    expect(Math.abs(Date.now() / 1000 - Number(at))).toBeLessThan(60)
    return { id, ...JSON.parse(body) }
  })
}
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

async function endpoint(behaviour: string, key: string, events: string[]) {
  const { status, body } = await ask('POST', '/admin/webhooks', {
    url: `${receiverUrl}/${behaviour}/${key}`,
    events,
    password: 'Correct-Horse-7',
  })
  expect(status, JSON.stringify(body)).toBe(201)
  return body
}

it('a change arrives within seconds, by the queue alone', async () => {
  const hook = await endpoint('ok', 'change', ['user.profile_updated'])
  const began = Date.now()
  await ask('PUT', '/users/profile', { bio: 'x' })
  const told = await verified('change', hook.secret, 1)
  expect(told).toMatchObject([
    { type: 'user.profile_updated', data: { details: { fields: ['bio'] } } },
  ])
  expect(Date.now() - began).toBeLessThan(8000)
  const { body } = await ask('GET', `/admin/webhooks/${hook.id}/deliveries`)
  expect(body.items).toMatchObject([{ id: told[0].id, state: 'delivered', attempts: 1 }])
}, 20_000)

it('an event of the events queue is delivered too', async () => {
  const hook = await endpoint('ok', 'queued', ['auth.signed_in'])
  await ask('POST', '/auth/login', { username: 'root@example.com', password: 'Correct-Horse-7' })
  expect(await verified('queued', hook.secret, 1)).toMatchObject([{ type: 'auth.signed_in' }])
}, 20_000)

it('a receiver that fails is asked again after five seconds, without waiting for the cron', async () => {
  const hook = await endpoint('fail-twice', 'fails', ['webhook.disabled'])
  await ask('POST', `/admin/webhooks/${hook.id}/test`)
  const told = await verified('fails', hook.secret, 2)
  expect(told).toHaveLength(2)
  expect(told[0]).toEqual(told[1])
  const { body } = await ask('GET', `/admin/webhooks/${hook.id}/deliveries`)
  expect(body.items).toMatchObject([{ state: 'pending', attempts: 2, last_status: 500 }])
  expect(Date.parse(body.items[0].next_attempt_at) - Date.now()).toBeGreaterThan(200_000)
}, 30_000)

it('one that hangs holds up neither another one nor an answer', async () => {
  const slow = await endpoint('hang', 'hangs', ['user.profile_updated'])
  const quick = await endpoint('ok', 'quick', ['user.profile_updated'])
  const began = Date.now()
  expect((await ask('PUT', '/users/profile', { bio: 'y' })).status).toBe(200)
  expect(Date.now() - began).toBeLessThan(3000)
  expect(await verified('quick', quick.secret, 1)).toHaveLength(1)
  expect(Date.now() - began).toBeLessThan(9000)
  await pause(Math.max(0, began + 13_000 - Date.now()))
  const { body } = await ask('GET', `/admin/webhooks/${slow.id}/deliveries`)
  expect(body.items).toMatchObject([{ state: 'pending', last_error: 'timeout' }])
}, 40_000)
