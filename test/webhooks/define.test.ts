/** Endpoints by the API: who may make them, what is refused, and that a secret is seen once. */
import { env as realEnv } from 'cloudflare:workers'
import { describe, expect, it, test } from 'vitest'
import { outboxHandlers } from '../../src/background/outbox-handlers'
import { EVENT_NAMES } from '../../src/event-traits'
import { countKeys } from '../../src/jobs/count-keys'
import { reEncrypt } from '../../src/jobs/re-encrypt'
import { sweepOutbox } from '../../src/outbox/sweep'
import { rowsOf } from '../db/rows'
import { get } from '../support/api'
import { depsFor } from '../support/deps'
import { signedInUser, staff } from '../support/users'
import {
  ask,
  changeProfile,
  clerk,
  endpoint,
  makeDue,
  PATH,
  sweep,
  verified,
  withClerk,
} from './desk'

withClerk()

const url = 'https://hooks.example.com/gatehouse'
const NEW_KEY = 'next:nLxYp3mWq8sD5vTz1RkGh7cJb2aUe9fXi4oV6wN0yQE'
const issuesOf = ({ body }: { body: any }) =>
  (body.errors ?? []).map(({ path, code }: any) => `${path} ${code}`)

describe('an endpoint', () => {
  it('is made, and its secret is told this once', async () => {
    const made = await ask('POST', '', {
      url,
      events: ['user.erased', 'user.erased'],
      description: 'CRM',
    })
    expect(made.status).toBe(201)
    expect(made.headers.get('cache-control')).toBe('no-store')
    const { secret, ...webhook } = made.body
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    expect(webhook).toEqual({
      id: expect.stringMatching(/^[\w-]{22}$/),
      url,
      description: 'CRM',
      events: ['user.erased'],
      enabled: true,
      disabled_at: null,
      disabled_reason: null,
      failing_since: null,
      previous_secret_until: null,
      created_by: clerk.id,
      created_at: expect.any(String),
    })
    expect((await ask('GET', `/${webhook.id}`)).body).toEqual(webhook)
    expect((await ask('GET')).body).toEqual({ items: [webhook] })
    const stored = JSON.stringify(await rowsOf('SELECT * FROM webhooks, audit_log'))
    expect(stored).not.toContain(secret.slice(6, 40))
  })

  it('is stored as it will be called', async () => {
    const { body } = await ask('POST', '', { url: 'HTTPS://Hooks.Example.com:443', events: null })
    expect(body.url).toBe('https://hooks.example.com/')
    expect(body.events).toBeNull()
  })

  it('is changed field by field, and what is recorded names its host and no path', async () => {
    const { body } = await ask('POST', '', { url, events: ['user.erased'] })
    const changed = await ask('PATCH', `/${body.id}`, {
      url: 'https://other.example.com/token-1234',
      description: 'New',
      events: null,
      enabled: false,
    })
    expect(changed.body).toMatchObject({
      url: 'https://other.example.com/token-1234',
      description: 'New',
      events: null,
      enabled: false,
      disabled_reason: 'by_admin',
    })
    const { disabled_at } = changed.body
    expect((await ask('PATCH', `/${body.id}`, { enabled: false })).body.disabled_at).toBe(
      disabled_at,
    )
    expect((await ask('PATCH', `/${body.id}`, {})).status).toBe(200)
    const events = await rowsOf(
      "SELECT event, data FROM audit_log WHERE event LIKE 'webhook.%' AND instr(data, ?) ORDER BY id",
      body.id,
    )
    expect(events).toHaveLength(3)
    expect(JSON.parse(String(events[1]?.['data']))).toEqual({
      webhook_id: body.id,
      host: 'other.example.com',
      fields: ['url', 'description', 'events', 'enabled'],
    })
    expect(JSON.stringify(events)).not.toContain('token-1234')
  })

  it('is deleted with its log and its pending deliveries', async () => {
    const hook = await endpoint('ok')
    await changeProfile()
    expect((await ask('DELETE', `/${hook.id}`)).status).toBe(204)
    const left = await rowsOf(
      "SELECT 1 FROM webhook_deliveries UNION ALL SELECT 1 FROM outbox WHERE kind = 'webhook'",
    )
    expect(left).toEqual([])
    for (const [method, path] of [
      ['GET', ''],
      ['PATCH', ''],
      ['DELETE', ''],
      ['POST', '/rotate-secret'],
      ['POST', '/test'],
      ['GET', '/deliveries'],
      ['POST', '/deliveries/x/redeliver'],
    ] as const) {
      const body = method === 'PATCH' ? { description: 'x' } : undefined
      expect((await ask(method, `/${hook.id}${path}`, body)).status, `${method} ${path}`).toBe(404)
    }
  })

  test('is one of twenty, not by many at once either', async () => {
    const told: unknown[] = []
    // As many at a time as may prove their password at once.
    for (let n = 0; n < 3; n++) {
      const replies = await Promise.all(
        Array.from({ length: 8 }, () => ask('POST', '', { url, events: null })),
      )
      told.push(...replies.map(({ status, body }) => body.code ?? status))
    }
    expect(told.filter((each) => each === 201)).toHaveLength(20)
    expect(told.filter((each) => each === 'limit_reached')).toHaveLength(4)
  })
})

describe('refused', () => {
  it('is every field at once, by name', async () => {
    const reply = await ask('POST', '', { url: 'http://10.0.0.1', events: ['user.flown'], x: 1 })
    expect(reply.status).toBe(422)
    expect(issuesOf(reply).sort()).toEqual([
      'events.0 invalid_value',
      'url not_https',
      'x unknown_field',
    ])
    expect(issuesOf(await ask('POST', '', {}))).toEqual(['url required', 'events required'])
    expect(issuesOf(await ask('POST', '', { url, events: [] }))).toEqual(['events too_small'])
    expect(issuesOf(await ask('POST', '', { url: 7, events: null }))).toEqual(['url invalid_type'])
  })

  it('is a URL that may not be called, also as a change', async () => {
    const { body } = await ask('POST', '', { url, events: null })
    for (const [refused, code] of [
      ['https://169.254.169.254/', 'ip_address'],
      ['https://hooks.example.com:8443/', 'wrong_port'],
      ['https://internal/', 'not_public'],
      ['http://localhost:8787/', 'own_host'],
    ]) {
      expect(issuesOf(await ask('PATCH', `/${body.id}`, { url: refused }))).toEqual([`url ${code}`])
    }
  })

  it('is a test as a choice: it goes to whoever is tested', async () => {
    expect(issuesOf(await ask('POST', '', { url, events: ['webhook.test'] }))).toEqual([
      'events.0 invalid_value',
    ])
  })

  it('is everybody without admin:system', async () => {
    for (const role of ['user', 'moderator', 'staff-users']) {
      const { token } = await staff(role)
      expect((await ask('GET', '', undefined, token)).status, role).toBe(403)
      expect((await ask('POST', '', { url, events: null }, token)).status, role).toBe(403)
    }
  })
})

test('the document lists every event that can be chosen', async () => {
  const { body } = await get('/openapi.json')
  const { schema } = body.paths[PATH].post.requestBody.content['application/json']
  const choices = JSON.stringify(schema).match(/(?<=")[a-z_]+\.[a-z_]+(?=")/g) ?? []
  expect([...new Set(choices), 'webhook.test'].sort()).toEqual(EVENT_NAMES.toSorted())
})

describe('a new secret', () => {
  it('signs beside the old one for 24 hours, and then alone', async () => {
    const hook = await endpoint('ok')
    const { status, body } = await ask('POST', `/${hook.id}/rotate-secret`)
    expect(status).toBe(200)
    expect(Date.parse(body.previous_secret_until) - Date.now()).toBeGreaterThan(86_390_000)
    await changeProfile()
    await sweep()
    const rotated = { ...hook, secret: body.secret }
    expect(await verified(hook)).toEqual(await verified(rotated))
    await rowsOf('UPDATE webhooks SET previous_secret_until = ?', Date.now() - 1)
    await changeProfile()
    await makeDue()
    await sweep()
    expect(await verified(rotated)).toHaveLength(2)
    await expect(verified(hook)).rejects.toThrow('No matching signature')
  })

  it('is made for one of two who ask at the same time', async () => {
    const hook = await endpoint('ok')
    const replies = await Promise.all([1, 2].map(() => ask('POST', `/${hook.id}/rotate-secret`)))
    const won = replies.filter(({ status }) => status === 200)
    expect(
      replies.every(({ status, body }) => status === 200 || body.code === 'changed_meanwhile'),
    ).toBe(true)
    await changeProfile()
    await sweep()
    // Whoever was told a secret last has the one that signs.
    expect(await verified({ ...hook, secret: won.at(-1)?.body.secret })).toHaveLength(1)
  })
})

test('both secrets move over to a new data key, and go on signing', async () => {
  const hook = await endpoint('ok')
  const { body } = await ask('POST', `/${hook.id}/rotate-secret`)
  const env = { ...realEnv, DATA_KEYS: `${NEW_KEY},${String(realEnv.DATA_KEYS)}` } as Env
  const deps = depsFor({ env })
  expect((await countKeys(deps))['webhooks:test1']).toBe(2)
  expect((await reEncrypt(deps)).unreadable).toBe(0)
  expect(await countKeys(deps)).toMatchObject({ 'webhooks:next': 2 })
  await changeProfile()
  const alone = depsFor({ env: { ...env, DATA_KEYS: NEW_KEY } as Env })
  await sweepOutbox(alone, outboxHandlers, 'webhooks')
  for (const secret of [hook.secret, body.secret]) {
    expect(await verified({ ...hook, secret })).toHaveLength(1)
  }
})

test('a test is told to the endpoint that is tested, a disabled one too, and to no other', async () => {
  const [tested, other] = [await endpoint('ok', ['user.erased']), await endpoint('ok', null)]
  await ask('PATCH', `/${tested.id}`, { enabled: false })
  expect((await ask('POST', `/${tested.id}/test`)).status).toBe(202)
  await sweep()
  expect(await verified(tested)).toMatchObject([
    { type: 'webhook.test', data: { actor_id: clerk.id, details: { webhook_id: tested.id } } },
  ])
  expect((await verified(other)).map(({ type }) => type)).not.toContain('webhook.test')
})

test('who made an endpoint may be erased: it stays, and names nobody', async () => {
  const maker = await signedInUser()
  const { body } = await ask('POST', '', { url, events: null })
  await rowsOf('UPDATE webhooks SET created_by = ?', maker.id)
  await rowsOf('DELETE FROM users WHERE id = ?', maker.id)
  expect((await ask('GET', `/${body.id}`)).body.created_by).toBeNull()
})
