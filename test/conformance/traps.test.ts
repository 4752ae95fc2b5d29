/**
 * Traps of a provider that RFC 9700 does not name: who can be linked, signed out or led on by whom, and what the pages
 * must not take. Those that other files hold are listed in README.md.
 */
import { env } from 'cloudflare:workers'
import { describe, expect, it, test } from 'vitest'
import { sessionsOf } from '../../src/sessions/object-stub'
import {
  answered,
  answerIn,
  ask,
  authorizePath,
  codeIn,
  decide,
  FROM_APP,
  FROM_US,
  parametersOf,
  refreshOf,
  thirdParty,
  VERIFIER as BROWSER_VERIFIER,
} from '../app-sign-in/flow'
import { claimsOf, codeFor, redeem, said, userinfo } from '../app-tokens/flow'
import { signedIn, signIn, Visitor } from '../pages/visitor'
import { makeApp } from '../support/apps'
import { depsFor } from '../support/deps'
import { makeUser, signedInUser } from '../support/users'
import { fetchWith } from '../support/worker'

describe('two apps of others cannot link one user', () => {
  it('by anything that they get: codes, tokens, `sub`, `sid` and `jti`', async () => {
    const user = await signedInUser()
    const seen = await Promise.all(
      [thirdParty(), thirdParty()].map(async (made) => {
        const app = await made
        const code = await codeFor(app, user)
        const tokens = (await redeem(app, code)).body
        const [access, id] = [claimsOf(tokens.access_token), claimsOf(tokens.id_token)]
        const { body } = await userinfo(tokens.access_token)
        expect([access['sub'], body.sub]).toEqual([id['sub'], id['sub']])
        return [
          code,
          tokens.refresh_token,
          id['sub'],
          id['sid'],
          access['jti'],
          access['sid'] ?? '',
        ]
      }),
    )
    const [one = [], two = []] = seen
    expect(one.filter((text) => text !== '' && two.includes(text))).toEqual([])
    // Neither the subject nor the session's id can be read in any of it.
    const readable = seen.flat().map((text) => `${text} ${decoded(text)}`)
    for (const text of readable) {
      expect(text).not.toContain(user.subject)
      expect(text).not.toContain(user.sessionId)
    }
  })

  it('nor by a code that was not redeemed, for first-party apps either', async () => {
    const { visitor } = await signedIn()
    const codes = await Promise.all(
      [makeApp(), makeApp()].map(async (app) => answered(await ask(visitor, await app))['code']),
    )
    const [one, two] = await Promise.all(codes.map(codeIn))
    expect(one?.subject).toBe(two?.subject)
    for (const code of codes) expect(code).not.toContain(one?.subject)
  })
})

/** What a reader finds in the parts of a token, as far as they are base64url. */
const decoded = (text: string): string =>
  text
    .split('.')
    .map((each) => {
      try {
        return atob(each.replaceAll('-', '+').replaceAll('_', '/'))
      } catch {
        return ''
      }
    })
    .join(' ')

describe('a code that is used twice', () => {
  it('is exchanged once, in fifty parallel tries too', async () => {
    const [app, user] = [await makeApp(), await signedInUser()]
    const code = await codeFor(app, user)
    const replies = await Promise.all(Array.from({ length: 50 }, () => redeem(app, code)))
    const good = replies.filter(({ status }) => status === 200)
    expect(good).toHaveLength(1)
    const others = replies.filter(({ status }) => status !== 200)
    expect(new Set(others.map(said))).toEqual(new Set(['400 invalid_grant']))
    // The replay by the right client ended what the code had opened (RFC 9700 section 4.5).
    expect(said(await userinfo(good[0]?.body.access_token))).toBe('401 invalid_token')
  })

  it('by somebody who has read it signs nobody out', async () => {
    const [app, other] = [await makeApp(), await makeApp()]
    const { visitor } = await signedIn()
    const code = answered(await ask(visitor, app))['code'] ?? ''
    const mine = { code_verifier: BROWSER_VERIFIER }
    const { access_token } = (await redeem(app, code, mine)).body
    for (const [reader, more] of [
      [other, mine],
      [app, { code_verifier: 'e'.repeat(43) }],
      [app, { code_verifier: undefined }],
      [app, { ...mine, redirect_uri: 'https://evil.example/' }],
      [{ ...app, secret: 'wrong' }, mine],
    ] as const) {
      expect((await redeem(reader, code, more)).status).toBeGreaterThanOrEqual(400)
      expect(said(await userinfo(access_token))).toBe('200')
    }
  })
})

describe('`form-action`', () => {
  it('lets no page of ours with a form post elsewhere, and a posted answer to its app alone', async () => {
    const policyOf = (headers: Headers) =>
      /form-action ([^;]*)/.exec(headers.get('content-security-policy') ?? '')?.[1]
    const app = await makeApp()
    const { visitor } = await signedIn()
    const next = encodeURIComponent(authorizePath(app))
    for (const path of [`/sign-in?other&next=${next}`, '/device', '/oauth/sign-out']) {
      const shown = await visitor.open(path)
      expect(shown.html).toContain('<form method="post"')
      expect(policyOf(shown.headers)).toBe("'self'")
    }
    const posted = await ask(visitor, app, { response_mode: 'form_post' })
    expect(policyOf(posted.headers)).toBe('https://client.example.org')
  })
})

it('an app cannot put markup on our pages', async () => {
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
