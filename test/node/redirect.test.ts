/** `@gatehouse/client/redirect` in pages that share an origin: what is accepted, refused and kept. */
import type { JWTPayload } from 'jose'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  createRedirectClient,
  GatehouseSignInError,
  type RedirectClient,
  type RedirectOptions,
} from '../../packages/client/src/redirect.ts'
import { type FakeProvider, fakeProvider, ISSUER } from './fake-provider.ts'

const APP = 'https://app.example.com'

class FakeStorage {
  readonly kept = new Map<string, string>()
  getItem = (key: string) => this.kept.get(key) ?? null
  setItem = (key: string, value: string) => void this.kept.set(key, value)
  removeItem = (key: string) => void this.kept.delete(key)
}

let provider: FakeProvider
let left: string[]
let replaced: unknown[]

/** A tab: what it has for itself are its address and its sessionStorage. */
function openTab(options: Partial<RedirectOptions> = {}, own = new FakeStorage()) {
  vi.stubGlobal('sessionStorage', own)
  const client = createRedirectClient({
    issuer: ISSUER,
    clientId: 'app',
    fetch: provider.fetch,
    navigate: (url) => void left.push(url),
    ...options,
  })
  // A client finds its storage when it first needs it.
  client.getUser()
  return { client, own }
}

/** Follows the redirect that a client has asked for, and comes back with the answer. */
async function signIn(client: RedirectClient, returnTo = '/inbox?page=2') {
  await client.signInWithRedirect({ returnTo })
  return client.handleRedirect(provider.authorize(left.pop() ?? ''))
}

const failureOf = async (call: Promise<unknown>): Promise<GatehouseSignInError> => {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof GatehouseSignInError)) throw error ?? new Error('nothing was thrown')
  return error
}

const codeOf = async (call: Promise<unknown>) => (await failureOf(call)).code
const refreshes = () => provider.requests.filter((each) => each.endsWith(' refresh_token')).length
const later = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000)

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  provider = await fakeProvider()
  left = []
  vi.stubGlobal('location', new URL(`${APP}/inbox?page=2`))
  replaced = []
  const replaceState = (...args: unknown[]) => void replaced.push(args)
  vi.stubGlobal('history', { state: null, replaceState })
  vi.stubGlobal('localStorage', new FakeStorage())
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('sign-in', () => {
  it('sends new PKCE, state and nonce, and returns user and place', async () => {
    const { client } = openTab()
    await client.signInWithRedirect({ prompt: 'login', maxAge: 60, loginHint: 'ada@example.com' })
    const asked = Object.fromEntries(new URL(left[0] ?? '').searchParams)
    expect(asked).toMatchObject({
      response_type: 'code',
      client_id: 'app',
      redirect_uri: `${APP}/`,
      scope: 'openid profile email',
      code_challenge_method: 'S256',
      prompt: 'login',
      max_age: '60',
      login_hint: 'ada@example.com',
    })
    for (const name of ['state', 'nonce', 'code_challenge']) expect(asked[name]).toHaveLength(43)
    expect(asked['state']).not.toBe(asked['nonce'])
    const back = await client.handleRedirect(provider.authorize(left[0] ?? ''))
    expect(back).toMatchObject({
      returnTo: '/inbox?page=2',
      user: { sub: 'user-1', name: 'Ada Lovelace', email: 'ada@example.com', iss: ISSUER },
    })
    expect(client.getUser()).toEqual(back?.user)
    expect(await client.getAccessToken()).toBe(provider.grants[0]?.accessToken)
  })

  it('with an API to call, the ID token names the user, and a renewal shows whether the session is live', async () => {
    const { client } = openTab({ resource: 'https://api.example.com' })
    provider.tamper = { idToken: { name: 'Ada King' } }
    await client.signInWithRedirect()
    const { searchParams } = new URL(left[0] ?? '')
    expect(searchParams.get('resource')).toBe('https://api.example.com')
    expect(JSON.parse(searchParams.get('claims') ?? '')).toHaveProperty('id_token.name')
    const back = await client.handleRedirect(provider.authorize(left[0] ?? ''))
    expect(back?.user?.name).toBe('Ada King')
    provider.tamper = { idToken: { name: 'Ada Byron' } }
    expect((await client.fetchUser()).name).toBe('Ada Byron')
    expect(provider.requests).not.toContain('GET /oauth/userinfo')
    provider.endSession(provider.grants[0]?.sid ?? '')
    expect(await codeOf(client.fetchUser())).toBe('signed_out')
  })

  it('removes the answer from the address before it sends the code', async () => {
    const { client } = openTab()
    await client.signInWithRedirect()
    vi.stubGlobal('location', new URL(`${provider.authorize(left[0] ?? '')}&mine=1#part`))
    const sent = client.handleRedirect()
    expect(replaced).toEqual([[null, '', `${APP}/?mine=1#part`]])
    expect(provider.requests).not.toContain('POST /oauth/token authorization_code')
    await sent
  })

  it('takes other addresses for what they are', async () => {
    const { client } = openTab({ redirectUri: `${APP}/callback` })
    for (const path of ['/', '/callback', '/callback?code=1', '/other?code=1&state=2']) {
      expect(await client.handleRedirect(APP + path)).toBe(null)
    }
    expect(provider.requests).toEqual([])
  })

  it('finishes once for two calls at the same time', async () => {
    const { client } = openTab()
    await client.signInWithRedirect()
    const url = provider.authorize(left[0] ?? '')
    const [one, two] = await Promise.all([
      client.handleRedirect(url),
      client.handleRedirect(`${APP}/`),
    ])
    expect(one).toEqual(two)
    expect(provider.requests.filter((each) => each.includes('code'))).toHaveLength(1)
  })

  it('two tabs sign in at once, and a link in an email may end in a third one', async () => {
    const [a, b] = [openTab().client, openTab().client]
    await a.signInWithRedirect({ returnTo: '/a' })
    await b.signInWithRedirect({ returnTo: '/b' })
    const [fromA = '', fromB = ''] = left.map((url) => provider.authorize(url))
    expect((await b.handleRedirect(fromB))?.returnTo).toBe('/b')
    expect((await openTab().client.handleRedirect(fromA))?.returnTo).toBe('/a')
    expect(localStorage.getItem(`gatehouse:app@${ISSUER}:attempts`)).toBe(null)
  })

  it('refuses an answer that this browser did not ask for, a second time, or too late', async () => {
    const { client } = openTab()
    expect(await codeOf(client.handleRedirect(`${APP}/?code=1&state=forged`))).toBe(
      'unknown_attempt',
    )
    await client.signInWithRedirect()
    const url = provider.authorize(left[0] ?? '')
    await client.handleRedirect(url)
    expect(await codeOf(client.handleRedirect(url))).toBe('unknown_attempt')
    await client.signInWithRedirect()
    later(3601)
    expect(await codeOf(client.handleRedirect(provider.authorize(left[1] ?? '')))).toBe(
      'unknown_attempt',
    )
    expect(provider.requests.filter((each) => each.includes('code'))).toHaveLength(1)
  })

  it.each([
    ['of another issuer', { iss: 'https://evil.example' }, 'wrong_issuer'],
    ['without an issuer', { iss: null }, 'wrong_issuer'],
    ['without a code', { code: '' }, 'invalid_answer'],
    ['an error', { code: null, error: 'access_denied' }, 'access_denied'],
    [
      'an error of another issuer',
      { error: 'access_denied', iss: 'https://e.example' },
      'wrong_issuer',
    ],
  ])('refuses an answer %s', async (_, answer, code) => {
    const { client } = openTab()
    provider.tamper = { answer }
    const failure = await failureOf(signIn(client))
    expect([failure.code, failure.outcome, failure.returnTo]).toEqual([
      code,
      'refused',
      '/inbox?page=2',
    ])
    expect(provider.requests.filter((each) => each.includes('token'))).toEqual([])
    expect(client.getUser()).toBe(null)
  })

  it('refuses an answer with two codes', async () => {
    const { client } = openTab()
    await client.signInWithRedirect()
    const url = `${provider.authorize(left[0] ?? '')}&code=2`
    expect(await codeOf(client.handleRedirect(url))).toBe('invalid_answer')
  })

  const now = () => Math.floor(Date.now() / 1000)
  it.each([
    ['iss', () => ({ iss: 'https://evil.example' })],
    ['aud', () => ({ aud: 'another' })],
    ['a second aud', () => ({ aud: ['app', 'another'] })],
    ['azp', () => ({ azp: 'another' })],
    ['exp', () => ({ exp: now() - 301 })],
    ['no exp', () => ({ exp: undefined })],
    ['iat', () => ({ iat: now() + 301 })],
    ['nonce', () => ({ nonce: 'another' })],
    ['no nonce', () => ({ nonce: undefined })],
    ['no sub', () => ({ sub: '' })],
  ])('refuses an ID token for its %s', async (_, claims) => {
    const { client } = openTab()
    provider.tamper = { idToken: { ...claims() } as JWTPayload }
    expect(await codeOf(signIn(client))).toBe('invalid_id_token')
    expect(client.getUser()).toBe(null)
  })

  it.each(['', 'a.b', 'a.b.c', 'a.e30.c.d', 5])('refuses %j as an ID token', async (idToken) => {
    const { client } = openTab()
    provider.tamper = { tokens: { id_token: idToken } }
    expect(await codeOf(signIn(client))).toBe('invalid_id_token')
  })

  it('checks how long ago the user signed in, if that was asked for', async () => {
    const { client } = openTab()
    await client.signInWithRedirect({ maxAge: 60 })
    provider.tamper = { idToken: { auth_time: now() - 361 } }
    const url = provider.authorize(left[0] ?? '')
    expect(await codeOf(client.handleRedirect(url))).toBe('invalid_id_token')
  })

  it('with prompt=none it is no failure that nobody is signed in', async () => {
    const { client } = openTab()
    provider.tamper = { answer: { code: null, error: 'login_required' } }
    await client.signInWithRedirect({ prompt: 'none', returnTo: '/here' })
    const url = provider.authorize(left[0] ?? '')
    expect(await client.handleRedirect(url)).toEqual({ user: null, returnTo: '/here' })
    expect(await codeOf(signIn(client))).toBe('login_required')
  })

  it.each([
    ['https://evil.example/', '/'],
    ['//evil.example', '/'],
    ['/\\evil.example', '/'],
    ['/.//evil.example', '/'],
    ['javascript:alert(1)', '/'],
    [`${APP}/a?b#c`, '/a?b#c'],
    ['relative', '/relative'],
  ])('returns to no other origin: %s', async (returnTo, place) => {
    const { client } = openTab()
    expect((await signIn(client, returnTo))?.returnTo).toBe(place)
  })

  it('trusts only an issuer behind TLS, which names itself and nothing without TLS', async () => {
    expect(() => openTab({ issuer: 'http://auth.example.com' })).toThrow(TypeError)
    expect(() => openTab({ issuer: 'http://localhost.evil.example' })).toThrow(TypeError)
    expect(() => openTab({ issuer: 'http://localhost:8787' })).not.toThrow()
    provider.tamper = { discovery: { issuer: 'https://evil.example' } }
    expect(await codeOf(openTab().client.signInWithRedirect())).toBe('wrong_issuer')
    provider.tamper = { discovery: { token_endpoint: 'http://auth.example.com/token' } }
    expect(await codeOf(openTab().client.signInWithRedirect())).toBe('invalid_answer')
    expect(left).toEqual([])
  })

  it('follows no redirect with a code', async () => {
    const { client } = openTab()
    await client.signInWithRedirect()
    provider.tamper = { status: 307 }
    expect(await codeOf(client.handleRedirect(provider.authorize(left[0] ?? '')))).toBe(
      'unreachable',
    )
  })

  it('signs in without userinfo, and believes none about another user', async () => {
    const { client } = openTab()
    provider.tamper = { userinfo: { sub: 'user-2', name: 'Eve' } }
    expect((await signIn(client))?.user?.name).toBe(undefined)
    expect(await codeOf(client.fetchUser())).toBe('invalid_answer')
  })

  it('userinfo replaces no claim of the protocol', async () => {
    const { client } = openTab()
    provider.tamper = { userinfo: { aud: 'another', nonce: 'x', sid: 'other', name: 'Grace' } }
    const { user } = (await signIn(client)) ?? {}
    expect(user).toMatchObject({ aud: 'app', name: 'Grace', sid: provider.grants[0]?.sid })
  })
})

describe('renewal', () => {
  it('renews before the token expires, once for all calls', async () => {
    const { client } = openTab()
    await signIn(client)
    const first = await client.getAccessToken()
    later(580)
    expect(await client.getAccessToken()).toBe(first)
    later(15)
    const tokens = await Promise.all([1, 2, 3, 4, 5].map(() => client.getAccessToken()))
    expect(new Set(tokens)).toEqual(new Set([provider.grants[0]?.accessToken]))
    expect([refreshes(), provider.reused]).toEqual([1, []])
    expect(client.getUser()?.name).toBe('Ada Lovelace')
  })

  it('renews a token that an API has refused, once', async () => {
    const { client } = openTab()
    await signIn(client)
    const refused = await client.getAccessToken()
    const both = await Promise.all([1, 2].map(() => client.getAccessToken({ refused })))
    expect(both[0]).toBe(both[1])
    expect(both[0]).not.toBe(refused)
    expect(await client.getAccessToken({ refused })).toBe(both[0])
    expect(refreshes()).toBe(1)
  })

  const withoutLocks = () => vi.stubGlobal('navigator', {})
  it.each([
    ['Web Locks', () => undefined],
    ['the lease in localStorage', withoutLocks],
  ])(
    'tabs that share the storage use a refresh token once, by %s',
    async (_, prepare) => {
      prepare()
      const tabs = Array.from({ length: 6 }, () => openTab({ storage: 'localStorage' }).client)
      await signIn(tabs[0] as RedirectClient)
      for (let round = 1; round <= 3; round++) {
        later(595)
        provider.tamper = { delayMs: 20 }
        const tokens = await Promise.all(tabs.map((tab) => tab.getAccessToken()))
        expect(new Set(tokens)).toEqual(new Set([provider.grants[0]?.accessToken]))
        expect([refreshes(), provider.reused]).toEqual([round, []])
      }
    },
    15_000,
  )

  it('a tab that was copied never uses the refresh token of its original', async () => {
    const { client: original, own } = openTab()
    await signIn(original)
    const copied = new FakeStorage()
    for (const [key, value] of own.kept) copied.setItem(key, value)
    const { client: copy } = openTab({}, copied)
    expect(copy.getUser()?.sub).toBe('user-1')
    later(595)
    await original.getAccessToken()
    expect(await codeOf(copy.getAccessToken())).toBe('signed_out')
    expect(copy.getUser()).toBe(null)
    later(595)
    expect(await original.getAccessToken()).toBe(provider.grants[0]?.accessToken)
    expect(provider.reused).toEqual([])
  })

  it('a session that the service has ended is forgotten and reported', async () => {
    const { client } = openTab()
    const told = vi.fn()
    client.subscribe(told)
    await signIn(client)
    provider.endSession(provider.grants[0]?.sid ?? '')
    later(595)
    const failure = await failureOf(client.getAccessToken())
    expect([failure.code, failure.outcome]).toEqual(['signed_out', 'unauthorised'])
    expect(client.getUser()).toBe(null)
    await vi.waitFor(() =>
      expect(told).toHaveBeenLastCalledWith({ type: 'signed_out', reason: 'ended' }),
    )
  })

  it('fetchUser learns of the end before the token expires', async () => {
    const { client } = openTab()
    await signIn(client)
    provider.tamper = { userinfo: { name: 'Ada King' } }
    expect((await client.fetchUser()).name).toBe('Ada King')
    expect(client.getUser()?.name).toBe('Ada King')
    provider.endSession(provider.grants[0]?.sid ?? '')
    expect(await codeOf(client.fetchUser())).toBe('signed_out')
    expect(client.getUser()).toBe(null)
  })

  it.each([
    [500, 'failed'],
    [503, 'failed'],
    [404, 'unreachable'],
  ])('a service that answers %i signs nobody out', async (status, outcome) => {
    const { client } = openTab()
    await signIn(client)
    later(595)
    provider.tamper = { status }
    expect((await failureOf(client.getAccessToken())).outcome).toBe(outcome)
    provider.tamper = {}
    expect(await client.getAccessToken()).toBe(provider.grants[0]?.accessToken)
  })

  it('a service that does not answer signs nobody out either', async () => {
    const silent = { on: false }
    const fetch = (request: Request) =>
      silent.on
        ? new Promise<Response>((_, reject) =>
            request.signal.addEventListener('abort', () => reject(request.signal.reason as Error)),
          )
        : provider.fetch(request)
    const { client } = openTab({ timeoutMs: 50, fetch })
    await signIn(client)
    later(595)
    silent.on = true
    expect((await failureOf(client.getAccessToken())).outcome).toBe('timed_out')
    silent.on = false
    expect(await client.getAccessToken()).toBe(provider.grants[0]?.accessToken)
  })

  it.each([{ sub: 'user-2' }, { nonce: 'another' }, { aud: 'another' }])(
    'takes no renewed tokens with %j',
    async (idToken) => {
      const { client } = openTab()
      await signIn(client)
      later(595)
      provider.tamper = { idToken }
      expect(await codeOf(client.getAccessToken())).toBe('invalid_id_token')
      expect(client.getUser()?.sub).toBe('user-1')
    },
  )

  it('takes renewed ID tokens with and without the nonce', async () => {
    const { client } = openTab()
    await signIn(client)
    for (const nonce of [undefined, provider.grants[0]?.nonce, undefined]) {
      later(595)
      provider.tamper = { idToken: { nonce } }
      expect(await client.getAccessToken()).toBe(provider.grants[0]?.accessToken)
    }
    expect(refreshes()).toBe(3)
  })

  it('does not undo a sign-out that happens during a renewal', async () => {
    const { client } = openTab()
    await signIn(client)
    later(595)
    provider.tamper = { delayMs: 30 }
    const renewing = codeOf(client.getAccessToken())
    await client.signOut()
    expect(await renewing).toBe('signed_out')
    expect(client.getUser()).toBe(null)
  })

  it('without a refresh token the session ends with its access token', async () => {
    const { client } = openTab()
    provider.tamper = { tokens: { refresh_token: undefined } }
    await signIn(client)
    expect(await client.getAccessToken()).toBe(provider.grants[0]?.accessToken)
    later(601)
    expect(await codeOf(client.getAccessToken())).toBe('signed_out')
  })
})

describe('storage', () => {
  it.each([
    ['memory', 0, 0],
    ['sessionStorage', 1, 0],
    ['localStorage', 0, 1],
  ] as const)('%s keeps tokens there and nowhere else', async (storage, inTab, inOrigin) => {
    const { client, own } = openTab({ storage })
    await signIn(client)
    const token = await client.getAccessToken()
    const holding = ({ kept }: FakeStorage) =>
      [...kept.values()].filter((value) => value.includes(token)).length
    expect([holding(own), holding(localStorage as unknown as FakeStorage)]).toEqual([
      inTab,
      inOrigin,
    ])
    const { client: reloaded } = openTab({ storage }, own)
    expect(reloaded.getUser() !== null).toBe(storage !== 'memory')
  })

  it('a browser that refuses storage keeps all in memory', async () => {
    vi.stubGlobal('localStorage', undefined)
    const { client } = openTab({ storage: 'localStorage' })
    expect((await signIn(client))?.user?.sub).toBe('user-1')
  })
})

describe('sign-out', () => {
  it('goes to the service with the hint of its session', async () => {
    const { client } = openTab({ postLogoutRedirectUri: `${APP}/bye` })
    await signIn(client)
    await client.signOut()
    const { origin, pathname, searchParams } = new URL(left.pop() ?? '')
    expect(origin + pathname).toBe(`${ISSUER}/oauth/sign-out`)
    expect(searchParams.get('post_logout_redirect_uri')).toBe(`${APP}/bye`)
    expect(searchParams.get('client_id')).toBe('app')
    expect(searchParams.get('id_token_hint')?.split('.')).toHaveLength(3)
    expect(client.getUser()).toBe(null)
    expect(await codeOf(client.getAccessToken())).toBe('signed_out')
    // The service ends this session with the browser's; without it, it would have to ask the user.
    expect(provider.requests).not.toContain('POST /oauth/revoke')
  })

  it('ends a session by itself that outlives the browser', async () => {
    const { client } = openTab({ scope: 'openid offline_access' })
    await signIn(client)
    await client.signOut()
    expect(provider.grants[0]?.isLive).toBe(false)
  })

  it('forgets nothing when the service cannot be reached', async () => {
    const down = { on: true }
    const own = new FakeStorage()
    await signIn(openTab({}, own).client)
    const fetch = (request: Request) =>
      down.on ? Promise.reject(new TypeError('no network')) : provider.fetch(request)
    const { client } = openTab({ fetch }, own)
    expect((await failureOf(client.signOut())).outcome).toBe('unreachable')
    expect(client.getUser()?.sub).toBe('user-1')
    down.on = false
    await client.signOut()
    expect(client.getUser()).toBe(null)
  })

  it('notifies the other tabs, whatever they share', async () => {
    const { client: one } = openTab()
    const { client: two } = openTab()
    const told: unknown[] = []
    const stops = [
      one.subscribe((event) => told.push(['one', event.type])),
      two.subscribe((event) => told.push(['two', event.type])),
    ]
    await signIn(one)
    await signIn(two)
    await one.signOut()
    await vi.waitFor(() => expect(two.getUser()).toBe(null))
    await vi.waitFor(() =>
      expect(told).toEqual([
        ['one', 'signed_in'],
        ['two', 'signed_in'],
        ['one', 'signed_out'],
        ['two', 'signed_out'],
      ]),
    )
    for (const stop of stops) stop()
  })

  it('tabs that share the storage hear of sign-ins, without a token in the message', async () => {
    const post = vi.spyOn(BroadcastChannel.prototype, 'postMessage')
    const { client: one } = openTab({ storage: 'localStorage' })
    const { client: two } = openTab({ storage: 'localStorage' })
    const told = vi.fn()
    const stop = two.subscribe(told)
    await signIn(one)
    await vi.waitFor(() =>
      expect(told).toHaveBeenCalledWith({ type: 'signed_in', user: one.getUser() }),
    )
    expect(JSON.stringify(post.mock.calls)).not.toContain(await one.getAccessToken())
    expect(JSON.stringify(post.mock.calls)).not.toContain('user-1')
    stop()
    post.mockRestore()
  })

  it('tells of another tab’s sign-out once localStorage shows it here, which may be after the message', async () => {
    const shared = new FakeStorage()
    vi.stubGlobal('localStorage', shared)
    const { client: one } = openTab({ storage: 'localStorage' })
    await signIn(one)
    // A browser keeps a copy of localStorage in each process, and updates it a moment later.
    const copy = new FakeStorage()
    const update = () => {
      copy.kept.clear()
      for (const [key, value] of shared.kept) copy.kept.set(key, value)
    }
    update()
    vi.stubGlobal('localStorage', copy)
    const onStorage = new Set<() => void>()
    vi.stubGlobal('addEventListener', (_: string, listener: () => void) => onStorage.add(listener))
    const { client: two } = openTab({ storage: 'localStorage' })
    const seen: unknown[] = []
    const stop = two.subscribe((event) => seen.push([event.type, two.getUser()?.sub ?? null]))
    const messages = new BroadcastChannel(`gatehouse:app@${ISSUER}`)
    const arrived = new Promise((resolve) => {
      messages.onmessage = resolve
    })
    await one.signOut()
    await arrived
    expect(seen).toEqual([])
    expect(two.getUser()?.sub).toBe('user-1')
    update()
    for (const listener of onStorage) listener()
    await vi.waitFor(() => expect(seen).toEqual([['signed_out', null]]))
    messages.close()
    stop()
  })
})
