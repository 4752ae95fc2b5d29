/** A sign-in that began at an app ends there, whatever the user had to do on the way. */
import { beforeEach, describe, expect, it, test } from 'vitest'
import { visitor as staffVisitor } from '../pages/admin/site'
import { part, type Shown, signedIn, signIn, Visitor } from '../pages/visitor'
import { makeApp, type MadeApp } from '../support/apps'
import { stopClock } from '../support/clock'
import { mailTo, tokenIn } from '../support/mailbox'
import { freshCode, userWithSecondFactor } from '../support/second-factor'
import { freshEmail, makeUser, PASSWORD } from '../support/users'
import { fetchWith } from '../support/worker'
import {
  actionOf,
  answerIn,
  ask,
  authorizePath,
  FROM_US,
  ISSUER,
  refreshOf,
  unescaped,
} from './flow'

stopClock()

let app: MadeApp
let wanted: string
beforeEach(async () => {
  app = await makeApp({ name: 'Orders' })
  wanted = authorizePath(app)
})

const withNext = (path: string) => `${path}?next=${encodeURIComponent(wanted)}`
const nextIn = (address: string) => new URL(address, ISSUER).searchParams.get('next')
const linkTo = ({ html }: Shown, path: string) =>
  [...html.matchAll(/href="([^"]*)"/g)]
    .map(([, href]) => unescaped(href) ?? '')
    .find((href) => href.startsWith(path)) ?? ''

/** Where the user arrives: at the app, or at a page of ours. */
async function end(visitor: Visitor, to: string): Promise<string> {
  const first = new URL(to, ISSUER)
  // The first sign-in of a user shows the welcome.
  const path = first.pathname === '/welcome' ? (first.searchParams.get('next') ?? '/account') : to
  const shown = await visitor.open(path, FROM_US)
  const away = refreshOf(shown)
  return away === undefined ? path : 'code' in answerIn(away) ? 'the app' : away
}

describe('every page keeps it', () => {
  it('in its links and forms, before the sign-in', async () => {
    const visitor = new Visitor()
    const signInPage = await visitor.open(withNext('/sign-in'))
    for (const path of ['/sign-up', '/forgot-password']) {
      const link = linkTo(signInPage, path)
      expect(link).toBe(withNext(path))
      const page = await visitor.open(link)
      expect(actionOf(page, path)).toBe(withNext(path))
      expect(linkTo(page, '/sign-in')).toBe(withNext('/sign-in'))
    }
    const sent = await visitor.post(withNext('/forgot-password'), { email: freshEmail() })
    expect(sent.to).toBe(withNext('/forgot-password/sent'))
    const after = await visitor.open(sent.to ?? '')
    expect(linkTo(after, '/sign-in')).toBe(withNext('/sign-in'))
    expect(linkTo(after, '/forgot-password')).toBe(withNext('/forgot-password'))
    expect((await visitor.open(withNext('/sign-up'))).html).toContain('Continue to Orders')
  })

  it('but other paths go through the sign-in alone, as ever', async () => {
    const { html } = await new Visitor().open('/sign-in?next=%2Faccount%2Factivity')
    expect(html).toContain('href="/sign-up"')
    expect(html).not.toContain('Continue to')
    const long = `/account?x=${'x'.repeat(1_000)}`
    const { visitor } = await signedIn()
    expect((await visitor.open(`/sign-in?next=${encodeURIComponent(long)}`)).to).toBe('/account')
  })

  it('a second factor, with a wrong code on the way', async () => {
    const user = await userWithSecondFactor()
    const visitor = new Visitor()
    const step = await signIn(visitor, user, {}, withNext(''))
    expect(nextIn(step.to ?? '')).toBe(wanted)
    expect((await visitor.post(step.to ?? '', { code: '000000' })).status).toBe(401)
    const page = await visitor.open(step.to ?? '')
    expect(linkTo(page, '/sign-in?')).toBe(withNext('/sign-in'))
    const done = await visitor.post(actionOf(page, '/sign-in/second-factor') ?? '', {
      code: await freshCode(user),
    })
    expect(await end(visitor, done.to ?? '')).toBe('the app')
  })

  it('the language switch', async () => {
    const shown = await new Visitor().post('/language', {
      language: 'de',
      next: withNext('/sign-in'),
    })
    expect(shown.to).toBe(withNext('/sign-in'))
    expect(shown.headers.get('cross-origin-opener-policy')).toBe('unsafe-none')
  })

  it('a page that was open when the session ended', async () => {
    const { visitor } = await signedIn()
    await visitor.post('/sign-out')
    for (const path of ['/confirm-identity', '/change-password', '/welcome']) {
      expect((await visitor.open(withNext(path))).to).toBe(withNext('/sign-in'))
      expect((await visitor.post(withNext(path))).to).toBe(withNext('/sign-in'))
    }
    expect((await visitor.open(withNext('/account/two-factor'))).to).toBe(withNext('/sign-in'))
    const setUp = await visitor.post(withNext('/account/two-factor/set-up'))
    expect(setUp.to).toBe(withNext('/sign-in'))
  })
})

describe('a required second factor', () => {
  const settings = { REQUIRE_2FA_ROLES: 'user' }

  it('is set up on the way, and ends in the app', async () => {
    const visitor = new Visitor()
    await signIn(visitor, await makeUser())
    const open = async (path: string, fields?: Record<string, string>) =>
      fetchWith(settings, path, {
        redirect: 'manual',
        headers: {
          accept: 'text/html',
          'sec-fetch-site': 'same-origin',
          cookie: [...visitor.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
          'content-type': 'application/x-www-form-urlencoded',
        },
        ...(fields && { method: 'POST', body: new URLSearchParams(fields).toString() }),
      })
    const asked = await open(wanted)
    expect(asked.headers.get('location')).toBe(withNext('/account/two-factor'))
    const page = await open(withNext('/account/two-factor'))
    expect(page.body).toContain('Your role requires')
    const html = (reply: { body: string }) => ({ html: reply.body }) as Shown
    const action = actionOf(html(page), '/account/two-factor/set-up') ?? ''
    const scan = await open(action, {})
    const secret = part(scan.body, /name="secret" value="([A-Z2-7]+)"/) ?? ''
    const enable = actionOf(html(scan), '/account/two-factor/enable') ?? ''
    const wrong = await open(enable, { secret, code: '000000' })
    expect(actionOf(html(wrong), '/account/two-factor/enable')).toBe(enable)
    const codes = await open(enable, { secret, code: await freshCode({ secret }) })
    expect(linkTo(html(codes), '/oauth/authorize')).toBe(wanted)
    const arrived = await open(wanted)
    expect(refreshOf(html(arrived))).toContain('code=')
  })
})

describe('across an email', () => {
  it('a sign-up ends in the app, in the browser in which it began', async () => {
    const [visitor, email] = [new Visitor(), freshEmail()]
    const asked = await ask(visitor, app, { prompt: 'create' })
    const action = actionOf(await visitor.open(asked.to ?? ''), '/sign-up') ?? ''
    const made = await visitor.post(action, {
      full_name: 'Ada Lovelace',
      email,
      password: PASSWORD,
    })
    expect(nextIn(made.to ?? '')).toMatch(/^\/oauth\/authorize\?/)
    const token = tokenIn(await mailTo(email), '/verify-email')
    const done = await visitor.post('/verify-email', { token })
    expect(await end(visitor, done.to ?? '')).toBe('the app')
    expect(visitor.cookies.has('gatehouse-continue')).toBe(false)
  })

  it('in another browser in the account, by way of the sign-in', async () => {
    const [visitor, email] = [new Visitor(), freshEmail()]
    await visitor.post(withNext('/sign-up'), {
      full_name: 'Ada Lovelace',
      email,
      password: PASSWORD,
    })
    const token = tokenIn(await mailTo(email), '/verify-email')
    expect((await new Visitor().post('/verify-email', { token })).to).toBe('/sign-in')
  })

  it('a reset ends in the app', async () => {
    const [visitor, user] = [new Visitor(), await makeUser()]
    await visitor.post(withNext('/forgot-password'), { email: user.email })
    const token = tokenIn(await mailTo(user.email), '/reset-password')
    const fields = { token, new_password: `New-${PASSWORD}` }
    const done = await visitor.post('/reset-password', fields)
    expect(await end(visitor, done.to ?? '')).toBe('the app')
    expect(visitor.cookies.has('gatehouse-continue')).toBe(false)
  })

  it('a reset of a user with a second factor too', async () => {
    const [visitor, user] = [new Visitor(), await userWithSecondFactor()]
    await visitor.post(withNext('/forgot-password'), { email: user.email })
    const token = tokenIn(await mailTo(user.email), '/reset-password')
    const step = await visitor.post('/reset-password', { token, new_password: `New-${PASSWORD}` })
    expect(nextIn(step.to ?? '')).toBe(wanted)
    const done = await visitor.post(step.to ?? '', { code: await freshCode(user) })
    expect(await end(visitor, done.to ?? '')).toBe('the app')
  })

  it('an invitation ends in the app whose sign-in the user has seen', async () => {
    const [visitor, email, admin] = [new Visitor(), freshEmail(), await staffVisitor('admin')]
    await admin.submit('/admin/users/new', { email, full_name: 'Grace', roles: [] })
    await visitor.open(withNext('/sign-in'))
    const token = tokenIn(await mailTo(email), '/accept-invitation')
    const done = await visitor.post('/accept-invitation', { token, password: PASSWORD })
    expect(await end(visitor, done.to ?? '')).toBe('the app')
  })

  it('the link sent again', async () => {
    const [visitor, email] = [new Visitor(), freshEmail()]
    await visitor.post(withNext('/sign-up'), {
      full_name: 'Ada Lovelace',
      email,
      password: PASSWORD,
    })
    const page = await visitor.open(withNext('/check-your-mail'))
    expect(actionOf(page, '/check-your-mail')).toBe(withNext('/check-your-mail'))
    const again = await visitor.post(withNext('/check-your-mail'), { email })
    expect(again.to).toBe(withNext('/check-your-mail'))
  })
})

describe('a user who is signed in and wants to use another account', () => {
  it('is not led on as the first by the links on the way', async () => {
    const { visitor } = await signedIn()
    const signInPage = await visitor.open(`/sign-in?other&next=${encodeURIComponent(wanted)}`)
    const signUp = linkTo(signInPage, '/sign-up')
    const page = await visitor.open(signUp)
    expect([page.status, linkTo(page, '/sign-in')]).toEqual([
      200,
      `/sign-in?other&next=${encodeURIComponent(wanted)}`,
    ])
    const email = freshEmail()
    const fields = { full_name: 'Bob Second', email, password: PASSWORD }
    await visitor.post(actionOf(page, '/sign-up') ?? '', fields)
    const token = tokenIn(await mailTo(email), '/verify-email')
    const verified = await visitor.post('/verify-email', { token })
    expect(verified.to).toBe(`/sign-in?other&next=${encodeURIComponent(wanted)}`)
    const form = await visitor.open(verified.to ?? '')
    expect(form.html).toContain(`value="${email}"`)

    const user = await userWithSecondFactor()
    const step = await signIn(visitor, user, {}, withNext(''))
    const second = await visitor.open(step.to ?? '')
    expect(linkTo(second, '/sign-in?other')).not.toBe('')
  })
})

describe('the cookie', () => {
  const cookieOf = (visitor: Visitor) =>
    visitor.setCookies.find((line) => line.startsWith('gatehouse-continue='))

  it('lives for an hour, is of this host alone, and is no script’s', async () => {
    const visitor = new Visitor()
    await visitor.open(withNext('/sign-in'))
    expect(cookieOf(visitor)).toMatch(/; Max-Age=3600; Path=\/; HttpOnly; SameSite=Lax$/)
  })

  it('is set for requests of apps alone, and for none that is too long', async () => {
    const visitor = new Visitor()
    for (const next of ['/account/activity', '/oauth/consent?x=y', '//evil.example']) {
      await visitor.open(`/sign-in?next=${encodeURIComponent(next)}`)
      expect(cookieOf(visitor)).toBeUndefined()
    }
    const long = authorizePath(app, { state: 's'.repeat(3_400) })
    await visitor.open(`/sign-in?next=${encodeURIComponent(long)}`)
    expect(cookieOf(visitor)).toBeUndefined()
  })

  it.each(['//evil.example', 'https://evil.example', '/account/privacy', 'x'.repeat(9_000)])(
    'that somebody has written (%s) leads to the account',
    async (value) => {
      const [visitor, user] = [new Visitor(), await makeUser()]
      await visitor.post('/forgot-password', { email: user.email })
      const token = tokenIn(await mailTo(user.email), '/reset-password')
      visitor.cookies.set('gatehouse-continue', encodeURIComponent(value))
      const fields = { token, new_password: `New-${PASSWORD}` }
      const { to } = await visitor.post('/reset-password', fields)
      expect(to === '/welcome' ? '/account' : to).toBe('/account')
    },
  )

  it('is gone after a sign-in', async () => {
    const [visitor, user] = [new Visitor(), await makeUser()]
    await visitor.open(withNext('/sign-in'))
    expect(visitor.cookies.has('gatehouse-continue')).toBe(true)
    await signIn(visitor, user)
    expect(visitor.cookies.has('gatehouse-continue')).toBe(false)
  })
})

describe('pages of the flow may be in a popup of the app', () => {
  const policyOf = ({ headers }: Shown) => headers.get('cross-origin-opener-policy')

  it('so they, their errors and their redirects keep its opener, and no others', async () => {
    const { visitor } = await signedIn()
    for (const path of [
      wanted,
      '/oauth/authorize',
      withNext('/sign-in?other').replace('?next', '&next'),
      withNext('/sign-in'),
      withNext('/confirm-identity'),
      withNext('/change-password'),
      withNext('/account/two-factor'),
      withNext('/welcome'),
      withNext('/sign-up'),
    ]) {
      expect([path, policyOf(await visitor.open(path))]).toEqual([path, 'unsafe-none'])
    }
    for (const path of [
      '/sign-in',
      '/account',
      '/sign-in?next=%2Faccount',
      '/sign-in?next=https%3A%2F%2Fevil.example%2Foauth%2F',
      '/account?next=%2F%2Foauth%2Fauthorize',
      '/nothing',
    ]) {
      expect([path, policyOf(await visitor.open(path))]).toEqual([path, 'same-origin'])
    }
  })

  it('a sign-in that leads back, and one that is refused', async () => {
    const [visitor, user] = [new Visitor(), await makeUser()]
    const wrong = await signIn(visitor, { ...user, password: 'Wrong-Horse-7' }, {}, withNext(''))
    expect([wrong.status, policyOf(wrong)]).toEqual([401, 'unsafe-none'])
    expect(policyOf(await signIn(visitor, user, {}, withNext('')))).toBe('unsafe-none')
  })
})

test('ui_locales chooses the language, unless the user has', async () => {
  const visitor = new Visitor()
  const german = authorizePath(app, { ui_locales: 'tlh de fr' })
  const page = `/sign-in?next=${encodeURIComponent(german)}`
  expect((await visitor.open(page)).html).toContain('Weiter zu Orders')
  await visitor.post('/language', { language: 'fr', next: page })
  expect((await visitor.open(page)).html).toContain('Continuer vers Orders')
})
