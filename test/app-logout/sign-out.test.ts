/** RP-initiated logout: what signs out at once, what asks first, where it leads, and what attackers get. */
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it, test, vi } from 'vitest'
import { signIdToken } from '../../src/app-tokens/id-token'
import { signLogoutToken } from '../../src/app-tokens/logout-token'
import { appMap, forgetAppMap } from '../../src/apps/app-map'
import { verifyToken } from '../../src/crypto/signed-token'
import worker from '../../src/index'
import type { AppSession } from '../../src/sessions/app-session-types'
import { sessionsOf } from '../../src/sessions/object-stub'
import { fieldsOf, FROM_APP, FROM_US, refreshOf } from '../app-sign-in/flow'
import { rowsOf } from '../db/rows'
import { signedIn, type Shown, Visitor } from '../pages/visitor'
import { makeApp } from '../support/apps'
import { depsFor } from '../support/deps'
import { fetchWith } from '../support/worker'
import { recordingEnv } from '../support/wrapped-env'
import {
  deliveriesTo,
  listeningApp,
  type ListeningApp,
  openApp,
  POST_LOGOUT,
  withReceiver,
} from './desk'

withReceiver()

const DEVICE = { ip: null, country: null, userAgent: null }

interface SignedIn {
  visitor: Visitor
  subject: string
  sessionId: string
  app: ListeningApp
  appSession: AppSession
  hint: string
}

/** The session that a browser's cookie names. */
async function sessionIdOf({ cookies }: Visitor): Promise<string> {
  const { config } = depsFor()
  const token = await verifyToken(config.TOKEN_KEYS, 'page', cookies.get('gatehouse') ?? '')
  if (!token) throw new Error('no session')
  return token.sid
}

async function hintOf(
  { clientId }: { clientId: string },
  appSession: AppSession,
  now = Date.now(),
) {
  const deps = depsFor({ now })
  const app = (await appMap(deps)).apps.get(clientId)
  if (!app) throw new Error('no app')
  return signIdToken(deps, { app, appSession, nonce: null, accessToken: 'x' })
}

/** A user who is signed in in a browser and, from there, to an app. */
async function signedInTo(app?: ListeningApp): Promise<SignedIn> {
  const listening = app ?? (await listeningApp('ok', { name: 'Orders & Co' }))
  const { visitor } = await signedIn()
  const sessionId = await sessionIdOf(visitor)
  const subject = sessionId.slice(0, 22)
  const appSession = await openApp({ subject, sessionId }, listening)
  const hint = await hintOf(listening, appSession)
  return { visitor, subject, sessionId, app: listening, appSession, hint }
}

const pathOf = (parameters: Record<string, string | undefined>) => {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters))
    if (value !== undefined) query.set(name, value)
  return `/oauth/sign-out?${query.toString()}`
}
const open = (
  visitor: Visitor,
  parameters: Record<string, string | undefined>,
  headers: Record<string, string> = FROM_APP,
) => visitor.open(pathOf(parameters), headers)

const isLive = async ({ subject, sessionId }: Pick<SignedIn, 'subject' | 'sessionId'>) =>
  (await sessionsOf(depsFor(), subject).check(sessionId, DEVICE)).isLive
const isAppLive = async ({ subject, appSession }: Pick<SignedIn, 'subject' | 'appSession'>) =>
  (await sessionsOf(depsFor(), subject).checkApp(appSession.id)).isLive

const asks = (shown: Shown) =>
  shown.status === 200 && shown.html.includes('action="/oauth/sign-out/answer')
const isGone = (shown: Shown) => shown.status === 200 && shown.html.includes('You’re signed out')

describe('a hint of the session that this browser opened', () => {
  test('signs out at once, everywhere, and leads back with the state', async () => {
    const ada = await signedInTo()
    const shown = await open(ada.visitor, {
      id_token_hint: ada.hint,
      post_logout_redirect_uri: POST_LOGOUT,
      state: 'a state & more',
      client_id: ada.app.clientId,
      logout_hint: 'ignored',
      unknown: 'ignored',
    })
    expect([shown.status, shown.to]).toEqual([303, `${POST_LOGOUT}?state=a+state+%26+more`])
    expect(shown.headers.get('referrer-policy')).toBe('same-origin')
    // An app that signs out by a popup keeps it.
    expect(shown.headers.get('cross-origin-opener-policy')).toBe('unsafe-none')
    expect(ada.visitor.cookies.has('gatehouse')).toBe(false)
    expect([await isLive(ada), await isAppLive(ada)]).toEqual([false, false])
    // The app hears of it by the back channel too, as do all others of the session.
    expect(await deliveriesTo(ada.app)).toMatchObject([
      { sid: ada.appSession.id, reason: 'signed_out' },
    ])
  })

  test('costs one call to the object and no query', async () => {
    const ada = await signedInTo()
    const recorded = recordingEnv(env)
    const headers = {
      'cf-connecting-ip': '203.0.113.5',
      cookie: `gatehouse=${ada.visitor.cookies.get('gatehouse')}`,
    }
    const path = pathOf({ id_token_hint: ada.hint, post_logout_redirect_uri: POST_LOGOUT })
    const ask = async (sent: Record<string, string>) => {
      const ctx = createExecutionContext()
      recorded.calls.length = 0
      const request = new Request(`http://localhost:8787${path}`, { headers: sent })
      const response = await worker.fetch(request as never, recorded.env, ctx)
      const calls = recorded.calls.filter((name) => !name.includes('QUEUE'))
      await waitOnExecutionContext(ctx)
      return { status: response.status, calls }
    }
    // This isolate knows the apps and keys from here on.
    await ask({ 'cf-connecting-ip': '203.0.113.5' })
    expect(await ask(headers)).toEqual({ status: 303, calls: ['USER_SESSIONS.signOutForApp'] })
    expect(await ask({ 'cf-connecting-ip': '203.0.113.5' })).toEqual({ status: 303, calls: [] })
  })

  test('may be of a session that the app has revoked just before', async () => {
    const ada = await signedInTo()
    await sessionsOf(depsFor(), ada.subject).endAppSession(
      ada.appSession.id,
      ada.app.clientId,
      'revoked_by_app',
      DEVICE,
    )
    const parameters = { id_token_hint: ada.hint, post_logout_redirect_uri: POST_LOGOUT }
    const shown = await open(ada.visitor, parameters)
    expect(shown.to).toBe(POST_LOGOUT)
    expect(await isLive(ada)).toBe(false)
  })

  test('may have expired long ago', async () => {
    const ada = await signedInTo()
    const id_token_hint = await hintOf(ada.app, ada.appSession, Date.now() - 20 * 86_400_000)
    const shown = await open(ada.visitor, { id_token_hint, post_logout_redirect_uri: POST_LOGOUT })
    expect(shown.to).toBe(POST_LOGOUT)
    expect(await isLive(ada)).toBe(false)
  })

  test('without a URI shows that the user is signed out', async () => {
    const ada = await signedInTo()
    const shown = await open(ada.visitor, { id_token_hint: ada.hint, state: 'x' })
    expect(isGone(shown)).toBe(true)
    expect(ada.visitor.cookies.has('gatehouse')).toBe(false)
    expect(await isLive(ada)).toBe(false)
  })

  test('by a form of the app, which the cookie does not follow', async () => {
    const ada = await signedInTo()
    const fields = { id_token_hint: ada.hint, post_logout_redirect_uri: POST_LOGOUT, state: 'x' }
    const stranger = new Visitor()
    const shown = await stranger.post('/oauth/sign-out', fields, FROM_APP)
    expect([shown.status, shown.to]).toEqual([303, pathOf(fields)])
    expect(await isLive(ada)).toBe(true)
    expect((await ada.visitor.open(shown.to ?? '', FROM_APP)).to).toBe(`${POST_LOGOUT}?state=x`)
    expect(await isLive(ada)).toBe(false)
  })

  test('from a page of ours leads on by a page, because forms may not redirect', async () => {
    const ada = await signedInTo()
    const shown = await open(
      ada.visitor,
      { id_token_hint: ada.hint, post_logout_redirect_uri: POST_LOGOUT, state: 'x' },
      FROM_US,
    )
    expect(shown.status).toBe(200)
    expect(refreshOf(shown)).toBe(`${POST_LOGOUT}?state=x`)
    expect(shown.headers.get('content-security-policy')).toContain("form-action 'self'")
  })

  test('of a native app opens it only after a click', async () => {
    const uri = 'com.example.orders:/goodbye'
    const app = await listeningApp('ok', { kind: 'native', postLogoutRedirectUris: [uri] })
    const ada = await signedInTo(app)
    const shown = await open(ada.visitor, {
      id_token_hint: ada.hint,
      post_logout_redirect_uri: uri,
    })
    expect(shown.status).toBe(200)
    expect(shown.html).toContain(`href="${uri}"`)
  })

  test('twice is harmless', async () => {
    const ada = await signedInTo()
    const parameters = { id_token_hint: ada.hint, post_logout_redirect_uri: POST_LOGOUT }
    const cookie = `gatehouse=${ada.visitor.cookies.get('gatehouse')}`
    const all = await Promise.all(
      Array.from({ length: 5 }, () =>
        new Visitor().open(pathOf(parameters), { ...FROM_APP, cookie }),
      ),
    )
    expect(all.map(({ to }) => to)).toEqual(all.map(() => POST_LOGOUT))
    expect(await deliveriesTo(ada.app)).toHaveLength(1)
  })
})

describe('the page that asks', () => {
  test('signs out by our own form, and leads back by a page', async () => {
    const ada = await signedInTo()
    await sessionsOf(depsFor(), ada.subject).endAppSession(
      ada.appSession.id,
      ada.app.clientId,
      'code_replayed',
      DEVICE,
    )
    const parameters = {
      id_token_hint: ada.hint,
      post_logout_redirect_uri: POST_LOGOUT,
      state: 's',
    }
    const shown = await open(ada.visitor, parameters)
    expect(asks(shown)).toBe(true)
    expect(shown.html).toContain('Orders &amp; Co asks')
    expect(await isLive(ada)).toBe(true)
    const action = pathOf(parameters).replace('sign-out?', 'sign-out/answer?')
    const done = await ada.visitor.post(action, fieldsOf(shown, '/oauth/sign-out/answer'))
    expect(refreshOf(done)).toBe(`${POST_LOGOUT}?state=s`)
    expect(await isLive(ada)).toBe(false)
    expect(ada.visitor.cookies.has('gatehouse')).toBe(false)
  })

  test('is shown without parameters too, and names no app', async () => {
    const ada = await signedInTo()
    const shown = await ada.visitor.open('/oauth/sign-out', FROM_APP)
    expect(asks(shown)).toBe(true)
    expect(shown.html).not.toContain('Orders')
    const done = await ada.visitor.post(
      '/oauth/sign-out/answer',
      fieldsOf(shown, '/oauth/sign-out/answer'),
    )
    expect(isGone(done)).toBe(true)
    expect(await isLive(ada)).toBe(false)
  })

  test('speaks the languages that the app asks for', async () => {
    for (const [ui_locales, words] of [
      ['de', 'Sie sind abgemeldet'],
      ['xx fr', 'Vous êtes déconnecté'],
    ] as const) {
      expect((await open(new Visitor(), { ui_locales })).html).toContain(words)
    }
  })

  test('a form that was shown to another user asks again', async () => {
    const [ada, bob] = [await signedInTo(), await signedInTo()]
    const shown = await ada.visitor.open('/oauth/sign-out')
    const fields = fieldsOf(shown, '/oauth/sign-out/answer')
    const done = await bob.visitor.post('/oauth/sign-out/answer', fields)
    expect([done.status, done.to]).toEqual([303, '/oauth/sign-out'])
    expect(await isLive(bob)).toBe(true)
    // Without a mark too, as nobody's form has none.
    expect((await bob.visitor.post('/oauth/sign-out/answer')).status).toBe(303)
    expect(await isLive(bob)).toBe(true)
  })

  test('an address without a post leads to the question', async () => {
    const shown = await new Visitor().open('/oauth/sign-out/answer?state=x')
    expect(shown.to).toBe('/oauth/sign-out?state=x')
  })
})

describe('nobody to sign out', () => {
  test('a browser without a session is led back all the same', async () => {
    const { hint, visitor, sessionId, subject } = await signedInTo()
    const stranger = new Visitor()
    const parameters = { id_token_hint: hint, post_logout_redirect_uri: POST_LOGOUT, state: 'x' }
    expect((await open(stranger, parameters)).to).toBe(`${POST_LOGOUT}?state=x`)
    // Whose hint it is is signed in elsewhere, and stays so.
    expect(await isLive({ subject, sessionId })).toBe(true)
    await visitor.post('/sign-out', fieldsOf(await visitor.open('/account'), '/sign-out'))
    expect((await open(visitor, parameters)).to).toBe(`${POST_LOGOUT}?state=x`)
  })

  test('a session that ended elsewhere is led back, and its cookie is removed', async () => {
    const ada = await signedInTo()
    await sessionsOf(depsFor(), ada.subject).revokeSession(ada.sessionId, 'revoked', DEVICE)
    const shown = await open(ada.visitor, {
      id_token_hint: ada.hint,
      post_logout_redirect_uri: POST_LOGOUT,
    })
    expect(shown.to).toBe(POST_LOGOUT)
    expect(ada.visitor.cookies.has('gatehouse')).toBe(false)
  })

  test('without a URI shows a page', async () => {
    expect(isGone(await new Visitor().open('/oauth/sign-out'))).toBe(true)
  })
})

describe('attacks', () => {
  /** What asks, redirects nowhere and leaves the session. */
  const isHarmless = async (ada: SignedIn, parameters: Record<string, string | undefined>) => {
    const shown = await open(ada.visitor, { post_logout_redirect_uri: POST_LOGOUT, ...parameters })
    expect(shown.to).toBeNull()
    expect(asks(shown)).toBe(true)
    expect(shown.html).not.toContain('href="https://client')
    expect(refreshOf(shown)).toBeUndefined()
    expect(await isLive(ada)).toBe(true)
    // And nobody who is signed out is led anywhere by it.
    const nobody = await open(new Visitor(), {
      post_logout_redirect_uri: POST_LOGOUT,
      ...parameters,
    })
    expect([nobody.to, refreshOf(nobody)]).toEqual([null, undefined])
  }

  test('a link without a hint signs nobody out and leads nowhere', async () => {
    const ada = await signedInTo()
    await isHarmless(ada, {})
    await isHarmless(ada, { client_id: ada.app.clientId })
  })

  test('a hint that is not ours, changed, or no ID token', async () => {
    const ada = await signedInTo()
    const deps = depsFor()
    const app = (await appMap(deps)).apps.get(ada.app.clientId)
    if (!app) throw new Error('no app')
    const [head = '', body = '', signature = ''] = ada.hint.split('.')
    const claims = JSON.parse(atob(body.replaceAll('-', '+').replaceAll('_', '/')))
    const encode = (value: object) =>
      btoa(JSON.stringify(value)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
    const wrong = [
      'garbage',
      'a.b.c',
      `${head}.${body}.`,
      `${encode({ alg: 'none' })}.${body}.`,
      `${head}.${encode({ ...claims, sid: ada.appSession.id, exp: 9e9 })}.${signature}`,
      `${encode({ alg: 'HS256', typ: 'JWT' })}.${body}.${signature}`,
      await signLogoutToken(deps, { app, sub: ada.appSession.sub, sid: ada.appSession.id }),
      ada.hint + 'x'.repeat(7000),
    ]
    for (const id_token_hint of wrong) await isHarmless(ada, { id_token_hint })
  })

  test('a hint of another app than `client_id` says', async () => {
    const ada = await signedInTo()
    const other = await listeningApp()
    await isHarmless(ada, { id_token_hint: ada.hint, client_id: other.clientId })
  })

  test('the hint of another user asks, and signs out neither', async () => {
    const app = await listeningApp()
    const [ada, eve] = [await signedInTo(app), await signedInTo(app)]
    const shown = await open(ada.visitor, { id_token_hint: eve.hint })
    expect(asks(shown)).toBe(true)
    expect([await isLive(ada), await isLive(eve)]).toEqual([true, true])
  })

  test('the hint of one\u2019s session in another browser asks', async () => {
    const ada = await signedInTo()
    const second = await signedInTo(ada.app)
    const shown = await open(second.visitor, { id_token_hint: ada.hint })
    expect(asks(shown)).toBe(true)
    expect(await isLive(second)).toBe(true)
  })

  test.each([
    'https://evil.example/',
    'https://client.example.org/goodbye/',
    'https://client.example.org/goodbye?x=1',
    'https://client.example.org/goodbye#x',
    'https://client.example.org@evil.example/goodbye',
    'HTTPS://client.example.org/goodbye',
    '//evil.example',
    '/account',
    'javascript:alert(1)',
    '',
  ])('an address that is not registered: %j', async (uri) => {
    const ada = await signedInTo()
    const shown = await open(ada.visitor, {
      id_token_hint: ada.hint,
      post_logout_redirect_uri: uri,
    })
    expect(isGone(shown)).toBe(true)
    expect(refreshOf(shown)).toBeUndefined()
    if (uri !== '') expect(shown.html).not.toContain(`"${uri}"`)
  })

  test('an address of another app', async () => {
    const ada = await signedInTo()
    await makeApp({ postLogoutRedirectUris: ['https://other.example.org/'] })
    const shown = await open(ada.visitor, {
      id_token_hint: ada.hint,
      post_logout_redirect_uri: 'https://other.example.org/',
    })
    expect(isGone(shown)).toBe(true)
  })

  test('a repeated parameter', async () => {
    const ada = await signedInTo()
    const query = pathOf({ id_token_hint: ada.hint, post_logout_redirect_uri: POST_LOGOUT })
    const shown = await ada.visitor.open(`${query}&state=a&state=b`, FROM_APP)
    expect(asks(shown)).toBe(true)
    expect(await isLive(ada)).toBe(true)
  })

  test('a disabled app', async () => {
    const ada = await signedInTo()
    await rowsOf('UPDATE apps SET disabled_at = 1 WHERE client_id = ?', ada.app.clientId)
    forgetAppMap(depsFor())
    await isHarmless(ada, { id_token_hint: ada.hint })
  })

  test('another site that posts the answer', async () => {
    const ada = await signedInTo()
    const fields = fieldsOf(await ada.visitor.open('/oauth/sign-out'), '/oauth/sign-out/answer')
    for (const site of ['cross-site', 'same-site', 'none']) {
      const shown = await ada.visitor.post('/oauth/sign-out/answer', fields, {
        'sec-fetch-site': site,
      })
      expect(shown.status).toBe(403)
    }
    expect(await isLive(ada)).toBe(true)
  })

  test('a browser that loads the address ahead', async () => {
    const ada = await signedInTo()
    const sent = { id_token_hint: ada.hint }
    for (const name of ['sec-purpose', 'purpose', 'x-moz']) {
      const headers = { ...FROM_APP, [name]: 'prefetch;prerender' }
      expect((await open(ada.visitor, sent, headers)).status).toBe(503)
    }
    const cookie = `gatehouse=${ada.visitor.cookies.get('gatehouse') ?? ''}`
    const head = await fetchWith({}, pathOf(sent), { method: 'HEAD', headers: { cookie } })
    expect([head.status, head.headers.getSetCookie()]).toEqual([200, []])
    expect(await isLive(ada)).toBe(true)
  })

  test('a state cannot add parameters or lines', async () => {
    const ada = await signedInTo()
    const shown = await open(ada.visitor, {
      id_token_hint: ada.hint,
      post_logout_redirect_uri: POST_LOGOUT,
      state: 'x&code=1\r\nset-cookie: a=b',
    })
    expect([...new URL(shown.to ?? '').searchParams]).toEqual([
      ['state', 'x&code=1\r\nset-cookie: a=b'],
    ])
    expect(shown.headers.getSetCookie().join()).not.toContain('a=b')
  })

  test('an object that does not answer: 503, and the cookie stays', async () => {
    const ada = await signedInTo()
    const down = vi.spyOn(env.USER_SESSIONS, 'getByName').mockImplementation(() => {
      throw Object.assign(new Error('overloaded'), { overloaded: true })
    })
    const shown = await open(ada.visitor, { id_token_hint: ada.hint })
    down.mockRestore()
    expect(shown.status).toBeGreaterThanOrEqual(500)
    expect(ada.visitor.cookies.has('gatehouse')).toBe(true)
    expect(await isLive(ada)).toBe(true)
  })
})

it('logs neither the hint nor the state', async () => {
  const lines: string[] = []
  const spy = vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line))
  const ada = await signedInTo()
  await open(ada.visitor, { id_token_hint: ada.hint, state: 'a-state-of-mine' })
  spy.mockRestore()
  expect(lines.join('\n')).not.toMatch(/a-state-of-mine|eyJ/)
})
