/** What the user has to do before an app gets its code, and that they always get there. */
import { env } from 'cloudflare:workers'
import { describe, expect, it, test } from 'vitest'
import { signIdToken } from '../../src/app-tokens/id-token'
import { appMap } from '../../src/apps/app-map'
import { appSubject } from '../../src/apps/app-subject'
import { verifyToken } from '../../src/crypto/signed-token'
import { sessionsOf as sessionsIn } from '../../src/sessions/object-stub'
import { part, type Shown, signedIn, signIn, Visitor } from '../pages/visitor'
import { makeApp, makeResource, type MadeApp, REDIRECT_URI } from '../support/apps'
import { MINUTE, pass, SECOND, STEP_UP_MS, stopClock } from '../support/clock'
import { depsFor } from '../support/deps'
import { userWithPasskey } from '../support/passkeys'
import { freshCode, userWithSecondFactor } from '../support/second-factor'
import { makeUser, PASSWORD } from '../support/users'
import {
  actionOf,
  answered,
  answerIn,
  ask,
  authorizePath,
  changeApp,
  decide,
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

stopClock()

const nextIn = (shown: Shown) => new URL(shown.to ?? '', ISSUER).searchParams.get('next') ?? ''
const pathOf = (shown: Shown) => new URL(shown.to ?? '', ISSUER).pathname

/** Follows our own pages until one shows something. */
async function arrive(visitor: Visitor, shown: Shown): Promise<Shown> {
  let at = shown
  for (let steps = 0; at.to?.startsWith('/') === true; steps++) {
    if (steps > 6) throw new Error(`it goes round in circles: ${at.to}`)
    at = await visitor.open(at.to, FROM_US)
  }
  return at
}
/** What the app learns at the end of the way. */
const learned = async (visitor: Visitor, shown: Shown) => {
  const at = await arrive(visitor, shown)
  return answerIn(refreshOf(at) ?? at.to ?? `${REDIRECT_URI}?nothing=${at.status}`)
}
const confirm = (visitor: Visitor, at: Shown, fields: Record<string, string>) =>
  visitor.post(at.to ?? '', fields)

describe('without a session', () => {
  it('leads to the sign-in, which says for which app, fills in the address, and arrives', async () => {
    const [app, visitor, user] = [
      await makeApp({ name: 'Orders & <b>' }),
      new Visitor(),
      await makeUser(),
    ]
    const asked = await ask(visitor, app, { login_hint: user.email })
    expect(pathOf(asked)).toBe('/sign-in')
    const form = await visitor.open(asked.to ?? '', FROM_APP)
    expect(form.html).toContain('Continue to Orders &amp; &lt;b&gt;')
    expect(part(form.html, /name="email"[^>]* value="([^"]*)"/)).toBe(user.email)
    const action = actionOf(form, '/sign-in') ?? ''
    const done = await visitor.post(action, { email: user.email, password: user.password })
    // The welcome of a first sign-in comes between.
    expect(done.to).toMatch(/^\/welcome\?next=/)
    const welcome = await visitor.open(done.to ?? '')
    expect(unescaped(part(welcome.html, /href="(\/[^"]*)">Skip/))).toBe(nextIn(done))
    expect(await learned(visitor, { ...done, to: nextIn(done) })).toEqual({
      code: expect.any(String),
      state: STATE,
      iss: ISSUER,
    })
  })

  it('names no app of an unknown or disabled client id, nor of other paths', async () => {
    const [app, disabled] = [await makeApp(), await makeApp({ name: 'Shut', disabledAt: 1 })]
    for (const next of [
      authorizePath({ ...app, clientId: 'x'.repeat(22) }),
      authorizePath(disabled),
      `/account?client_id=${app.clientId}`,
      `/oauth/authorizer?client_id=${app.clientId}`,
    ]) {
      const { html } = await new Visitor().open(`/sign-in?next=${encodeURIComponent(next)}`)
      expect(html).not.toContain('Continue to')
    }
  })

  it('prompt=none: login_required', async () => {
    const told = answered(await ask(new Visitor(), await makeApp(), { prompt: 'none' }))
    expect(told).toMatchObject({ error: 'login_required', state: STATE, iss: ISSUER })
  })

  it('prompt=create leads to the sign-up', async () => {
    const shown = await ask(new Visitor(), await makeApp(), { prompt: 'create' })
    expect(pathOf(shown)).toBe('/sign-up')
    expect(nextIn(shown)).not.toContain('prompt')
  })

  it.each(['login', 'select_account', 'login select_account', 'login consent'])(
    'prompt=%s asks for one sign-in and no more',
    async (prompt) => {
      const [app, visitor, user] = [await makeApp(), new Visitor(), await makeUser()]
      const asked = await ask(visitor, app, { prompt })
      expect(pathOf(asked)).toBe('/sign-in')
      pass(20 * SECOND)
      await signIn(visitor, user, {}, asked.to?.replace('/sign-in', ''))
      expect(await learned(visitor, { ...asked, to: nextIn(asked) })).toHaveProperty('code')
    },
  )

  it('max_age=0 asks for one sign-in and no more', async () => {
    const [app, visitor, user] = [await makeApp(), new Visitor(), await makeUser()]
    const asked = await ask(visitor, app, { max_age: '0' })
    pass(20 * SECOND)
    await signIn(visitor, user, {}, asked.to?.replace('/sign-in', ''))
    pass(5 * SECOND)
    expect(await learned(visitor, { ...asked, to: nextIn(asked) })).toHaveProperty('code')
  })
})

test('a session that has ended leads to the sign-in, and from there to the app', async () => {
  const app = await makeApp()
  const { visitor, ...user } = await signedIn()
  const stale = visitor.cookies.get('gatehouse') ?? ''
  await visitor.post('/sign-out')
  visitor.cookies.set('gatehouse', stale)
  const told = answered(await ask(visitor, app, { prompt: 'none' }))
  expect(told['error']).toBe('login_required')
  const asked = await ask(visitor, app)
  expect(pathOf(asked)).toBe('/sign-in')
  expect(visitor.cookies.has('gatehouse')).toBe(false)
  expect((await visitor.open(asked.to ?? '')).html).toContain('Please sign in to continue.')
  await signIn(visitor, user, {}, asked.to?.replace('/sign-in', ''))
  expect(await learned(visitor, { ...asked, to: nextIn(asked) })).toHaveProperty('code')
})

describe('prompt=login and max_age', () => {
  /** How many sessions the user of a browser has. */
  async function sessionsOf(visitor: Visitor): Promise<number> {
    const token = visitor.cookies.get('gatehouse') ?? ''
    const claims = await verifyToken(depsFor().config.TOKEN_KEYS, 'page', token)
    return (await sessionsIn(depsFor(), claims?.subject ?? '').listSessions()).length
  }

  it('ask the same user for a fresh proof, and open no other session', async () => {
    const app = await makeApp()
    const { visitor } = await signedIn()
    const cookie = visitor.cookies.get('gatehouse')
    pass(SECOND)
    const asked = await ask(visitor, app, { prompt: 'login' })
    expect(pathOf(asked)).toBe('/confirm-identity')
    const form = await visitor.open(asked.to ?? '')
    expect(form.html).toContain('type="password"')
    expect(form.html).toContain('asks you to confirm that it’s you')
    // Not without the proof, however recent the sign-in was.
    expect((await confirm(visitor, asked, {})).status).toBe(403)
    expect((await confirm(visitor, asked, { password: 'Wrong-Horse-7' })).status).toBe(400)
    pass(SECOND)
    const done = await confirm(visitor, asked, { password: PASSWORD })
    expect(done.to).toBe(nextIn(asked))
    expect(await learned(visitor, done)).toHaveProperty('code')
    expect(visitor.cookies.get('gatehouse')).toBe(cookie)
    expect(await sessionsOf(visitor)).toBe(1)
  })

  it('are not satisfied by opening the address that one comes back to', async () => {
    const app = await makeApp()
    const { visitor } = await signedIn()
    pass(SECOND)
    const asked = await ask(visitor, app, { prompt: 'login' })
    const again = await visitor.open(nextIn(asked), FROM_US)
    expect(pathOf(again)).toBe('/confirm-identity')
    const told = answered(
      await visitor.open(
        `${nextIn(asked)}`.replace('prompt=login', 'prompt=none&max_age=0'),
        FROM_APP,
      ),
    )
    expect(told['error']).toBe('login_required')
  })

  it('a time to come is no way around, nor a circle', async () => {
    const app = await makeApp()
    const { visitor } = await signedIn()
    const future = String(Date.now() + 3_600_000)
    const asked = await ask(visitor, app, { prompt: 'login', _after: future })
    expect(pathOf(asked)).toBe('/confirm-identity')
    pass(SECOND)
    const done = await confirm(visitor, asked, { password: PASSWORD })
    expect(await learned(visitor, done)).toHaveProperty('code')
    // The page itself does not go on by itself either.
    const next = authorizePath(app, { prompt: 'login', _after: String(Date.now() + 3_600_000) })
    const page = await visitor.open(`/confirm-identity?next=${encodeURIComponent(next)}`)
    expect(page.status).toBe(200)
  })

  it('a proof that was given long ago does not count when the address is opened again', async () => {
    const app = await makeApp()
    const { visitor } = await signedIn()
    const asked = await ask(visitor, app, { prompt: 'login' })
    pass(SECOND)
    await confirm(visitor, asked, { password: PASSWORD })
    pass(STEP_UP_MS + SECOND)
    expect(pathOf(await visitor.open(nextIn(asked), FROM_US))).toBe('/confirm-identity')
  })

  it('max_age counts from the last proof', async () => {
    const app = await makeApp()
    const { visitor } = await signedIn()
    expect(answered(await ask(visitor, app, { max_age: '60' }))).toHaveProperty('code')
    pass(2 * MINUTE)
    expect(answered(await ask(visitor, app, { max_age: '600' }))).toHaveProperty('code')
    expect(pathOf(await ask(visitor, app, { max_age: '60' }))).toBe('/confirm-identity')
    expect(answered(await ask(visitor, app, { max_age: '60', prompt: 'none' }))).toMatchObject({
      error: 'login_required',
    })
    const asked = await ask(visitor, app, { max_age: '60' })
    pass(SECOND)
    expect(
      await learned(visitor, await confirm(visitor, asked, { password: PASSWORD })),
    ).toHaveProperty('code')
  })

  it('another user may sign in instead, and the new session replaces the first', async () => {
    const app = await makeApp()
    const [{ visitor, email }, bob] = [await signedIn(), await makeUser({ fullName: 'Bob Second' })]
    pass(SECOND)
    const asked = await ask(visitor, app, { prompt: 'login' })
    const page = await visitor.open(asked.to ?? '')
    const other = unescaped(part(page.html, /href="([^"]*)">Use another account/)) ?? ''
    expect(other).toMatch(/^\/sign-in\?other&next=/)
    const form = await visitor.open(other)
    expect(form.status).toBe(200)
    const before = visitor.cookies.get('gatehouse') ?? ''
    pass(SECOND)
    await signIn(visitor, bob, {}, other.replace('/sign-in', ''))
    expect(await learned(visitor, { ...asked, to: nextIn({ ...form, to: other }) })).toHaveProperty(
      'code',
    )
    const old = new Visitor()
    old.cookies.set('gatehouse', before)
    expect((await old.open('/account')).to).toMatch(/^\/sign-in/)
    expect(email).not.toBe(bob.email)
  })
})

describe('required actions come first, and lead on', () => {
  it('an expired password', async () => {
    const app = await makeApp()
    const { visitor, ...user } = await signedIn()
    await env.DB.prepare(
      'UPDATE users SET password_expires_at = 1, auth_version = auth_version + 1 WHERE email = ?',
    )
      .bind(user.email)
      .run()
    await visitor.post('/sign-out')
    const asked = await ask(visitor, app)
    const restricted = await signIn(visitor, user, {}, asked.to?.replace('/sign-in', ''))
    expect(pathOf(restricted)).toBe('/change-password')
    expect(pathOf(await ask(visitor, app))).toBe('/change-password')
    expect(answered(await ask(visitor, app, { prompt: 'none' }))).toMatchObject({
      error: 'interaction_required',
    })
    const password = `Another-${PASSWORD}`
    const changed = await visitor.post(restricted.to ?? '', {
      current_password: PASSWORD,
      new_password: password,
    })
    expect(pathOf(changed)).toBe('/sign-in')
    await signIn(visitor, { ...user, password }, {}, changed.to?.replace('/sign-in', ''))
    expect(await learned(visitor, { ...asked, to: nextIn(changed) })).toHaveProperty('code')
  })
})

describe('who may use an app', () => {
  it('a user without its permission sees that, and a way back', async () => {
    const app = await makeApp({ name: 'Console', requiredPermission: 'admin:users' })
    const { visitor } = await signedIn()
    const shown = await ask(visitor, app)
    expect(shown.status).toBe(403)
    expect(shown.html).toContain('You don’t have access to Console')
    const back = unescaped(part(shown.html, /href="([^"]*)"[^>]*>Back to/)) ?? ''
    expect(answerIn(back)).toMatchObject({ error: 'access_denied', state: STATE, iss: ISSUER })
    expect(answered(await ask(visitor, app, { prompt: 'none' }))['error']).toBe('access_denied')
    const posted = await ask(visitor, app, { response_mode: 'form_post' })
    expect(fieldsOf(posted, REDIRECT_URI)).toMatchObject({ error: 'access_denied', iss: ISSUER })
    expect(posted.headers.get('content-security-policy')).toContain(
      'form-action https://client.example.org;',
    )
  })

  it('nobody, if the permission does not exist', async () => {
    const app = await makeApp({ requiredPermission: 'no:such' })
    const admin = await makeUser({ roles: ['admin'] })
    const visitor = new Visitor()
    await signIn(visitor, admin)
    expect((await ask(visitor, app)).status).toBe(403)
  })

  it('an admin, for a permission of the console', async () => {
    const app = await makeApp({ requiredPermission: 'admin:users' })
    const visitor = new Visitor()
    await signIn(visitor, await makeUser({ roles: ['admin'] }))
    expect(answered(await ask(visitor, app))).toHaveProperty('code')
  })
})

describe('two factors', () => {
  const ACR_2 = 'urn:gatehouse:acr:2'
  const essential = JSON.stringify({ id_token: { acr: { essential: true, value: ACR_2 } } })

  /** Signed in with a password alone, before the second factor was turned on elsewhere. */
  async function halfSignedIn() {
    const user = await userWithSecondFactor()
    const visitor = new Visitor()
    const step = await signIn(visitor, user)
    await visitor.post(step.to ?? '', { code: await freshCode(user) })
    return { user, visitor }
  }

  it('a wish of a user who cannot is dropped, and a demand is refused', async () => {
    const app = await makeApp()
    const { visitor } = await signedIn()
    expect(answered(await ask(visitor, app, { acr_values: ACR_2 }))).toHaveProperty('code')
    for (const prompt of [undefined, 'none']) {
      expect(answered(await ask(visitor, app, { claims: essential, prompt }))).toMatchObject({
        error: 'unmet_authentication_requirements',
      })
    }
  })

  it('a session of two factors has what is demanded', async () => {
    const { visitor } = await halfSignedIn()
    expect(answered(await ask(visitor, await makeApp(), { claims: essential }))).toHaveProperty(
      'code',
    )
  })

  it('one of a single factor steps up, if its user can', async () => {
    const app = await makeApp()
    const user = await userWithPasskey()
    const visitor = new Visitor()
    await signIn(visitor, user)
    for (const more of [{ acr_values: ACR_2 }, { claims: essential }]) {
      expect(pathOf(await ask(visitor, app, more))).toBe('/confirm-identity')
    }
    // A silent request cannot ask: the wish is dropped.
    const silent = { acr_values: ACR_2, prompt: 'none' }
    expect(answered(await ask(visitor, app, silent))).toHaveProperty('code')
    const asked = await ask(visitor, app, { claims: essential })
    const done = await confirm(visitor, asked, { code: user.recoveryCodes[0] ?? '' })
    expect(await learned(visitor, done)).toHaveProperty('code')
  })
})

describe('prompt=select_account', () => {
  it.each(['select_account', 'create'])(
    '%s shows the account, and goes on with it or another',
    async (prompt) => {
      const app = await makeApp()
      const { visitor, email } = await signedIn('Ada Chosen')
      const shown = await ask(visitor, app, { prompt })
      expect(shown.status).toBe(200)
      expect(shown.html).toContain(email)
      const go = unescaped(part(shown.html, /href="([^"]*)">Continue as Ada Chosen/)) ?? ''
      const other = unescaped(part(shown.html, /href="([^"]*)">Use another account/)) ?? ''
      expect(answerIn(refreshOf(await visitor.open(go, FROM_US)) ?? '')).toHaveProperty('code')
      const bob = await makeUser()
      await signIn(visitor, bob, {}, other.replace('/sign-in', ''))
      const next = new URL(other, ISSUER).searchParams.get('next') ?? ''
      expect(answerIn(refreshOf(await visitor.open(next, FROM_US)) ?? '')).toHaveProperty('code')
    },
  )

  it('and login: one after the other', async () => {
    const app = await makeApp()
    const { visitor } = await signedIn()
    const shown = await ask(visitor, app, { prompt: 'select_account login' })
    const go = unescaped(part(shown.html, /href="([^"]*)">Continue as/)) ?? ''
    const asked = await visitor.open(go, FROM_US)
    expect(pathOf(asked)).toBe('/confirm-identity')
    pass(SECOND)
    const done = await confirm(visitor, asked, { password: PASSWORD })
    expect(await learned(visitor, done)).toHaveProperty('code')
  })
})

describe('id_token_hint', () => {
  async function hintOf(app: MadeApp, subject: string) {
    const deps = depsFor()
    const row = (await appMap(deps)).apps.get(app.clientId)
    if (!row) throw new Error('the app is missing')
    const sub = await appSubject(deps, row, subject)
    const appSession = {
      id: 'x'.repeat(22),
      sub,
      amr: ['pwd'],
      authTime: 1,
      expiresAt: deps.now + 1,
    }
    const content = { app: row, appSession, nonce: null, accessToken: 'x' }
    return { sub, token: await signIdToken(deps, content as Parameters<typeof signIdToken>[1]) }
  }
  const browserOf = async () => {
    const [visitor, user] = [new Visitor(), await makeUser()]
    await signIn(visitor, user)
    return { visitor, user }
  }

  it('of the user who is signed in changes nothing', async () => {
    const app = await makeApp()
    const { visitor, user } = await browserOf()
    const { token, sub } = await hintOf(app, user.subject)
    for (const prompt of [undefined, 'none']) {
      expect(answered(await ask(visitor, app, { id_token_hint: token, prompt }))).toHaveProperty(
        'code',
      )
    }
    const claims = JSON.stringify({ id_token: { sub: { value: sub } } })
    expect(answered(await ask(visitor, app, { claims }))).toHaveProperty('code')
  })

  it('of another user: login_required, or the page that asks for them', async () => {
    const app = await makeApp()
    const [{ visitor }, bob] = [await browserOf(), await makeUser()]
    const { token, sub } = await hintOf(app, bob.subject)
    const claims = JSON.stringify({ id_token: { sub: { value: sub } } })
    for (const more of [{ id_token_hint: token }, { claims }]) {
      expect(answered(await ask(visitor, app, { ...more, prompt: 'none' }))).toMatchObject({
        error: 'login_required',
      })
      const shown = await ask(visitor, app, more)
      expect(shown.html).toContain('You need a different account')
      expect(shown.html).not.toContain('Continue as')
      const back = unescaped(part(shown.html, /href="([^"]*)"[^>]*>Back to/)) ?? ''
      expect(answerIn(back)).toMatchObject({ error: 'login_required' })
    }
    const shown = await ask(visitor, app, { id_token_hint: token })
    const other = unescaped(part(shown.html, /href="([^"]*)">Use another account/)) ?? ''
    await signIn(visitor, bob, {}, other.replace('/sign-in', ''))
    const next = new URL(other, ISSUER).searchParams.get('next') ?? ''
    expect(answerIn(refreshOf(await visitor.open(next, FROM_US)) ?? '')).toHaveProperty('code')
  })

  it('of another app is refused', async () => {
    const [app, other] = [await makeApp(), await makeApp()]
    const { visitor, user } = await browserOf()
    const { token } = await hintOf(other, user.subject)
    expect(answered(await ask(visitor, app, { id_token_hint: token }))).toMatchObject({
      error: 'invalid_request',
    })
  })
})

describe('consent', () => {
  it('is asked of a user once, in words, and remembered', async () => {
    const app = await thirdParty({ policyUri: 'https://third.example/privacy' })
    const { visitor, email } = await signedIn('Ada Lovelace')
    const more = { scope: 'openid email offline_access' }
    const page = await ask(visitor, app, more)
    expect(page.status).toBe(200)
    for (const text of [
      'Allow Third &amp; Co to use your account?',
      'Recognize you when you come back',
      'See your email address',
      'Keep this access while you’re not using the app',
      email,
      'client.example.org',
      'https://third.example/privacy',
    ]) {
      expect(page.html).toContain(text)
    }
    const done = await decide(visitor, page, 'allow')
    expect(done.status).toBe(200)
    expect(answerIn(refreshOf(done) ?? '')).toEqual({
      code: expect.any(String),
      state: STATE,
      iss: ISSUER,
    })
    expect(answered(await ask(visitor, app, more))).toHaveProperty('code')
    // Fewer scopes are covered, more are not.
    expect(answered(await ask(visitor, app))).toHaveProperty('code')
    const wider = await ask(visitor, app, { scope: 'openid email profile' })
    expect(wider.html).toContain('See your email address<span class="meta"> (already allowed)')
    expect(wider.html).toMatch(/See your name and profile<\/li>/)
  })

  it('can be denied, which writes nothing', async () => {
    const app = await thirdParty()
    const { visitor } = await signedIn()
    const denied = await decide(visitor, await ask(visitor, app), 'deny')
    expect(answerIn(refreshOf(denied) ?? '')).toEqual({
      error: 'access_denied',
      error_description: 'The user has not allowed it',
      state: STATE,
      iss: ISSUER,
    })
    expect((await ask(visitor, app)).status).toBe(200)
  })

  it('prompt=consent asks again, and prompt=none never', async () => {
    const app = await thirdParty()
    const { visitor } = await signedIn()
    expect(answered(await ask(visitor, app, { prompt: 'none' }))['error']).toBe('consent_required')
    await decide(visitor, await ask(visitor, app), 'allow')
    expect(answered(await ask(visitor, app, { prompt: 'none' }))).toHaveProperty('code')
    const again = await ask(visitor, app, { prompt: 'consent' })
    expect(again.status).toBe(200)
    expect(refreshOf(await decide(visitor, again, 'allow'))).toContain('code=')
  })

  it('counts for what the page showed, and not for what changed while it was open', async () => {
    const { identifier } = await makeResource({ scopes: [{ name: 'read' }, { name: 'pay' }] })
    const app = await thirdParty({ scopes: ['openid', 'read'], resources: [identifier] })
    const { visitor } = await signedIn()
    const more = { scope: 'openid read pay' }
    for (const change of ["name = 'Evil Co'", 'scopes = \'["openid","read","pay"]\'']) {
      const page = await ask(visitor, app, more)
      await changeApp(app, change)
      const again = await decide(visitor, page, 'allow')
      expect([again.status, refreshOf(again)]).toEqual([200, undefined])
      expect(again.html).toContain('Allow Evil Co to use your account?')
    }
    const last = await decide(visitor, await ask(visitor, app, more), 'allow')
    expect(refreshOf(last)).toContain('code=')
  })

  it('is asked again when the app is somebody else', async () => {
    const app = await thirdParty()
    const { visitor } = await signedIn()
    await decide(visitor, await ask(visitor, app), 'allow')
    await changeApp(app, "name = 'Evil Co'")
    expect((await ask(visitor, app)).html).toContain('Allow Evil Co to use your account?')
  })

  it('of a scope at one API does not open another with a scope of that name', async () => {
    const scopes = [{ name: 'read', description: 'Read it' }]
    const [mail, pay] = [
      await makeResource({ name: 'Mail API', scopes }),
      await makeResource({ name: 'Pay API', scopes }),
    ]
    const app = await thirdParty({
      scopes: ['openid', 'read'],
      resources: [mail.identifier, pay.identifier],
    })
    const { visitor } = await signedIn()
    const at = ({ identifier: resource }: typeof mail, scope = 'read') => ({ resource, scope })
    await decide(visitor, await ask(visitor, app, at(mail)), 'allow')
    expect(answered(await ask(visitor, app, at(mail)))).toHaveProperty('code')
    const page = await ask(visitor, app, at(pay))
    expect(page.html).toContain('In Pay API')
    expect(answered(await ask(visitor, app, { ...at(pay), prompt: 'none' }))['error']).toBe(
      'consent_required',
    )
    // Without a name it is asked for at both, and each is shown.
    const both = await ask(visitor, app, { scope: 'read' })
    expect(both.html).toMatch(/In Mail API\)<\/span><span class="meta"> \(already allowed/)
    expect(both.html).toMatch(/In Pay API\)<\/span><\/li>/)
  })

  it('names an API that gets tokens without any of its scopes', async () => {
    const { identifier } = await makeResource({ name: 'Mail API' })
    const app = await thirdParty({ scopes: ['openid'], resources: [identifier] })
    const { visitor } = await signedIn()
    await decide(visitor, await ask(visitor, app), 'allow')
    const page = await ask(visitor, app, { resource: identifier })
    expect(page.html).toContain('Sign in with your account <span class="meta">(In Mail API)')
    await decide(visitor, page, 'allow')
    expect(answered(await ask(visitor, app, { resource: identifier }))).toHaveProperty('code')
  })

  it('is never asked for a first-party app', async () => {
    const { visitor } = await signedIn()
    expect(answered(await ask(visitor, await makeApp(), { prompt: 'consent' }))).toHaveProperty(
      'code',
    )
  })

  it('of a page that has been open for an hour', async () => {
    const app = await thirdParty()
    const { visitor } = await signedIn()
    const page = await ask(visitor, app)
    pass(60 * MINUTE)
    expect(refreshOf(await decide(visitor, page, 'allow'))).toContain('code=')
  })

  it('of a session that has ended leads to the sign-in, and to the question again', async () => {
    const app = await thirdParty()
    const { visitor, ...user } = await signedIn()
    const page = await ask(visitor, app)
    const other = new Visitor()
    other.cookies.set('gatehouse', visitor.cookies.get('gatehouse') ?? '')
    await other.post('/sign-out')
    const asked = await decide(visitor, page, 'allow')
    expect(pathOf(asked)).toBe('/sign-in')
    await signIn(visitor, user, {}, asked.to?.replace('/sign-in', ''))
    const again = await visitor.open(nextIn(asked), FROM_US)
    expect(again.html).toContain('Allow Third &amp; Co to use your account?')
  })
})

test('two tabs do not disturb each other', async () => {
  const [one, two] = [await thirdParty(), await thirdParty()]
  const [visitor, user] = [new Visitor(), await makeUser()]
  const [first, second] = [
    await ask(visitor, one, { state: '1' }),
    await ask(visitor, two, { state: '2' }),
  ]
  await signIn(visitor, user, {}, second.to?.replace('/sign-in', ''))
  const pages = [
    await visitor.open(nextIn(first), FROM_US),
    await visitor.open(nextIn(second), FROM_US),
  ] as const
  expect(answerIn(refreshOf(await decide(visitor, pages[0], 'allow')) ?? '')['state']).toBe('1')
  expect(answerIn(refreshOf(await decide(visitor, pages[1], 'allow')) ?? '')['state']).toBe('2')
})

test('a form of the app’s arrives as an address', async () => {
  const app = await makeApp()
  const { visitor } = await signedIn()
  const fields = Object.fromEntries(parametersOf(app))
  const posted = await visitor.post('/oauth/authorize', fields, FROM_APP)
  expect([posted.status, posted.to]).toEqual([303, authorizePath(app)])
  expect(answered(await visitor.open(posted.to ?? '', FROM_APP))).toHaveProperty('code')
})
