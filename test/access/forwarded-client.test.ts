/** A server with a key of `forward:client` names the client of its requests. Nobody else is believed. */
import { env } from 'cloudflare:workers'
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { routes } from '../../src/app'
import { randomId } from '../../src/crypto/encoding'
import { takesForwardedClient } from '../../src/http/forwarding-headers'
import { isPublicAddress } from '../../src/throttle/public-address'
import { rowsOf } from '../db/rows'
import { call, freshIp, get, type Reply, said } from '../support/api'
import { type Key, makeKey } from '../support/api-keys'
import { freshEmail, makeUser, PASSWORD, type SignedInUser, staff } from '../support/users'
import { consoleLines, fetchWith } from '../support/worker'
import { recordingEnv } from '../support/wrapped-env'

const SERVER = freshIp()
const PHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1'
const LOGIN = '/api/v1/auth/login'

let root: SignedInUser
let key: Key
beforeAll(async () => {
  root = await staff('admin')
  key = await makeKey(root, ['forward:client'])
})

// The runtime's limiter counts by the real clock's minute, which no test can set.
beforeEach(async () => {
  const left = 60_000 - (Date.now() % 60_000)
  if (left < 6_000) await new Promise((resolve) => setTimeout(resolve, left + 50))
})

const named = (ip: string, more: Record<string, string> = {}) => ({
  'gatehouse-api-key': key.token,
  'gatehouse-client-ip': ip,
  ...more,
})
const signIn = (username: string, headers: Record<string, string>, password = PASSWORD) =>
  call('POST', LOGIN, { username, password }, { ip: SERVER, headers })

interface Logged {
  event: string
  ip: string | null
  country: string | null
  user_agent: string | null
  forwarded_by: string | null
}
/** The newest row of an event about a user, once it is there. */
const loggedAbout = (userId: number, event: string) =>
  vi.waitUntil(
    async () =>
      (
        await rowsOf<Logged>(
          `SELECT event, ip, country, user_agent, forwarded_by FROM audit_log
           WHERE target_id = ? AND event = ? ORDER BY id DESC LIMIT 1`,
          userId,
          event,
        )
      )[0],
    { timeout: 8000, interval: 20 },
  )

describe('the named client', () => {
  test('is the one of the session and of the log, which names the key', async () => {
    const ada = await makeUser()
    const ip = '198.51.100.23'
    const { body } = await signIn(
      ada.email,
      named(ip, { 'gatehouse-client-user-agent': PHONE, 'gatehouse-client-country': 'pt' }),
    )
    const device = { ip, country: 'PT', user_agent: PHONE }
    const { body: mine } = await get('/api/v1/users/sessions', { token: body.access_token })
    expect(mine.items).toMatchObject([device])
    const row = { ...device, forwarded_by: key.id }
    expect(await loggedAbout(ada.id, 'auth.signed_in')).toMatchObject(row)
    // An event of D1, and not of the user's object.
    const change = { token: body.access_token, ip: SERVER, headers: named(ip) }
    await call('PUT', '/api/v1/users/profile', { bio: 'x' }, change)
    expect(await loggedAbout(ada.id, 'user.profile_updated')).toEqual({
      event: 'user.profile_updated',
      ip,
      country: null,
      user_agent: null,
      forwarded_by: key.id,
    })
    const events = await root.asks('GET', `/admin/audit?target_id=${ada.id}`)
    expect(events.body.items.map((each: any) => each.forwarded_by)).toContain(key.id)
  })

  test('is the one of a failed sign-in', async () => {
    const ip = '198.51.100.24'
    await signIn(freshEmail(), named(ip))
    const row = () =>
      rowsOf<Logged>("SELECT * FROM audit_log WHERE event = 'auth.sign_in_failed' AND ip = ?", ip)
    await vi.waitUntil(async () => (await row()).length > 0, { timeout: 8000, interval: 20 })
    expect(await row()).toMatchObject([{ forwarded_by: key.id, user_agent: null }])
  })

  test('has no user agent rather than that of the server', async () => {
    const bob = await makeUser()
    const headers = { ...named('198.51.100.25'), 'user-agent': 'node' }
    const { body } = await signIn(bob.email, headers)
    const { body: mine } = await get('/api/v1/users/sessions', { token: body.access_token })
    expect(mine.items).toMatchObject([{ ip: '198.51.100.25', user_agent: null, country: null }])
  })

  test('the log keeps who named it', async () => {
    const change = env.DB.prepare('UPDATE audit_log SET forwarded_by = NULL WHERE forwarded_by = ?')
    await expect(change.bind(key.id).run()).rejects.toThrow('append-only')
  })

  test('a line of the log names the key and no address', async () => {
    const lines = consoleLines()
    await fetchWith({ LOG_REQUESTS: 'true' }, '/api/v1/auth/password-policy', {
      headers: named('198.51.100.26'),
    })
    const line = lines.find((each) => each.includes('"event":"request"'))
    expect(line).toContain(`"forwarded_by":"${key.id}"`)
    expect(lines.join('\n')).not.toContain('198.51.100.26')
  })
})

describe('limits', () => {
  const register = (headers: Record<string, string>, ip: string) =>
    call('POST', '/api/v1/auth/register', registration(), { ip, headers })
  const registration = () => ({
    email: freshEmail(),
    password: PASSWORD,
    full_name: 'Ada Lovelace',
  })
  const statuses = (replies: Reply[]) =>
    Object.entries(Object.groupBy(replies, ({ status }) => status)).map(([status, all = []]) => [
      Number(status),
      all.length,
    ])

  test('70 users sign in and 15 register in a minute through one server', async () => {
    const ip = freshIp()
    const person = (n: number) => named(`203.0.113.${n}`)
    const signIns = Array.from({ length: 70 }, (_, n) =>
      call('POST', LOGIN, { username: freshEmail(), password: 'x' }, { ip, headers: person(n) }),
    )
    // Nobody has these addresses: what matters is that each was looked at.
    expect(statuses(await Promise.all(signIns))).toEqual([[401, 70]])
    const registrations = Array.from({ length: 15 }, (_, n) => register(person(n), ip))
    expect(statuses(await Promise.all(registrations))).toEqual([[201, 15]])
  })

  test('without the key they share the limit of the server', async () => {
    const ip = freshIp()
    const headers = (n: number) => ({ 'gatehouse-client-ip': `203.0.113.${n}` })
    const all = Array.from({ length: 15 }, (_, n) => register(headers(n), ip))
    expect(statuses(await Promise.all(all))).toEqual([
      [201, 10],
      [429, 5],
    ])
  })

  test('each client still has its own', async () => {
    const all = Array.from({ length: 15 }, () => register(named('203.0.113.200'), freshIp()))
    expect(statuses(await Promise.all(all))).toEqual([
      [201, 10],
      [429, 5],
    ])
    expect((await register(named('203.0.113.201'), freshIp())).status).toBe(201)
  })

  test('so has each address: wrong passwords are counted by the client that is named', async () => {
    const { email } = await makeUser()
    const tries: string[] = []
    for (let n = 0; n < 11; n++) {
      tries.push(said(await signIn(email, named('203.0.113.210'), 'Wrong-Horse-7')))
    }
    expect(new Set(tries.slice(0, 10))).toEqual(new Set(['401 invalid_credentials']))
    expect(tries[10]).toBe('429 too_many_attempts')
    expect((await signIn(email, named('203.0.113.211'))).status).toBe(200)
  })

  test('one client cannot use up the requests of the key', async () => {
    const few = { FORWARDED_LIMIT: env.REGISTER_LIMIT }
    const ask = (ip: string) =>
      fetchWith(few, '/api/v1/auth/password-policy', { headers: named(ip) })
    const flood = await Promise.all(Array.from({ length: 15 }, () => ask('203.0.113.220')))
    expect(statuses(flood)).toEqual([
      [200, 10],
      [429, 5],
    ])
    expect(flood.find(({ status }) => status === 429)?.headers.get('retry-after')).toBe('60')
    expect((await ask('203.0.113.221')).status).toBe(200)
    // All of an IPv6 /56 are one client.
    const wide = Array.from({ length: 15 }, (_, n) => ask(`2001:db8:7:7${n.toString(16)}::1`))
    expect(statuses(await Promise.all(wide))).toContainEqual([200, 10])
  })

  test('a key has its own budget', async () => {
    const own = await makeKey(root, ['forward:client'])
    const few = { API_KEY_LIMIT: env.REGISTER_LIMIT }
    const ask = (n: number) =>
      fetchWith(few, '/api/v1/auth/password-policy', {
        headers: { ...named(`203.0.113.${n}`), 'gatehouse-api-key': own.token },
      })
    const replies = await Promise.all(Array.from({ length: 15 }, (_, n) => ask(n)))
    expect(statuses(replies)).toEqual([
      [200, 10],
      [429, 5],
    ])
  })
})

describe('the headers are not trusted', () => {
  const LIED = { 'gatehouse-client-ip': '198.51.100.66', 'gatehouse-client-country': 'NL' }

  test('without a key: the headers are ignored', async () => {
    const eve = await makeUser()
    const reply = await signIn(eve.email, { ...LIED, 'gatehouse-client-user-agent': PHONE })
    expect(reply.status).toBe(200)
    expect(await loggedAbout(eve.id, 'auth.signed_in')).toMatchObject({
      ip: SERVER,
      user_agent: null,
      forwarded_by: null,
    })
  })

  const keys: [string, () => Promise<string> | string][] = [
    ['an empty one', () => ''],
    ['garbage', () => 'ghk_nothing'],
    ['an access token', () => root.token],
    ['an unknown one', () => `ghk_${randomId()}_${'A'.repeat(43)}`],
    ['a wrong secret', () => `${key.token.slice(0, -3)}AAA`],
    ['one without the permission', async () => (await makeKey(root, ['read:all'])).token],
    [
      'a revoked one',
      async () => {
        const { id, token } = await makeKey(root, ['forward:client'])
        await root.asks('DELETE', `/admin/api-keys/${id}`)
        return token
      },
    ],
    [
      'one whose maker lost the permission',
      async () => {
        const maker = await staff('admin')
        const { token } = await makeKey(maker, ['forward:client'])
        await root.asks('DELETE', `/admin/users/${maker.id}/roles/admin`)
        return token
      },
    ],
  ]
  test.each(keys)('a key: %s', async (_, make) => {
    const { email } = await makeUser()
    const headers = { ...LIED, 'gatehouse-api-key': await make() }
    expect(said(await signIn(email, headers))).toBe('400 invalid_forwarded_client')
  })

  test('wrong keys are limited by the network that they really come from', async () => {
    const ip = freshIp()
    const guess = (n: number) =>
      call('GET', '/api/v1/auth/password-policy', undefined, {
        ip,
        headers: { ...named(`203.0.113.${n}`), 'gatehouse-api-key': `ghk_${n}` },
      })
    const replies = await Promise.all(Array.from({ length: 70 }, (_, n) => guess(n)))
    expect(replies.filter(({ status }) => status === 429)).toHaveLength(10)
  })

  test('a key in `Authorization` names nobody', async () => {
    const eve = await makeUser()
    const reply = await signIn(eve.email, { ...LIED, authorization: `Bearer ${key.token}` })
    expect(reply.status).toBe(200)
    expect(await loggedAbout(eve.id, 'auth.signed_in')).toMatchObject({ ip: SERVER })
  })

  test('the key opens nothing', async () => {
    for (const path of ['/api/v1/users/profile', '/api/v1/admin/users', '/api/v1/admin/roles']) {
      expect(said(await get(path, { headers: named('198.51.100.67') }))).toBe(
        '401 invalid_access_token',
      )
      expect((await key.asks('GET', path.slice('/api/v1'.length))).status).toBeGreaterThan(400)
    }
  })

  test('only holders of the permission put it on a key', async () => {
    await root.asks('POST', '/admin/roles', {
      name: 'keeper',
      description: '',
      permissions: ['admin:system'],
    })
    const keeper = await staff('keeper')
    const body = { name: 'x', permissions: ['forward:client'], password: PASSWORD }
    expect(said(await keeper.asks('POST', '/admin/api-keys', body))).toBe('403 forbidden')
    const { body: all } = await root.asks('GET', '/admin/permissions')
    const mine = all.items.find(({ name }: any) => name === 'forward:client')
    expect(mine.built_in).toBe(true)
  })

  test('pages in a browser may not send the headers', async () => {
    const { headers } = await fetchWith({ ALLOWED_ORIGINS: 'https://app.example' }, LOGIN, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://app.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'gatehouse-api-key,gatehouse-client-ip',
      },
    })
    expect(headers.get('access-control-allow-headers')?.toLowerCase()).not.toContain('gatehouse')
  })

  test('hosted pages ignore them: not even a wrong key matters', async () => {
    const headers = { ...named('198.51.100.68'), 'gatehouse-api-key': 'wrong' }
    expect((await get('/sign-in', { headers })).status).toBe(200)
    expect(said(await get('/api/v1/auth/password-policy', { headers }))).toBe(
      '400 invalid_forwarded_client',
    )
  })
})

describe('headers that name no client', () => {
  const policy = (headers: Record<string, string>, changes: Record<string, unknown> = {}) =>
    fetchWith(changes, '/api/v1/auth/password-policy', { headers })
  const LIVE = { PUBLIC_URL: 'https://auth.example.com', PASSWORD_HASH_ROUNDS: '6' }

  test('a key without an address', async () => {
    const reply = await policy({ 'gatehouse-api-key': key.token })
    expect(said(reply)).toBe('400 invalid_forwarded_client')
    expect(reply.body.detail).toBe('Gatehouse-Client-Ip is missing')
  })

  test.each(['', 'PRT', '1a', 'p'])('a country %j', async (country) => {
    const reply = await policy(named('198.51.100.70', { 'gatehouse-client-country': country }))
    expect(reply.status).toBe(country === '' ? 200 : 400)
  })

  test('a private address, except on a developer\u2019s machine', async () => {
    expect((await policy(named('10.0.0.1'))).status).toBe(200)
    expect(said(await policy(named('10.0.0.1'), LIVE))).toBe('400 invalid_forwarded_client')
    expect((await policy(named('198.51.100.71'), LIVE)).status).toBe(200)
  })

  test.each([
    ['198.51.100.1', true],
    ['2001:db8::1', true],
    ['2a00:1450:4009::200e', true],
    ['::ffff:198.51.100.1', true],
    ['::ffff:10.0.0.1', false],
    ['::ffff:0:0', false],
    ['0.0.0.0', false],
    ['10.1.2.3', false],
    ['100.64.0.1', false],
    ['100.128.0.1', true],
    ['127.0.0.1', false],
    ['169.254.169.254', false],
    ['172.15.0.1', true],
    ['172.16.0.1', false],
    ['172.32.0.1', true],
    ['192.168.0.1', false],
    ['224.0.0.1', false],
    ['255.255.255.255', false],
    ['::', false],
    ['::1', false],
    ['fe80::1', false],
    ['fe80::1%eth0', false],
    ['fd00::1', false],
    ['ff02::1', false],
  ])('%s is public: %s', (ip, isPublic) => {
    expect(isPublicAddress(ip, { allowsPrivate: false })).toBe(isPublic)
  })

  test.each([
    '',
    ' ',
    'unknown',
    '1.2.3',
    '1.2.3.4.5',
    '01.2.3.4',
    '1.2.3.256',
    '0x1.2.3.4',
    '16909060',
    '1.2.3.4:80',
    '[2001:db8::1]',
    '2001:db8::1::2',
    '2001:db8::g',
    '1.2.3.4, 5.6.7.8',
    'fe80::1%eth0',
    'example.com',
    '\u0661.2.3.4',
  ])('%j is no address', (text) => {
    expect(isPublicAddress(text, { allowsPrivate: true })).toBe(false)
  })
})

test('every operation that takes the headers says so, and what it refuses', async () => {
  const { body: document } = await get('/openapi.json')
  const taking = routes.filter(({ path }) => takesForwardedClient(path))
  expect(taking.length).toBeGreaterThan(100)
  for (const { path, method, access } of taking) {
    const operation = document.paths[path][method]
    expect(JSON.stringify(operation.responses[400])).toContain('invalid_forwarded_client')
    const isListed = JSON.stringify(operation.parameters).includes('ForwardingKey')
    expect(isListed).toBe(access === 'anyone' && method === 'post')
  }
})

test('a request with the headers costs one D1 query more, one without costs nothing', async () => {
  const { env: recorded, calls } = recordingEnv(env)
  const ask = async (headers: Record<string, string>) => {
    calls.length = 0
    await fetchWith({ ...recorded }, '/api/v1/auth/password-policy', { headers })
    return calls.filter((name) => !name.includes('QUEUE'))
  }
  await ask(named('198.51.100.80'))
  expect(await ask(named('198.51.100.80'))).toEqual(['DB.all'])
  expect(await ask({ 'gatehouse-client-ip': '198.51.100.80' })).toEqual([])
  // What cannot be a key is not looked up.
  expect(await ask({ ...named('198.51.100.80'), 'gatehouse-api-key': 'garbage' })).toEqual([])
})
