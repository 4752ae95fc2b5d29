/** Attacks on authorization (RFC 6749 section 10, RFC 9700): each of them gets an error, a question or nothing. */
import { env } from 'cloudflare:workers'
import { describe, expect, it, test } from 'vitest'
import { sessionsOf } from '../../src/sessions/object-stub'
import { part, signedIn, signIn, Visitor } from '../pages/visitor'
import { makeApp, REDIRECT_URI } from '../support/apps'
import { depsFor } from '../support/deps'
import { makeUser, signedInUser } from '../support/users'
import { fetchWith } from '../support/worker'
import {
  actionOf,
  answered,
  answerIn,
  ask,
  authorizePath,
  changeApp,
  codeIn,
  decide,
  fieldsOf,
  FROM_APP,
  FROM_US,
  parametersOf,
  refreshOf,
  thirdParty,
} from './flow'

describe('an open redirect', () => {
  const evil = 'https://evil.example'
  it.each([
    ['another site', `${evil}/callback`],
    ['another path', `${REDIRECT_URI}/more`],
    ['a longer host', 'https://client.example.org.evil.example/callback'],
    ['a user in the authority', 'https://client.example.org@evil.example/callback'],
    ['another port', 'https://client.example.org:8443/callback'],
    ['http', 'http://client.example.org/callback'],
    ['a path that climbs', `${REDIRECT_URI}/../../evil`],
    ['an escaped letter', 'https://client.example.org/%63allback'],
    ['a query', `${REDIRECT_URI}?next=${evil}`],
    ['a fragment', `${REDIRECT_URI}#x`],
    ['other letters', 'https://CLIENT.example.org/callback'],
    ['a script', 'javascript:alert(1)'],
    ['data', 'data:text/html,x'],
    ['no scheme', '//evil.example'],
    ['a backslash', 'https:\\\\evil.example'],
    ['a blank before it', ` ${REDIRECT_URI}`],
    ['a line end', `${REDIRECT_URI}\r\nset-cookie: x=y`],
    ['a wildcard', 'https://*.example.org/callback'],
    ['nothing', ''],
  ])('by %s shows a page', async (_, redirectUri) => {
    const app = await makeApp()
    const { visitor } = await signedIn()
    for (const more of [{}, { prompt: 'none' }, { response_type: 'token' }, { request: 'x' }]) {
      const shown = await ask(visitor, app, { ...more, redirect_uri: redirectUri })
      expect([shown.status, shown.to]).toEqual([400, null])
      expect(shown.html).toContain('This sign-in can’t continue')
      expect(shown.html).not.toMatch(
        /http-equiv="refresh"|(href|src|action)="[^"]*(evil|javascript:)/,
      )
    }
  })

  it('by two redirect URIs or two client ids shows a page', async () => {
    const [app, other] = [await makeApp(), await makeApp()]
    const { visitor } = await signedIn()
    for (const [name, value] of [
      ['redirect_uri', REDIRECT_URI],
      ['redirect_uri', evil],
      ['client_id', other.clientId],
      ['client_id', app.clientId],
    ] as const) {
      const sent = parametersOf(app)
      sent.append(name, value)
      const shown = await visitor.open(`/oauth/authorize?${sent.toString()}`, FROM_APP)
      expect([shown.status, shown.to]).toEqual([400, null])
    }
  })

  it('by the path that the pages go on to', async () => {
    for (const next of [
      '//evil.example',
      'https://evil.example',
      '/\\evil.example',
      '/oauth/authorize\\@evil.example',
      '/oauth/../..//evil.example',
    ]) {
      const { visitor } = await signedIn()
      for (const path of ['/sign-in', '/confirm-identity', '/sign-up']) {
        const shown = await visitor.open(`${path}?next=${encodeURIComponent(next)}`)
        expect(shown.to ?? '/').toMatch(/^\/(?![/\\])/)
      }
    }
  })
})

describe('a client', () => {
  it.each(['', 'x', 'x'.repeat(22), '__proto__', 'constructor', "' OR 1=1 --"])(
    'that is unknown (%j) shows a page',
    async (clientId) => {
      const shown = await ask((await signedIn()).visitor, { clientId, secret: null })
      expect([shown.status, shown.to]).toEqual([400, null])
    },
  )

  it('that is disabled looks like one that is unknown', async () => {
    const app = await makeApp()
    const { visitor } = await signedIn()
    await changeApp(app, 'disabled_at = 1')
    const texts = [app, { clientId: 'x'.repeat(22), secret: null }].map(async (each) =>
      part((await ask(visitor, each)).html, /<main[^>]*>(.*)<\/main>/s),
    )
    const [disabled, unknown] = await Promise.all(texts)
    expect(disabled).toBe(unknown)
  })

  it('that is a machine signs nobody in', async () => {
    const app = await makeApp({ kind: 'machine', redirectUris: [] })
    expect((await ask((await signedIn()).visitor, app)).status).toBe(400)
  })

  it('cannot put markup on our pages', async () => {
    const app = await thirdParty({ name: '<script>alert(1)</script>' })
    const { visitor } = await signedIn()
    for (const shown of [
      await ask(visitor, app),
      await ask(visitor, app, { prompt: 'select_account' }),
      await ask(visitor, app, { state: '"><script>', response_mode: 'form_post', scope: 'x' }),
    ]) {
      expect(shown.html).not.toContain('<script>')
    }
  })
})

describe('the consent page', () => {
  it('is in no frame and no cache, and its address is not sent to other sites', async () => {
    const shown = await ask((await signedIn()).visitor, await thirdParty())
    expect(Object.fromEntries(shown.headers)).toMatchObject({
      'x-frame-options': 'DENY',
      'cache-control': 'no-store',
      'referrer-policy': 'same-origin',
      'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
    })
  })

  it('cannot be answered by another site', async () => {
    const app = await thirdParty()
    const { visitor } = await signedIn()
    const page = await ask(visitor, app)
    const action = actionOf(page, '/oauth/consent') ?? ''
    const fields = { ...fieldsOf(page, '/oauth/consent'), decision: 'allow' }
    for (const headers of [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'https://evil.example' },
      {},
    ]) {
      expect((await visitor.post(action, fields, headers as Record<string, string>)).status).toBe(
        403,
      )
    }
    expect((await visitor.post('/oauth/authorize', fields, FROM_US)).status).toBe(303)
    expect((await ask(visitor, app)).html).toContain('Allow Third')
  })

  it('cannot be answered by the form of another user, nor by one without its mark', async () => {
    const app = await thirdParty()
    const { visitor } = await signedIn()
    const page = await ask(visitor, app)
    const action = actionOf(page, '/oauth/consent') ?? ''
    const { form_of: _, ...unmarked } = fieldsOf(page, '/oauth/consent')
    expect((await visitor.post(action, { ...unmarked, decision: 'allow' })).status).toBe(403)
    const bob = await makeUser()
    await visitor.post('/sign-out')
    await signIn(visitor, bob)
    const refused = await decide(visitor, page, 'allow')
    expect(refused.status).toBe(403)
    expect(refused.html).toContain('signed in as a different user')
    expect((await ask(visitor, app)).status).toBe(200)
    expect(await decide(visitor, page, 'deny')).toMatchObject({ status: 403 })
  })

  it('does not take another decision, nor one in its address', async () => {
    const app = await thirdParty()
    const { visitor } = await signedIn()
    const page = await ask(visitor, app)
    const action = actionOf(page, '/oauth/consent') ?? ''
    const fields = fieldsOf(page, '/oauth/consent')
    for (const decision of ['', 'yes', 'ALLOW']) {
      const shown = await visitor.post(action, { ...fields, decision })
      expect(shown.to).toMatch(/^\/oauth\/authorize\?/)
    }
    const opened = await visitor.open(`${action}&decision=allow`, FROM_APP)
    expect(opened.to).toMatch(/^\/oauth\/authorize\?/)
    expect((await visitor.open(opened.to ?? '', FROM_APP)).status).toBe(200)
  })

  it('cannot be skipped by a parameter', async () => {
    const { visitor } = await signedIn()
    for (const more of [{ consent: 'given' }, { decision: 'allow' }, { mode: 'not_needed' }]) {
      expect((await ask(visitor, await thirdParty(), more)).html).toContain('Allow Third')
    }
  })
})

test('a code names no user to the app, and two apps cannot compare theirs', async () => {
  const { visitor } = await signedIn()
  const codes = await Promise.all(
    [makeApp(), makeApp()].map(async (app) => answered(await ask(visitor, await app))['code']),
  )
  const [one, two] = await Promise.all(codes.map(codeIn))
  expect(one?.subject).toBe(two?.subject)
  for (const code of codes) expect(code).not.toContain(one?.subject)
})

test('PKCE cannot be taken away from an app that must use it', async () => {
  const { visitor } = await signedIn()
  for (const app of [
    await makeApp(),
    await makeApp({ kind: 'native', redirectUris: ['http://127.0.0.1/cb'] }),
  ]) {
    const redirectUri = app.secret === null ? 'http://127.0.0.1:5000/cb' : REDIRECT_URI
    const more = {
      redirect_uri: redirectUri,
      code_challenge: undefined,
      code_challenge_method: undefined,
    }
    const shown = await ask(visitor, app, more)
    expect(answered(shown, redirectUri)['error']).toBe('invalid_request')
  }
})

test('a forged session cookie wakes no object', async () => {
  const app = await makeApp()
  const { visitor } = await signedIn()
  const real = visitor.cookies.get('gatehouse') ?? ''
  for (const cookie of ['x', `${real}x`, real.replace('page.', 'refresh.'), real.slice(0, -3)]) {
    visitor.cookies.set('gatehouse', cookie)
    expect((await ask(visitor, app)).to).toMatch(/^\/sign-in\?next=/)
  }
})

test('the answer is readable by no other origin', async () => {
  for (const origin of ['https://evil.example', 'https://client.example.org']) {
    const { visitor } = await signedIn()
    const shown = await ask(visitor, await makeApp(), {}, { ...FROM_APP, origin })
    expect(shown.headers.get('access-control-allow-origin')).toBeNull()
    const preflight = await fetchWith({}, '/oauth/authorize', {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'GET' },
    })
    expect(preflight.headers.get('access-control-allow-origin')).toBeNull()
  }
})

test('a bearer token opens nothing here', async () => {
  const { asks, token } = await signedInUser()
  expect((await asks('GET', '/users/profile')).status).toBe(200)
  const shown = await ask(new Visitor(), await makeApp(), {}, { authorization: `Bearer ${token}` })
  expect(shown.to).toMatch(/^\/sign-in/)
})

test('nothing is written before the decision', async () => {
  const app = await thirdParty()
  const user = await makeUser()
  const visitor = new Visitor()
  await signIn(visitor, user)
  const tables = ['audit_log', 'app_grants', 'outbox']
  const counts = async () =>
    Promise.all(
      tables.map((name) => env.DB.prepare(`SELECT count(*) AS n FROM ${name}`).first('n')),
    )
  const before = await counts()
  await ask(visitor, app)
  await ask(visitor, app, { prompt: 'select_account' })
  const page = await ask(visitor, app)
  await decide(visitor, page, 'deny')
  expect(await sessionsOf(depsFor(), user.subject).connectedApps()).toEqual([])
  expect(await counts()).toEqual(before)
})

describe('8 KiB', () => {
  const long = (chars: number) => ({ state: 's'.repeat(chars) })

  it('are taken, also through the sign-in', async () => {
    const app = await makeApp()
    const [visitor, user] = [new Visitor(), await makeUser()]
    const more = { ...long(4_000), login_hint: 'x'.repeat(3_500) }
    expect(authorizePath(app, more).length).toBeGreaterThan(7_700)
    const asked = await ask(visitor, app, more)
    await signIn(visitor, user, {}, asked.to?.replace('/sign-in', ''))
    const next = new URL(asked.to ?? '', 'http://x').searchParams.get('next') ?? ''
    const shown = await visitor.open(next, FROM_US)
    expect(answerIn(refreshOf(shown) ?? '')['state']).toBe(more.state)
  })

  it('and more are a page', async () => {
    const { visitor } = await signedIn()
    const app = await makeApp()
    const more = { ...long(4_000), login_hint: 'x'.repeat(5_000) }
    const shown = await ask(visitor, app, more)
    expect([shown.status, shown.to]).toEqual([400, null])
    expect(shown.html).toContain('a request that is too long')
    const posted = await visitor.post(
      '/oauth/authorize',
      Object.fromEntries(parametersOf(app, more)),
      FROM_APP,
    )
    expect([posted.status, posted.to]).toEqual([400, null])
    const huge = { ...Object.fromEntries(parametersOf(app)), state: 's'.repeat(70_000) }
    expect((await visitor.post('/oauth/authorize', huge, FROM_APP)).status).toBe(413)
  })
})

test('a form with broken escapes, or of another type, is refused', async () => {
  const { visitor } = await signedIn()
  for (const type of ['application/json', 'multipart/form-data; boundary=x', 'text/plain']) {
    const shown = await visitor.post('/oauth/authorize', {}, { ...FROM_APP, 'content-type': type })
    expect(shown.status).toBe(415)
  }
})
