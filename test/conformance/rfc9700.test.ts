/**
 * The attacks of RFC 9700 (Best Current Practice for OAuth 2.0 Security), section 4: a test or more for each, under its
 * number. What several parts of the service share is tested where it is; README.md says where.
 */
import { SignJWT } from 'jose'
import { describe, expect, it, test } from 'vitest'
import { verifyAppToken } from '../../src/app-tokens/access-token'
import { signIdToken } from '../../src/app-tokens/id-token'
import { randomId } from '../../src/crypto/encoding'
import { signingKey } from '../../src/sessions/tokens/signing-keys'
import {
  actionOf,
  answered,
  answerIn,
  ask,
  authorizePath,
  changeApp,
  CHALLENGE,
  decide,
  fieldsOf,
  FROM_APP,
  FROM_US,
  ISSUER,
  parametersOf,
  refreshOf,
  thirdParty,
  VERIFIER as BROWSER_VERIFIER,
} from '../app-sign-in/flow'
import {
  claimsOf,
  codeFor,
  introspect,
  postForm,
  redeem,
  refreshWith,
  said,
  tokensFor,
  userinfo,
  VERIFIER,
} from '../app-tokens/flow'
import { part, signedIn, signIn, Visitor } from '../pages/visitor'
import { get, post, send } from '../support/api'
import { makeKey } from '../support/api-keys'
import { makeApp, makeResource, REDIRECT_URI } from '../support/apps'
import { MINUTE, pass, SECOND, stopClock } from '../support/clock'
import { depsFor } from '../support/deps'
import { makeUser, signedInUser, staff } from '../support/users'

stopClock()

const evil = 'https://evil.example'

describe('4.1 insufficient validation of redirect URIs', () => {
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

  it('at the token endpoint: the URI must be that of the request', async () => {
    const [app, user] = [
      await makeApp({ redirectUris: [REDIRECT_URI, `${REDIRECT_URI}/two`] }),
      await signedInUser(),
    ]
    const code = await codeFor(app, user)
    const other = await redeem(app, code, { redirect_uri: `${REDIRECT_URI}/two` })
    expect(said(other)).toBe('400 invalid_grant')
  })
})

describe('4.2 leakage by the Referer header', () => {
  it.each([
    ['the answer as a redirect', {}, FROM_APP],
    ['the answer as a page', {}, FROM_US],
    ['the answer as a form', { response_mode: 'form_post' }, FROM_APP],
    ['the consent page', { prompt: 'consent' }, FROM_APP],
    ['the page that asks for the account', { prompt: 'select_account' }, FROM_APP],
    ['the page of an error', { redirect_uri: evil }, FROM_APP],
  ])('%s tells no other site its address, and loads nothing of others', async (_, more, from) => {
    const { visitor } = await signedIn()
    const app = 'prompt' in more ? await thirdParty() : await makeApp()
    const shown = await ask(visitor, app, more, from)
    expect(shown.headers.get('referrer-policy')).toBe('same-origin')
    expect(shown.headers.get('content-security-policy')).toContain("default-src 'none'")
    for (const [link] of shown.html.matchAll(/<a\b[^>]*href="https?:[^>]*>/g)) {
      expect(link).toContain('rel="noreferrer"')
    }
    expect(shown.html).not.toMatch(/<(img|script|iframe|link)\b[^>]*\b(src|href)="(https?:)?\/\//)
  })
})

describe('4.3 leakage by the history of the browser', () => {
  it('a code in an address has been used by the time that somebody reads it, or is too old', async () => {
    const app = await makeApp()
    const { visitor } = await signedIn()
    const codes = [
      answered(await ask(visitor, app))['code'] ?? '',
      answered(await ask(visitor, app))['code'] ?? '',
    ] as const
    const mine = { code_verifier: BROWSER_VERIFIER }
    expect(said(await redeem(app, codes[0], mine))).toBe('200')
    expect(said(await redeem(app, codes[0], mine))).toBe('400 invalid_grant')
    pass(MINUTE + SECOND)
    expect(said(await redeem(app, codes[1], mine))).toBe('400 invalid_grant')
  })

  it('no address holds a token: none is given there, and none is taken there', async () => {
    const app = await makeApp()
    const { visitor } = await signedIn()
    for (const response_type of ['token', 'id_token', 'code token', 'code id_token', 'none']) {
      const told = answered(await ask(visitor, app, { response_type }))
      expect(told).toMatchObject({ error: 'unsupported_response_type' })
      expect(Object.keys(told).sort()).toEqual(['error', 'error_description', 'iss', 'state'])
    }
    const fragment = answered(await ask(visitor, app, { response_mode: 'fragment' }))
    expect(fragment['error']).toBe('unsupported_response_mode')
    const { access_token } = await tokensFor(app, await signedInUser())
    expect(said(await userinfo(access_token))).toBe('200')
    const inQuery = await get(`/oauth/userinfo?access_token=${access_token}`)
    expect(said(inQuery)).toBe('401 invalid_token')
  })
})

describe('4.4 mix-up', () => {
  it('every answer names us by `iss`, errors and posted ones too, and discovery says so', async () => {
    const { visitor } = await signedIn()
    const app = await makeApp()
    const { body } = await get('/.well-known/openid-configuration')
    expect(body).toMatchObject({
      issuer: ISSUER,
      authorization_response_iss_parameter_supported: true,
    })
    const posted = await ask(visitor, app, { response_mode: 'form_post' })
    for (const answer of [
      answered(await ask(visitor, app)),
      answered(await ask(visitor, app, { scope: 'none' })),
      answered(await ask(new Visitor(), app, { prompt: 'none' })),
      answerIn(refreshOf(await ask(visitor, app, {}, FROM_US)) ?? ''),
      fieldsOf(posted, REDIRECT_URI),
    ]) {
      expect(answer['iss']).toBe(ISSUER)
    }
  })
})

describe('4.5 injection of a code', () => {
  it('into the session of another browser: the app’s verifier there is another', async () => {
    const [app, ada] = [await makeApp(), await signedIn()]
    const stolen = answered(await ask(ada.visitor, app))['code'] ?? ''
    const injected = await redeem(app, stolen, { code_verifier: 'e'.repeat(43) })
    expect(said(injected)).toBe('400 invalid_grant')
    expect(said(await redeem(app, stolen, { code_verifier: BROWSER_VERIFIER }))).toBe('200')
  })

  it('at an app without PKCE: the ID token names the nonce of the session that it is from', async () => {
    const [app, ada] = [await makeApp({ pkce: 'optional' }), await signedIn()]
    const more = { code_challenge: undefined, code_challenge_method: undefined, nonce: 'of Ada' }
    const stolen = answered(await ask(ada.visitor, app, more))['code'] ?? ''
    const { body } = await redeem(app, stolen, { code_verifier: undefined })
    expect(claimsOf(body.id_token)['nonce']).toBe('of Ada')
  })

  it('a code is refused with anything wrong, and stays good for its own client', async () => {
    const [app, other, user] = [await makeApp(), await makeApp(), await signedInUser()]
    const code = await codeFor(app, user)
    const wrong: [string, Promise<{ status: number; headers: Headers; body: any }>][] = [
      ['400 invalid_grant', redeem(other, code)],
      ['400 invalid_grant', redeem(app, code, { code_verifier: 'w'.repeat(43) })],
      ['400 invalid_grant', redeem(app, code, { code_verifier: undefined })],
      ['400 invalid_request', redeem(app, code, { code_verifier: 'short' })],
      ['400 invalid_grant', redeem(app, code, { redirect_uri: 'https://evil.example/' })],
      ['400 invalid_request', redeem(app, code, { code: '' })],
      ['400 invalid_grant', redeem(app, code.replace(/.{9}$/, 'AAAAAAAAA'))],
      ['400 invalid_grant', redeem(app, 'x')],
      ['400 invalid_target', redeem(app, code, { resource: 'https://api.example' })],
      ['401 invalid_client', redeem({ ...app, secret: 'wrong' }, code)],
    ]
    for (const [expected, asked] of wrong) expect(said(await asked)).toBe(expected)
    expect(said(await redeem(app, code))).toBe('200')
  })
})

describe('4.6 injection of an access token', () => {
  it('is noticed by the ID token: it holds a hash of its own access token', async () => {
    const [app, ada, eve] = [await makeApp(), await signedInUser(), await signedInUser()]
    const [own, injected] = [await tokensFor(app, ada), await tokensFor(app, eve)]
    const hash = async (token: string) => {
      const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token))
      const half = new Uint8Array(digest).slice(0, 16)
      return half.toBase64({ alphabet: 'base64url', omitPadding: true })
    }
    const { at_hash: kept } = claimsOf(own.id_token)
    expect(kept).toBe(await hash(own.access_token))
    expect(kept).not.toBe(await hash(injected.access_token))
    expect((await userinfo(injected.access_token)).body.sub).not.toBe(claimsOf(own.id_token)['sub'])
  })

  test('an access token with a forged handle, subject or client opens nothing', async () => {
    const [app, other] = [await makeApp(), await makeApp()]
    const [ada, bob] = [await signedInUser(), await signedInUser()]
    const right = claimsOf((await tokensFor(app, ada)).access_token)
    const { jti: ofBob } = claimsOf((await tokensFor(app, bob)).access_token)
    const { kid, key } = await signingKey(depsFor())
    const signed = (more: object, header: object = {}) =>
      new SignJWT({ ...right, ...more })
        .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid, ...header })
        .sign(key)
    expect(said(await userinfo(await signed({})))).toBe('200')
    for (const token of [
      await signed({ jti: ofBob }),
      await signed({ client_id: other.clientId, aud: other.clientId }),
      await signed({ sub: app.clientId }),
      await signed({ jti: randomId() }),
      await signed({ iss: 'http://evil.example' }),
      await signed({ exp: 1 }),
      await signed({}, { typ: 'JWT' }),
    ]) {
      expect(said(await userinfo(token))).toBe('401 invalid_token')
    }
  })

  test('an ID token is nobody’s access token', async () => {
    const deps = depsFor()
    const idToken = await signIdToken(deps, {
      app: { clientId: randomId(), idTokenAlg: 'ES256' },
      appSession: {
        id: randomId(),
        sub: 's',
        amr: ['pwd'],
        authTime: deps.now,
        expiresAt: deps.now + 9e6,
      },
      nonce: null,
      accessToken: 'x',
      claims: { client_id: 'x', scope: 'openid', jti: 'x' },
    })
    expect(await verifyAppToken(deps, idToken)).toBeUndefined()
  })
})

describe('4.7 forged requests (CSRF)', () => {
  it('`state` comes back as it was sent, for the app to compare', async () => {
    const { visitor } = await signedIn()
    const app = await makeApp()
    for (const state of ['a', 'x&code=1', 'é "<>\r\n', 's'.repeat(4_096)]) {
      expect(answered(await ask(visitor, app, { state }))['state']).toBe(state)
      expect(answered(await ask(visitor, app, { state, scope: 'none' }))['state']).toBe(state)
    }
  })

  it('the consent page cannot be answered by another site', async () => {
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

  it('the consent page cannot be answered by the form of another user, nor by one without its mark', async () => {
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

  it('the consent page does not take another decision, nor one in its address', async () => {
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

  it('the consent page cannot be skipped by a parameter', async () => {
    const { visitor } = await signedIn()
    for (const more of [{ consent: 'given' }, { decision: 'allow' }, { mode: 'not_needed' }]) {
      expect((await ask(visitor, await thirdParty(), more)).html).toContain('Allow Third')
    }
  })
})

describe('4.8 downgrade of PKCE', () => {
  it('PKCE cannot be taken away from an app that must use it', async () => {
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

  it('a code without a challenge takes no verifier', async () => {
    const app = await makeApp({ pkce: 'optional' })
    const user = await signedInUser()
    const code = await codeFor(app, user, { pkce: false, nonce: null })
    expect(said(await redeem(app, code, { code_verifier: VERIFIER }))).toBe('400 invalid_grant')
    const reply = await redeem(app, code, { code_verifier: undefined })
    expect(said(reply)).toBe('200')
    expect(claimsOf(reply.body.id_token)).not.toHaveProperty('nonce')
  })

  it('a challenge that an app may leave out counts once it was sent', async () => {
    const app = await makeApp({ pkce: 'optional' })
    const { visitor } = await signedIn()
    const code = answered(await ask(visitor, app))['code'] ?? ''
    expect(said(await redeem(app, code, { code_verifier: undefined }))).toBe('400 invalid_grant')
    expect(said(await redeem(app, code, { code_verifier: BROWSER_VERIFIER }))).toBe('200')
  })

  it('`plain` is refused, also where no method is named', async () => {
    const { visitor } = await signedIn()
    const app = await makeApp({ pkce: 'optional' })
    for (const more of [
      { code_challenge_method: 'plain' },
      { code_challenge_method: undefined },
      { code_challenge: undefined },
      { code_challenge: CHALLENGE.slice(1) },
    ]) {
      expect(answered(await ask(visitor, app, more))['error']).toBe('invalid_request')
    }
  })
})

describe('4.9 leakage of an access token at a resource server', () => {
  it('a token for one API says nothing to another, nor to the app of another', async () => {
    const [one, two] = [await makeResource(), await makeResource()]
    const app = await makeApp({ resources: [one.identifier, two.identifier] })
    const resources = [one.identifier]
    const { access_token } = await tokensFor(app, await signedInUser(), { resources })
    expect((await introspect(one, access_token)).body.active).toBe(true)
    for (const stranger of [two, await makeApp()]) {
      expect((await introspect(stranger, access_token)).body).toEqual({ active: false })
    }
  })

  test('tokens of apps are refused by our own API, and ours by userinfo', async () => {
    const [app, root] = [await makeApp(), await staff('admin')]
    const tokens = await tokensFor(app, root, { scopes: ['openid', 'roles', 'permissions'] })
    for (const token of [tokens.access_token, tokens.id_token, tokens.refresh_token]) {
      for (const path of ['/auth/session', '/users/profile', '/admin/users']) {
        const reply = await get(`/api/v1${path}`, { token })
        expect([reply.status, reply.body.code]).toEqual([401, 'invalid_access_token'])
      }
    }
    const refresh = await post('/api/v1/auth/refresh', { refresh_token: tokens.refresh_token })
    expect(refresh.status).toBe(401)
    const { token: key } = await makeKey(root, ['read:all'])
    const ownRefresh = (await signedInUser({ remember_me: true })).refreshToken ?? ''
    expect(ownRefresh).not.toBe('')
    for (const token of [root.token, ownRefresh, key, tokens.id_token, tokens.refresh_token]) {
      expect(said(await userinfo(token))).toBe('401 invalid_token')
    }
    const code = { grant_type: 'refresh_token', refresh_token: ownRefresh }
    expect(said(await postForm('/oauth/token', code, app))).toBe('400 invalid_grant')
    expect((await introspect(app, root.token)).body).toEqual({ active: false })
  })

  test('even one that has all of the claims, the audience of our API and a session of ours', async () => {
    const [app, user] = [await makeApp(), await signedInUser()]
    const { kid, key } = await signingKey(depsFor())
    const claims = { sid: user.sessionId, jti: randomId() }
    const signed = (more: object) =>
      new SignJWT({ ...claims, ...more })
        .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid })
        .setIssuer('http://localhost:8787')
        .setAudience('gatehouse')
        .setSubject(String(user.id))
        .setIssuedAt()
        .setExpirationTime(Math.floor(Date.now() / 1000) + 600)
        .sign(key)
    expect((await get('/api/v1/auth/session', { token: await signed({}) })).status).toBe(200)
    const ofApp = await signed({ client_id: app.clientId, scope: 'openid' })
    expect((await get('/api/v1/auth/session', { token: ofApp })).status).toBe(401)
    expect(said(await userinfo(ofApp))).toBe('401 invalid_token')
  })
})

describe('4.10 misuse of a stolen access token', () => {
  it('ends with the session, wherever we are asked, and after its time everywhere', async () => {
    const api = await makeResource({ tokenTtlSeconds: 600 })
    const app = await makeApp({ resources: [api.identifier] })
    const user = await signedInUser()
    const resources = [api.identifier]
    const [first, second] = [
      await tokensFor(app, user, { resources }),
      await tokensFor(app, user, { resources }),
    ]
    expect(first.expires_in).toBe(600)
    pass(10 * MINUTE + SECOND)
    expect((await introspect(api, first.access_token)).body).toEqual({ active: false })
    const fresh = (await refreshWith(app, second.refresh_token)).body.access_token
    expect((await introspect(api, fresh)).body.active).toBe(true)
    await user.asks('POST', '/auth/logout')
    expect((await introspect(api, fresh)).body).toEqual({ active: false })
    expect(said(await userinfo(fresh))).toBe('401 invalid_token')
  })
})

describe('4.11 open redirection', () => {
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

  describe('an app that has registered itself', () => {
    const made = { source: 'metadata' as const, isFirstParty: false }

    it('gets no answer before its user is known', async () => {
      const app = await makeApp(made)
      for (const more of [{ prompt: 'none' }, { scope: 'none' }, { response_type: 'token' }]) {
        const shown = await ask(new Visitor(), app, more)
        expect([shown.status, shown.to]).toEqual([400, null])
      }
      const { visitor } = await signedIn()
      const wrong = await ask(visitor, app, { response_type: 'token' })
      expect([wrong.status, wrong.to]).toEqual([400, null])
      expect(wrong.html).toContain('unsupported_response_type')
      expect(answered(await ask(visitor, app, { prompt: 'none' }))['error']).toBe(
        'consent_required',
      )
    })
  })

  it('`prompt=none` to an app that an admin registered is answered: its addresses are known', async () => {
    const told = answered(await ask(new Visitor(), await makeApp(), { prompt: 'none' }))
    expect(told['error']).toBe('login_required')
  })
})

describe('4.12 redirects that repeat a form (307)', () => {
  it('no form of ours, with a password or without, is posted on to the app', async () => {
    const [app, user, visitor] = [await thirdParty(), await makeUser(), new Visitor()]
    const asked = await ask(visitor, app)
    const signedInTo = await signIn(visitor, user, {}, asked.to?.replace('/sign-in', ''))
    expect([signedInTo.status, signedInTo.to]).toEqual([303, expect.stringMatching(/^\/[a-z]/)])
    const page = await ask(visitor, app, {}, FROM_US)
    // The answer to a form is a page that goes on by itself.
    const allowed = await decide(visitor, page, 'allow')
    expect([allowed.status, allowed.to]).toEqual([200, null])
    const posted = Object.fromEntries(parametersOf(app))
    expect((await visitor.post('/oauth/authorize', posted, FROM_APP)).status).toBe(303)
    expect((await visitor.post('/oauth/sign-out', {}, FROM_APP)).status).toBe(303)
    expect((await ask(visitor, app)).status).toBe(303)
  })
})

describe('4.13 reverse proxies that end TLS', () => {
  const forged = {
    host: 'evil.example',
    forwarded: 'for=192.0.2.1;host=evil.example;proto=http',
    'x-forwarded-host': 'evil.example',
    'x-forwarded-proto': 'http',
    'x-forwarded-prefix': '/evil',
    'x-original-url': '/evil',
  }

  it('forwarding headers change no address of ours', async () => {
    const { body } = await get('/.well-known/openid-configuration', { headers: forged })
    expect(body.issuer).toBe(ISSUER)
    expect(JSON.stringify(body)).not.toContain('evil')
    const { visitor } = await signedIn()
    const shown = await ask(visitor, await makeApp(), {}, { ...FROM_APP, ...forged })
    expect(answered(shown)['iss']).toBe(ISSUER)
  })

  it('headers of a proxy that has authenticated somebody sign nobody in', async () => {
    const app = await makeApp()
    const { access_token } = await tokensFor(app, await signedInUser())
    const headers = {
      'x-client-cert': 'MIIB',
      'x-ssl-client-verify': 'SUCCESS',
      'x-forwarded-user': 'ada',
      'x-client-id': app.clientId,
    }
    const fields = { token: access_token, client_id: app.clientId }
    expect(said(await postForm('/oauth/introspect', fields, null, headers))).toBe(
      '401 invalid_client',
    )
    expect(said(await send('/oauth/userinfo', { headers }))).toBe('401 invalid_token')
  })
})

describe('4.14 refresh tokens', () => {
  it('one that was replaced long ago ends the session', async () => {
    const [app, user] = [await makeApp(), await signedInUser()]
    const first = await tokensFor(app, user)
    const second = (await refreshWith(app, first.refresh_token)).body
    pass(2 * MINUTE)
    expect(said(await refreshWith(app, first.refresh_token))).toBe('400 invalid_grant')
    expect(said(await refreshWith(app, second.refresh_token))).toBe('400 invalid_grant')
    expect(said(await userinfo(second.access_token))).toBe('401 invalid_token')
  })

  it('one of another app is refused and stays good', async () => {
    const [app, other, user] = [await makeApp(), await makeApp(), await signedInUser()]
    const { refresh_token } = await tokensFor(app, user)
    expect(said(await refreshWith(other, refresh_token))).toBe('400 invalid_grant')
    expect(said(await refreshWith(app, refresh_token))).toBe('200')
  })
})

describe('4.15 a client that impersonates a resource owner', () => {
  it('`sub` of a machine is its client id, which no user of any app can have', async () => {
    const api = await makeResource()
    const machine = await makeApp({ kind: 'machine', resources: [api.identifier] })
    const { body } = await postForm('/oauth/token', { grant_type: 'client_credentials' }, machine)
    const token: string = body.access_token
    expect(claimsOf(token)).toMatchObject({ sub: machine.clientId, client_id: machine.clientId })
    expect(claimsOf(token)).not.toHaveProperty('auth_time')
    const told = (await introspect(api, token)).body
    expect(told).toMatchObject({ active: true, sub: machine.clientId, client_id: machine.clientId })
    // A user's has another length.
    const { id_token } = await tokensFor(await makeApp(), await signedInUser())
    expect(claimsOf(id_token)['sub']).toMatch(/^[\w-]{43}$/)
    expect(machine.clientId).toMatch(/^[\w-]{22}$/)
    // And it speaks for no user here.
    expect(said(await userinfo(token))).toBe('401 invalid_token')
    expect((await get('/api/v1/users/profile', { token })).status).toBe(401)
  })
})

describe('4.16 clickjacking', () => {
  it('the consent page is in no frame and no cache, and its address is not sent to other sites', async () => {
    const shown = await ask((await signedIn()).visitor, await thirdParty())
    expect(Object.fromEntries(shown.headers)).toMatchObject({
      'x-frame-options': 'DENY',
      'cache-control': 'no-store',
      'referrer-policy': 'same-origin',
      'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
    })
  })

  it('nor is any other page of a sign-in, device or sign-out in a frame', async () => {
    const { visitor } = await signedIn()
    const app = await makeApp()
    for (const shown of [
      await ask(visitor, app, {}, FROM_US),
      await ask(visitor, app, { response_mode: 'form_post' }),
      await ask(visitor, app, { redirect_uri: evil }),
      await visitor.open('/device'),
      await visitor.open('/oauth/sign-out'),
      await new Visitor().open(`/sign-in?next=${encodeURIComponent(authorizePath(app))}`),
    ]) {
      expect(shown.html).not.toBe('')
      expect(shown.headers.get('x-frame-options')).toBe('DENY')
      expect(shown.headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
    }
  })
})

describe('4.17 communication in the browser', () => {
  const scripts = import.meta.glob<string>('../../public/assets/*.js', {
    query: '?raw',
    import: 'default',
    eager: true,
  })

  it('there is none: no answer is a message, and no script of ours sends or takes one', async () => {
    const { visitor } = await signedIn()
    const told = answered(await ask(visitor, await makeApp(), { response_mode: 'web_message' }))
    expect(told['error']).toBe('unsupported_response_mode')
    expect(Object.keys(scripts).length).toBeGreaterThan(5)
    for (const [path, text] of Object.entries(scripts)) {
      expect(text, path).not.toMatch(/postMessage|window\.opener|onmessage|['"]message['"]/)
    }
  })
})
