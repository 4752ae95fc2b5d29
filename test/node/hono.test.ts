/** `@gatehouse/hono`: a browser, an app and a provider without a network between them. */
import { Hono } from 'hono'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  endedInKv,
  endedInMemory,
  endedInObjects,
  EndedSession,
  type EndedSessions,
  gatehouse,
  type GatehouseOptions,
  type GatehouseVariables,
  requireUser,
} from '../../packages/hono/src/index.ts'
import { type FakeProvider, fakeProvider, ISSUER, LOGOUT_EVENT } from './fake-provider.ts'

const APP = 'https://app.example.com'
const key = (id: string, byte: number) => `${id}:${Buffer.alloc(32, byte).toString('base64url')}`

let provider: FakeProvider

function startApp(options: Partial<GatehouseOptions> = {}) {
  const app = new Hono<{ Variables: GatehouseVariables }>()
  app.use(
    gatehouse({
      issuer: ISSUER,
      clientId: 'app',
      clientSecret: 'a secret: with/signs',
      baseUrl: APP,
      cookieKeys: key('k1', 1),
      fetch: provider.fetch,
      ...options,
    }),
  )
  app.get('/', (c) => c.json({ user: c.var.user, status: c.var.gatehouse.status }))
  app.get('/token', (c) => c.text(c.var.gatehouse.getAccessToken()))
  app.get('/raw', () => new Response('raw'))
  app.get('/public', (c) => c.text('for all', 200, { 'cache-control': 'public, max-age=3600' }))
  app.use('/private/*', requireUser)
  app.get('/private/page', (c) => c.text(`for ${c.var.user?.name}`))
  return app
}

/** A browser: it keeps cookies, and sends them all. */
function openBrowser(app: { request: Hono['request'] }) {
  const jar = new Map<string, string>()
  const send = async (url: string, init: RequestInit = {}) => {
    const headers = new Headers(init.headers)
    if (jar.size > 0) headers.set('cookie', [...jar].map((pair) => pair.join('=')).join('; '))
    return app.request(new URL(url, APP).href, { ...init, headers })
  }
  const take = (response: Response) => {
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (/max-age=0/i.test(line)) jar.delete(name)
      else jar.set(name, value)
    }
    return response
  }
  const get = async (url: string, init?: RequestInit) => take(await send(url, init))
  return { jar, send, take, get }
}

type Browser = ReturnType<typeof openBrowser>
const locationOf = (response: Response) => response.headers.get('location') ?? ''

async function signIn(browser: Browser, returnTo = '/private/page') {
  const away = await browser.get(`/auth/sign-in?return_to=${encodeURIComponent(returnTo)}`)
  return browser.get(provider.authorize(locationOf(away)))
}

const statusOf = async (browser: Browser) =>
  ((await (await browser.get('/')).json()) as { status: string }).status
const refreshes = () => provider.requests.filter((each) => each.endsWith(' refresh_token')).length
const later = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000)
const SESSION = '__Host-gatehouse'

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
  provider = await fakeProvider()
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

describe('sign-in', () => {
  it('leads from a page to the service and back to the page', async () => {
    const browser = openBrowser(startApp())
    const refused = await browser.get('/private/page?a=1', { headers: { accept: 'text/html' } })
    expect(refused.status).toBe(302)
    const away = await browser.get(locationOf(refused))
    const asked = new URL(locationOf(away)).searchParams
    expect(asked.get('redirect_uri')).toBe(`${APP}/auth/callback`)
    expect(asked.get('code_challenge_method')).toBe('S256')
    expect(away.headers.get('cache-control')).toBe('no-store')
    const back = await browser.get(provider.authorize(locationOf(away)))
    expect([back.status, locationOf(back)]).toEqual([303, '/private/page?a=1'])
    expect(await (await browser.get('/private/page')).text()).toBe('for Ada Lovelace')
    expect([...browser.jar.keys()]).toEqual([SESSION])
    expect(await (await browser.get('/')).json()).toMatchObject({
      status: 'signed_in',
      user: { sub: 'user-1', email: 'ada@example.com', sid: provider.grants[0]?.sid },
    })
    expect(await (await browser.get('/token')).text()).toBe(provider.grants[0]?.accessToken)
  })

  it('cookies are for this host alone, by https, and reveal nothing', async () => {
    const browser = openBrowser(startApp())
    const away = await browser.get('/auth/sign-in')
    const back = await browser.get(provider.authorize(locationOf(away)))
    const lines = [...away.headers.getSetCookie(), ...back.headers.getSetCookie()].filter(
      (line) => !line.includes('Max-Age=0'),
    )
    expect(lines).toHaveLength(2)
    for (const line of lines) {
      expect(line).toMatch(
        /^__Host-[\w-]+=k1\.[\w-]+; Max-Age=\d+; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
      )
      const bytes = Buffer.from(line.split('.')[1]?.split(';')[0] ?? '', 'base64url').toString(
        'latin1',
      )
      for (const word of ['user-1', 'Ada', 'verifier']) expect(bytes).not.toContain(word)
    }
  })

  it('scripts and other methods get 401 and no redirect', async () => {
    const { get } = openBrowser(startApp())
    const fetched = { 'sec-fetch-mode': 'cors', accept: 'text/html' }
    expect((await get('/private/page', { headers: fetched })).status).toBe(401)
    expect((await get('/private/page', { method: 'POST' })).status).toBe(401)
    expect((await get('/private/page')).status).toBe(401)
  })

  it('two tabs sign in at once, and a browser keeps five attempts', async () => {
    const browser = openBrowser(startApp())
    const aways: string[] = []
    for (const path of ['/1', '/2', '/3', '/4', '/5', '/6', '/7']) {
      aways.push(locationOf(await browser.get(`/auth/sign-in?return_to=${path}`)))
    }
    expect(browser.jar.size).toBe(5)
    const backs = await Promise.all(
      aways.map(async (away) => locationOf(await browser.send(provider.authorize(away)))),
    )
    expect(backs).toEqual(['', '', '/3', '/4', '/5', '/6', '/7'])
  })

  it('refuses the answer in another browser, a second time, or too late', async () => {
    const app = startApp()
    const [victim, attacker] = [openBrowser(app), openBrowser(app)]
    const answer = provider.authorize(locationOf(await attacker.get('/auth/sign-in')))
    const refused = await victim.get(answer)
    expect(refused.status).toBe(400)
    expect(await refused.text()).toContain('href="/auth/sign-in?return_to=%2F"')
    expect(victim.jar.size).toBe(0)
    expect((await attacker.get(answer)).status).toBe(303)
    expect((await attacker.get(answer)).status).toBe(400)
    const late = locationOf(await attacker.get('/auth/sign-in'))
    later(3601)
    expect((await attacker.get(provider.authorize(late))).status).toBe(400)
    expect(provider.requests.filter((each) => each.includes('code'))).toHaveLength(1)
  })

  it('refuses an attempt that another app encrypted, or that has another name', async () => {
    const app = startApp()
    const browser = openBrowser(app)
    const other = openBrowser(startApp({ cookieKeys: key('k1', 2) }))
    const answer = provider.authorize(locationOf(await other.get('/auth/sign-in')))
    for (const [name, value] of other.jar) browser.jar.set(name, value)
    expect((await browser.get(answer)).status).toBe(400)
    await signIn(browser)
    const session = browser.jar.get(SESSION) ?? ''
    const away = locationOf(await browser.get('/auth/sign-in'))
    const attempt = [...browser.jar].find(([name]) => name !== SESSION)
    browser.jar.set(SESSION, attempt?.[1] ?? '')
    browser.jar.set(attempt?.[0] ?? '', session)
    expect(await statusOf(browser)).toBe('signed_out')
    expect((await browser.get(provider.authorize(away))).status).toBe(400)
  })

  it.each([
    [{ answer: { iss: 'https://evil.example' } }, 400],
    [{ answer: { iss: null } }, 400],
    [{ answer: { code: null, error: 'access_denied' } }, 400],
    [{ answer: { code: null, error: 'temporarily_unavailable' } }, 503],
    [{ idToken: { iss: 'https://evil.example' } }, 400],
    [{ idToken: { aud: 'another' } }, 400],
    [{ idToken: { nonce: 'another' } }, 400],
    [{ idToken: { exp: 1 } }, 400],
    [{ tokens: { id_token: undefined } }, 400],
    [{ status: 503 }, 503],
  ])('refuses an answer with %j', async (tamper, status) => {
    const browser = openBrowser(startApp())
    const away = locationOf(await browser.get('/auth/sign-in'))
    provider.tamper = tamper
    const back = await browser.get(provider.authorize(away))
    expect(back.status).toBe(status)
    expect(back.headers.has('retry-after')).toBe(status === 503)
    expect(browser.jar.size).toBe(0)
  })

  it('the page about a failure is safe to show, and an app may have its own', async () => {
    provider.tamper = {
      answer: { code: null, error: 'x', error_description: '<script>x</script>' },
    }
    const text = await (await signIn(openBrowser(startApp()))).text()
    expect(text).toContain('&lt;script&gt;')
    expect(text).not.toContain('<script>')
    const app = startApp({ onError: (error, c) => c.text(`mine: ${error.code}`, 418) })
    expect(await (await signIn(openBrowser(app))).text()).toBe('mine: x')
  })

  it.each([
    ['https://evil.example/', '/'],
    ['//evil.example', '/'],
    ['/\\evil.example', '/'],
    ['/.//evil.example', '/'],
    ['/auth/sign-in', '/'],
    ['/a?b=c', '/a?b=c'],
  ])('returns to no other place: %s', async (returnTo, place) => {
    expect(locationOf(await signIn(openBrowser(startApp()), returnTo))).toBe(place)
  })

  it('can be begun by the service, and by no other', async () => {
    const { get } = openBrowser(startApp())
    const target = `iss=${encodeURIComponent(ISSUER)}&login_hint=ada&target_link_uri=${APP}/x`
    const away = new URL(locationOf(await get(`/auth/sign-in?${target}`)))
    expect(away.searchParams.get('login_hint')).toBe('ada')
    expect((await get('/auth/sign-in?iss=https://evil.example')).status).toBe(400)
  })

  it.each([
    [{ issuer: 'http://auth.example.com' }],
    [{ baseUrl: 'http://app.example.com' }],
    [{ cookieKeys: '' }],
    [{ cookieKeys: 'k1:short' }],
    [{ cookieKeys: `${key('k1', 1)},${key('k1', 2)}` }],
    [{ basePath: 'auth' }],
  ])('refuses the options %j', (options) => {
    expect(() => startApp(options)).toThrow(TypeError)
  })
})

describe('the session', () => {
  it('is renewed once for requests at the same time, and for late ones with the old cookie', async () => {
    const browser = openBrowser(startApp())
    await signIn(browser)
    later(580)
    provider.tamper = { delayMs: 20 }
    const answers = await Promise.all(Array.from({ length: 8 }, () => browser.send('/token')))
    const late = await browser.send('/token')
    const tokens = await Promise.all([...answers, late].map((answer) => answer.text()))
    expect(new Set(tokens)).toEqual(new Set([provider.grants[0]?.accessToken]))
    expect([refreshes(), provider.reused]).toEqual([1, []])
    browser.take(late)
    expect(await (await browser.get('/token')).text()).toBe(tokens[0])
    later(580)
    await browser.get('/token')
    expect([refreshes(), provider.reused]).toEqual([2, []])
    expect(await (await browser.get('/private/page')).text()).toBe('for Ada Lovelace')
  })

  it('its cookie is renewed on any response, which no cache may keep', async () => {
    const browser = openBrowser(startApp())
    await signIn(browser)
    later(580)
    const raw = await browser.send('/raw')
    expect(raw.headers.getSetCookie()).toHaveLength(1)
    expect(raw.headers.get('cache-control')).toBe('private, no-store')
    expect((await openBrowser(startApp()).get('/')).headers.get('cache-control')).toBe(null)
  })

  it('a response that carries the cookie is no longer public, whatever its handler said', async () => {
    const browser = openBrowser(startApp())
    await signIn(browser)
    const told = async () => {
      const { headers } = await browser.send('/public')
      return [headers.getSetCookie().length, headers.get('cache-control')]
    }
    expect(await told()).toEqual([0, 'public, max-age=3600'])
    later(580)
    expect(await told()).toEqual([1, 'private, no-store'])
  })

  it('ends when the service refuses to renew it', async () => {
    const browser = openBrowser(startApp())
    await signIn(browser)
    provider.endSession(provider.grants[0]?.sid ?? '')
    later(580)
    expect(await statusOf(browser)).toBe('signed_out')
    expect(browser.jar.size).toBe(0)
  })

  it.each([500, 404])('is unknown, and not over, when the service answers %i', async (status) => {
    const browser = openBrowser(startApp())
    await signIn(browser)
    later(580)
    provider.tamper = { status }
    expect(await statusOf(browser)).toBe('unknown')
    const page = await browser.get('/private/page', { headers: { accept: 'text/html' } })
    expect([page.status, page.headers.get('retry-after')]).toEqual([503, '5'])
    provider.tamper = {}
    expect(await statusOf(browser)).toBe('signed_in')
  })

  it.each([{ sub: 'user-2' }, { nonce: 'another' }, { aud: 'another' }])(
    'takes no renewed tokens with %j',
    async (idToken) => {
      const browser = openBrowser(startApp())
      await signIn(browser)
      later(580)
      provider.tamper = { idToken }
      expect(await statusOf(browser)).toBe('unknown')
    },
  )

  it('takes a renewed ID token that repeats the nonce', async () => {
    const browser = openBrowser(startApp())
    await signIn(browser)
    later(580)
    provider.tamper = { idToken: { nonce: provider.grants[0]?.nonce } }
    expect(await statusOf(browser)).toBe('signed_in')
    expect(refreshes()).toBe(1)
  })

  it('lasts as long as it was set to, whatever is renewed', async () => {
    const browser = openBrowser(startApp({ sessionSeconds: 1000 }))
    await signIn(browser)
    later(580)
    expect(await statusOf(browser)).toBe('signed_in')
    later(421)
    expect(await statusOf(browser)).toBe('signed_out')
  })

  it('keys rotate: the old one still decrypts, and a removed one does not', async () => {
    const browser = openBrowser(startApp())
    await signIn(browser)
    const moved = openBrowser(startApp({ cookieKeys: `${key('k2', 2)},${key('k1', 1)}` }))
    for (const [name, value] of browser.jar) moved.jar.set(name, value)
    later(580)
    expect(await statusOf(moved)).toBe('signed_in')
    expect(moved.jar.get(SESSION)).toMatch(/^k2\./)
    const removed = openBrowser(startApp({ cookieKeys: key('k2', 2) }))
    for (const [name, value] of browser.jar) removed.jar.set(name, value)
    expect(await statusOf(removed)).toBe('signed_out')
  })

  it('a cookie that was changed in any place is none', async () => {
    const browser = openBrowser(startApp())
    await signIn(browser)
    const [id, value = ''] = (browser.jar.get(SESSION) ?? '').split('.')
    const flip = (at: number) => {
      const other = value[at] === 'A' ? 'B' : 'A'
      return `${id}.${value.slice(0, at)}${other}${value.slice(at + 1)}`
    }
    const wrong = [
      flip(0),
      flip(40),
      flip(value.length - 2),
      `k9.${value}`,
      value,
      '',
      'k1.',
      'k1.*',
    ]
    for (const text of wrong) {
      browser.jar.set(SESSION, text)
      expect([text.slice(0, 9), await statusOf(browser)]).toEqual([text.slice(0, 9), 'signed_out'])
    }
  })

  it('leaves out the ID token when it has grown too large, and fails when that is not enough', async () => {
    const browser = openBrowser(startApp())
    provider.tamper = { idToken: { roles: 'r'.repeat(1500) } }
    await signIn(browser)
    expect(await statusOf(browser)).toBe('signed_in')
    expect(browser.jar.get(SESSION)?.length).toBeLessThan(4096)
    const out = await browser.get('/auth/sign-out', { method: 'POST', headers: { origin: APP } })
    expect(new URL(locationOf(out)).searchParams.has('id_token_hint')).toBe(false)
    provider.tamper = { idToken: { roles: 'r'.repeat(5000) } }
    expect((await signIn(browser)).status).toBe(500)
  })
})

describe('sign-out', () => {
  const own = { method: 'POST', headers: { origin: APP } }

  it('ends the session here, also for a copy of the cookie, and goes to the service', async () => {
    const browser = openBrowser(startApp({ afterSignOut: '/bye' }))
    await signIn(browser)
    const copy = new Map(browser.jar)
    const out = await browser.get('/auth/sign-out', own)
    const { searchParams, pathname } = new URL(locationOf(out))
    expect([out.status, pathname]).toEqual([303, '/oauth/sign-out'])
    expect(searchParams.get('post_logout_redirect_uri')).toBe(`${APP}/bye`)
    expect(searchParams.get('id_token_hint')?.split('.')).toHaveLength(3)
    expect(browser.jar.size).toBe(0)
    for (const [name, value] of copy) browser.jar.set(name, value)
    expect(await statusOf(browser)).toBe('signed_out')
  })

  it.each([
    [{}],
    [{ origin: 'https://evil.example' }],
    [{ origin: 'null' }],
    [{ origin: APP, 'sec-fetch-site': 'cross-site' }],
    [{ 'sec-fetch-site': 'same-site' }],
    [{ 'sec-fetch-site': 'none' }],
  ])('no other site can sign out: %j', async (headers) => {
    const browser = openBrowser(startApp())
    await signIn(browser)
    const answer = await browser.get('/auth/sign-out', { method: 'POST', headers: { ...headers } })
    expect(answer.status).toBe(403)
    expect((await browser.get('/auth/sign-out')).status).toBe(404)
    expect(await statusOf(browser)).toBe('signed_in')
  })

  it('forgets nothing when the service cannot be reached', async () => {
    const browser = openBrowser(startApp())
    await signIn(browser)
    later(599)
    provider.tamper = { status: 503 }
    later(10)
    expect((await browser.get('/auth/sign-out', own)).status).toBe(503)
    expect(browser.jar.has(SESSION)).toBe(true)
  })

  it('ends a session by itself that outlives the browser', async () => {
    const browser = openBrowser(startApp({ scope: 'openid offline_access' }))
    await signIn(browser)
    await browser.get('/auth/sign-out', own)
    expect(provider.grants[0]?.isLive).toBe(false)
  })
})

/** Objects of one class, as Workers keep them. */
function fakeObjects() {
  const objects = new Map<string, EndedSession>()
  const alarms: number[] = []
  const make = () => {
    const kept = new Map<string, unknown>()
    return new EndedSession({
      storage: {
        get: async (name) => kept.get(name),
        put: async (name, value) => void kept.set(name, value),
        setAlarm: async (time) => void alarms.push(time),
        deleteAll: async () => kept.clear(),
      },
    })
  }
  const namespace = {
    idFromName: (name: string) => name,
    get(id: string) {
      const object = objects.get(id) ?? make()
      objects.set(id, object)
      return { fetch: (url: string, init?: RequestInit) => object.fetch(new Request(url, init)) }
    },
  }
  return { namespace, objects, alarms }
}

function fakeKv() {
  const kept = new Map<string, string>()
  const expirations: number[] = []
  const namespace = {
    get: async (name: string) => kept.get(name) ?? null,
    put: async (name: string, value: string, { expiration }: { expiration: number }) => {
      kept.set(name, value)
      expirations.push(expiration)
    },
  }
  return { namespace, expirations }
}

describe('back-channel logout', () => {
  const post = (app: { request: Hono['request'] }, token: string | string[], type?: string) => {
    const body = new URLSearchParams(
      [token].flat().map((each): [string, string] => ['logout_token', each]),
    )
    const headers = { 'content-type': type ?? 'application/x-www-form-urlencoded' }
    return app.request(`${APP}/auth/back-channel-logout`, {
      method: 'POST',
      body: String(body),
      headers,
    })
  }

  it.each([
    ['memory', endedInMemory],
    ['KV', () => endedInKv(fakeKv().namespace)],
    ['Durable Objects', () => endedInObjects(fakeObjects().namespace)],
  ])('ends one session, remembered in %s', async (_, store) => {
    const app = startApp({ endedSessions: store() })
    const [one, two] = [openBrowser(app), openBrowser(app)]
    await signIn(one)
    await signIn(two)
    const answer = await post(app, await provider.logoutToken({ sid: provider.grants[0]?.sid }))
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store'])
    expect([await statusOf(one), await statusOf(two)]).toEqual(['signed_out', 'signed_in'])
    expect(one.jar.size).toBe(0)
  })

  it('without a sid it ends all sessions of the user so far, and no later one', async () => {
    const app = startApp()
    const browser = openBrowser(app)
    await signIn(browser)
    expect((await post(app, await provider.logoutToken({}, { alg: 'ES256' }))).status).toBe(200)
    expect(await statusOf(browser)).toBe('signed_out')
    later(2)
    await signIn(browser)
    expect(await statusOf(browser)).toBe('signed_in')
    expect((await post(app, await provider.logoutToken({ sub: 'user-2' }))).status).toBe(200)
    expect(await statusOf(browser)).toBe('signed_in')
  })

  const now = () => Math.floor(Date.now() / 1000)
  it.each([
    ['iss', () => ({ iss: 'https://evil.example' })],
    ['aud', () => ({ aud: 'another' })],
    ['no aud', () => ({ aud: undefined })],
    ['an old iat', () => ({ iat: now() - 400, exp: now() + 100 })],
    ['an iat in the future', () => ({ iat: now() + 100 })],
    ['no iat', () => ({ iat: undefined })],
    ['exp', () => ({ exp: now() - 61 })],
    ['no exp', () => ({ exp: undefined })],
    ['no jti', () => ({ jti: undefined })],
    ['an empty jti', () => ({ jti: '' })],
    ['no events', () => ({ events: undefined })],
    ['other events', () => ({ events: { 'https://other.example/event': {} } })],
    ['an event that is no object', () => ({ events: { [LOGOUT_EVENT]: true } })],
    ['a nonce', () => ({ nonce: 'n' })],
    ['neither sid nor sub', () => ({ sub: undefined, sid: undefined })],
  ])('refuses a logout token for %s', async (_, claims) => {
    const app = startApp()
    const browser = openBrowser(app)
    await signIn(browser)
    const sid = provider.grants[0]?.sid
    const good = { sid }
    const answer = await post(app, await provider.logoutToken({ ...good, ...claims() }))
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ error: 'invalid_request' })
    expect(await statusOf(browser)).toBe('signed_in')
    expect((await post(app, await provider.logoutToken(good))).status).toBe(200)
    expect(await statusOf(browser)).toBe('signed_out')
  })

  it('refuses other types, unknown keys, changed signatures, and an ID token', async () => {
    const app = startApp()
    const token = await provider.logoutToken({ sid: 'x' })
    const [head, body = '', signature = ''] = token.split('.')
    const none = Buffer.from('{"alg":"none","typ":"logout+jwt"}').toString('base64url')
    const tokens = [
      await provider.logoutToken({}, { typ: 'JWT' }),
      await provider.logoutToken({}, { kid: 'unknown' }),
      await provider.logoutToken({}, { alg: 'ES256', kid: 'rs' }),
      `${head}.${body}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`,
      `${none}.${body}.`,
      'a.b.c',
      '',
    ]
    for (const each of tokens) expect((await post(app, each)).status).toBe(400)
    expect((await post(app, [])).status).toBe(400)
    expect((await post(app, [token, token])).status).toBe(400)
    expect((await post(app, token, 'application/json')).status).toBe(415)
    expect((await post(app, 'x'.repeat(20_000))).status).toBe(413)
    expect((await app.request(`${APP}/auth/back-channel-logout`)).status).toBe(404)
  })

  it('refuses a token that comes again, until it would be too old', async () => {
    const app = startApp()
    const token = await provider.logoutToken({})
    expect([(await post(app, token)).status, (await post(app, token)).status]).toEqual([200, 400])
    later(299)
    expect((await post(app, token)).status).toBe(400)
  })

  it('is tried again when the end could not be kept, or the keys not be had', async () => {
    const memory = endedInMemory()
    const broken = { on: true }
    const endedSessions: EndedSessions = {
      get: memory.get,
      put: (...args) => (broken.on ? Promise.reject(new Error('full')) : memory.put(...args)),
    }
    const app = startApp({ endedSessions })
    const token = await provider.logoutToken({})
    provider.tamper = { status: 500 }
    expect((await post(app, token)).status).toBe(503)
    provider.tamper = {}
    expect((await post(app, token)).status).toBe(503)
    broken.on = false
    expect((await post(app, token)).status).toBe(200)
  })

  it('nobody is signed in while the store cannot be asked', async () => {
    const memory = endedInMemory()
    const broken = { on: false }
    const get: EndedSessions['get'] = (name) =>
      broken.on ? Promise.reject(new Error('down')) : memory.get(name)
    const browser = openBrowser(startApp({ endedSessions: { ...memory, get } }))
    await signIn(browser)
    broken.on = true
    expect(await statusOf(browser)).toBe('unknown')
    expect((await browser.get('/private/page')).status).toBe(503)
    broken.on = false
    expect(await statusOf(browser)).toBe('signed_in')
  })

  it('stores forget what is over', async () => {
    const { namespace, objects, alarms } = fakeObjects()
    const inObjects = endedInObjects(namespace)
    await inObjects.put('sid:1', '5', now() + 10)
    expect([await inObjects.get('sid:1'), await inObjects.get('sid:2')]).toEqual(['5', null])
    expect(alarms).toEqual([(now() + 10) * 1000])
    await objects.get('sid:1')?.alarm()
    expect(await inObjects.get('sid:1')).toBe(null)
    const memory = endedInMemory()
    await memory.put('sid:1', '5', now() + 10)
    later(11)
    expect(await memory.get('sid:1')).toBe(null)
    const kv = fakeKv()
    await endedInKv(kv.namespace).put('sid:1', '5', now() + 10)
    expect(kv.expirations).toEqual([now() + 65])
  })
})

describe('options by request', () => {
  it('are read from the context, and what is remembered stays', async () => {
    const app = new Hono<{ Bindings: { SECRET: string }; Variables: GatehouseVariables }>()
    const asked: string[] = []
    app.use(
      gatehouse<{ Bindings: { SECRET: string } }>((c) => {
        asked.push(c.env.SECRET)
        return {
          issuer: ISSUER,
          clientId: 'app',
          clientSecret: c.env.SECRET,
          baseUrl: APP,
          cookieKeys: key('k1', 1),
          fetch: provider.fetch,
        }
      }),
    )
    app.get('/', (c) => c.json({ status: c.var.gatehouse.status }))
    const request = (url: string | Request | URL, init?: RequestInit) =>
      app.request(url as string, init, { SECRET: 'from the environment' })
    const browser = openBrowser({ request: request as Hono['request'] })
    await signIn(browser)
    expect(await statusOf(browser)).toBe('signed_in')
    const body = new URLSearchParams({
      logout_token: await provider.logoutToken({ sid: provider.grants[0]?.sid }),
    })
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    await request(`${APP}/auth/back-channel-logout`, {
      method: 'POST',
      body: String(body),
      headers,
    })
    expect(await statusOf(browser)).toBe('signed_out')
    expect(new Set(asked)).toEqual(new Set(['from the environment']))
  })
})
