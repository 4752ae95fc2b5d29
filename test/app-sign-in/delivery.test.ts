/** How an answer reaches the app, what it costs, and what the user sees when it cannot be given. */
import { env } from 'cloudflare:workers'
import { beforeAll, beforeEach, describe, expect, it, test } from 'vitest'
import { loadConfig } from '../../src/config'
import { signToken } from '../../src/crypto/signed-token'
import { all, Breakdown } from '../degraded/breakdown'
import { part, signedIn, signIn, Visitor } from '../pages/visitor'
import { makeApp, type MadeApp, REDIRECT_URI } from '../support/apps'
import { makeUser, signedInUser } from '../support/users'
import { consoleLines } from '../support/worker'
import {
  actionOf,
  answered,
  answerIn,
  ask,
  authorizePath,
  fieldsOf,
  FROM_APP,
  FROM_US,
  ISSUER,
  parametersOf,
  refreshOf,
  STATE,
  thirdParty,
  unescaped,
} from './flow'

describe('a redirect', () => {
  it.each<[string, Record<string, string>]>([
    ['from another site', FROM_APP],
    ['from a sister host', { 'sec-fetch-site': 'same-site' }],
    ['from the address bar', { 'sec-fetch-site': 'none' }],
    ['of a browser that does not say', {}],
  ])('%s is one', async (_, headers) => {
    const { visitor } = await signedIn()
    const shown = await ask(visitor, await makeApp(), {}, headers)
    expect(answered(shown)).toHaveProperty('code')
    expect(shown.html).toBe('')
    expect(shown.headers.get('cache-control')).toBe('no-store')
    expect(shown.headers.get('referrer-policy')).toBe('same-origin')
  })

  it('that follows one of our forms is a page that goes on, as Chromium would stop it', async () => {
    const { visitor } = await signedIn()
    const app = await makeApp({ name: 'Orders' })
    for (const more of [{}, { prompt: 'none', scope: 'none' }]) {
      const shown = await ask(visitor, app, more, FROM_US)
      expect([shown.status, shown.to]).toEqual([200, null])
      const away = refreshOf(shown) ?? ''
      expect(answerIn(away)).toMatchObject({ state: STATE, iss: ISSUER })
      const link = part(
        shown.html,
        /<a class="button primary wide" href="([^"]*)" rel="noreferrer"/,
      )
      expect(unescaped(link)).toBe(away)
      expect(shown.html).toContain('You’re being taken to Orders.')
      expect(shown.html).not.toContain('<form')
      expect(Object.fromEntries(shown.headers)).toMatchObject({
        'cache-control': 'no-store',
        'referrer-policy': 'same-origin',
        'x-frame-options': 'DENY',
      })
    }
  })

  it('to a native app is a page with a button', async () => {
    const uri = 'com.example.app:/callback'
    const app = await makeApp({ kind: 'native', redirectUris: [uri, 'http://127.0.0.1/cb'] })
    const { visitor } = await signedIn()
    const shown = await ask(visitor, app, { redirect_uri: uri })
    expect(shown.status).toBe(200)
    const link = unescaped(part(shown.html, /href="(com[^"]*)"/)) ?? ''
    expect(link.startsWith(`${uri}?code=`)).toBe(true)
    const loopback = 'http://127.0.0.1:51234/cb'
    expect(answered(await ask(visitor, app, { redirect_uri: loopback }), loopback)).toHaveProperty(
      'code',
    )
    const posted = await ask(visitor, app, { redirect_uri: uri, response_mode: 'form_post' })
    expect(posted.html).toContain('error=unsupported_response_mode')
  })
})

describe('form_post', () => {
  it.each([
    ['from the app', FROM_APP],
    ['from us', FROM_US],
  ])('posts by itself, to the app alone: %s', async (_, headers) => {
    const { visitor } = await signedIn()
    const shown = await ask(visitor, await makeApp(), { response_mode: 'form_post' }, headers)
    expect(shown.status).toBe(200)
    expect(actionOf(shown, 'https:')).toBe(REDIRECT_URI)
    expect(fieldsOf(shown, REDIRECT_URI)).toEqual({
      code: expect.stringMatching(/^test1\.[\w-]{80,}$/),
      state: STATE,
      iss: ISSUER,
    })
    expect(shown.html.match(/<form/g)).toHaveLength(1)
    const policy = shown.headers.get('content-security-policy') ?? ''
    expect(policy).toContain('form-action https://client.example.org;')
    expect(policy).toContain("frame-ancestors 'none'")
    const nonce = part(policy, /script-src 'nonce-([\w-]+)'/)
    expect(shown.html).toContain(`src="/assets/form-post.js" nonce="${nonce}"`)
    expect(shown.headers.get('cache-control')).toBe('no-store')
  })

  it('takes errors too', async () => {
    const { visitor } = await signedIn()
    const more = { response_mode: 'form_post', scope: 'none' }
    const shown = await ask(visitor, await makeApp(), more)
    expect(fieldsOf(shown, REDIRECT_URI)).toEqual({
      error: 'invalid_scope',
      error_description: expect.any(String),
      state: STATE,
      iss: ISSUER,
    })
  })

  it('names a port in its policy', async () => {
    const uri = 'http://127.0.0.1:5555/cb'
    const app = await makeApp({ kind: 'native', redirectUris: ['http://127.0.0.1/cb'] })
    const { visitor } = await signedIn()
    const shown = await ask(visitor, app, { redirect_uri: uri, response_mode: 'form_post' })
    expect(shown.headers.get('content-security-policy')).toContain(
      'form-action http://127.0.0.1:5555;',
    )
  })
})

describe('an isolate', () => {
  let app: MadeApp
  let third: MadeApp
  let cookie: string
  let fields: Record<string, string>
  beforeAll(async () => {
    app = await makeApp()
    third = await thirdParty()
    const user = await signedInUser()
    const payload = { subject: user.subject, sid: user.sessionId }
    cookie = `gatehouse=${await signToken(loadConfig(env).TOKEN_KEYS, 'page', payload)}`
    const { body: html } = await new Breakdown().ask(asked(authorizePath(third)))
    fields = fieldsOf({ html }, '/oauth/consent')
  })
  beforeEach(() => void consoleLines())

  const asked = (path: string, body?: string) => ({
    method: body === undefined ? 'GET' : 'POST',
    path,
    ...(body !== undefined && { body }),
    headers: {
      cookie,
      accept: 'text/html',
      'sec-fetch-site': body === undefined ? 'cross-site' : 'same-origin',
      'content-type': 'application/x-www-form-urlencoded',
    },
  })
  const consent = (decision: string) =>
    asked(
      `/oauth/consent?${parametersOf(third).toString()}`,
      new URLSearchParams({ ...fields, decision }).toString(),
    )

  async function warm() {
    const isolate = new Breakdown()
    await isolate.ask(asked(authorizePath(app)))
    isolate.calls = []
    return isolate
  }
  /** D1 queries and calls of objects, without what goes on behind the answer. */
  const costOf = ({ calls }: Breakdown) => ({
    queries: calls.filter((name) => name.startsWith('DB.')).length,
    objects: calls.filter((name) => name.startsWith('USER_SESSIONS.')).length,
  })

  it('that is warm asks D1 nothing, and the user’s object once', async () => {
    const isolate = await warm()
    expect((await isolate.ask(asked(authorizePath(app)))).status).toBe(303)
    expect(costOf(isolate)).toEqual({ queries: 0, objects: 1 })
  })

  it('asks D1 once for the consent page, and not at all for its answer', async () => {
    const isolate = await warm()
    const page = await isolate.ask(asked(authorizePath(third)))
    expect(page.body).toContain('Allow Third')
    expect(costOf(isolate)).toEqual({ queries: 1, objects: 1 })
    isolate.calls = []
    expect((await isolate.ask(consent('deny'))).body).toContain('access_denied')
    expect(costOf(isolate)).toEqual({ queries: 0, objects: 0 })
    expect((await isolate.ask(consent('allow'))).body).toContain('code=')
    expect(costOf(isolate)).toEqual({ queries: 0, objects: 1 })
    isolate.calls = []
    expect((await isolate.ask(asked(authorizePath(third)))).status).toBe(303)
    expect(costOf(isolate)).toEqual({ queries: 0, objects: 1 })
  })

  it('wakes no object for a request that is wrong, nor for a stranger', async () => {
    const isolate = await warm()
    await isolate.ask(asked(authorizePath(app, { scope: 'none' })))
    await isolate.ask(asked(authorizePath(app, { redirect_uri: 'https://evil.example' })))
    await isolate.ask({ ...asked(authorizePath(app)), headers: { accept: 'text/html' } })
    expect(costOf(isolate)).toEqual({ queries: 0, objects: 0 })
  })

  it.each([
    ['the object is lost', 'USER_SESSIONS', 'object lost'],
    ['the object is overloaded', 'USER_SESSIONS', 'object overloaded'],
  ] as const)('shows a page while %s, and arrives when all is well again', async (_, kind, way) => {
    const isolate = await warm()
    isolate.fails = all(kind, way)
    for (const each of [
      asked(authorizePath(app)),
      asked(authorizePath(app, { prompt: 'none' })),
      asked(authorizePath(app, { prompt: 'select_account' })),
      consent('allow'),
    ]) {
      const shown = await isolate.ask(each)
      expect([shown.status, shown.headers.get('location')]).toEqual([503, null])
      expect(Number(shown.headers.get('retry-after'))).toBeGreaterThan(0)
      expect(shown.headers.get('cross-origin-opener-policy')).toBe('unsafe-none')
      expect(shown.body).toContain('We’ll be right back')
    }
    isolate.fails = () => undefined
    expect((await isolate.ask(asked(authorizePath(app)))).status).toBe(303)
  })

  it('goes on while D1 is down if it is warm, and shows a page if it is cold', async () => {
    const isolate = await warm()
    isolate.fails = all('DB', 'D1 lost')
    expect((await isolate.ask(asked(authorizePath(app)))).status).toBe(303)
    const cold = new Breakdown()
    cold.fails = all('DB', 'D1 lost')
    const shown = await cold.ask(asked(authorizePath(app)))
    expect([shown.status, shown.headers.get('location')]).toEqual([503, null])
  })
})

test('the log never holds a code, a state or a nonce', async () => {
  const lines = consoleLines()
  const [visitor, user] = [new Visitor(), await makeUser()]
  await signIn(visitor, user)
  const { code } = answered(await ask(visitor, await makeApp(), { nonce: 'secret-nonce' }))
  expect(code).toBeTruthy()
  const said = lines.join('\n')
  for (const text of [code ?? '', STATE, 'secret-nonce']) expect(said).not.toContain(text)
})

test('one of too many requests is a page that says when to come back', async () => {
  const app = await makeApp()
  const { visitor } = await signedIn()
  let shown = await ask(visitor, app)
  for (let i = 0; i < 200 && shown.status === 303; i++) shown = await ask(visitor, app)
  expect(shown.status).toBe(429)
  expect(Number(shown.headers.get('retry-after'))).toBeGreaterThan(0)
  const told = answered(await ask(visitor, app, { prompt: 'none' }))
  expect(told['error']).toBe('temporarily_unavailable')
})
