/** Trusted browsers on the pages: the checkbox, the cookie, the list. */
import { describe, expect, test, vi } from 'vitest'
import { Visitor } from '../pages/visitor'
import { DAY, MINUTE, pass, stopClock } from '../support/clock'
import { mailsTo, tokenIn } from '../support/mailbox'
import {
  freshCode,
  type UserWithSecondFactor,
  userWithSecondFactor,
} from '../support/second-factor'
import { makeUser } from '../support/users'
import { fetchWith } from '../support/worker'
import { listOf, outcome, signInWith, trustBrowser } from './devices'

stopClock()

const COOKIE = 'gatehouse-device'
const SESSIONS = '/account/sessions'
const EDIT = '/account/sessions/trusted-browsers'

const firstStep = ({ email, password }: { email: string; password: string }, visitor: Visitor) =>
  visitor.post('/sign-in', { email, password })

/** A first sign-in leads to the welcome page, and which one is the first is known a moment later. */
const comesTo = async (user: Parameters<typeof firstStep>[0], visitor: Visitor) => {
  const { status, to } = await firstStep(user, visitor)
  return status !== 303 ? status : to === '/sign-in/second-factor' ? 'asked' : 'signed in'
}

/** Signs in by both steps. `trust`: with the box ticked. */
async function signIn(ada: UserWithSecondFactor, visitor: Visitor, trust = false) {
  expect(await comesTo(ada, visitor)).toBe('asked')
  const ticked = trust ? { trust_device: 'true' } : {}
  const done = await visitor.post('/sign-in/second-factor', {
    code: await freshCode(ada),
    ...ticked,
  })
  expect(done.status).toBe(303)
  return done
}

async function trusting(ada: UserWithSecondFactor) {
  const visitor = new Visitor()
  await signIn(ada, visitor, true)
  return visitor
}

const asPost = (fields: Record<string, string>, cookie: string) => ({
  method: 'POST',
  redirect: 'manual' as const,
  headers: {
    'content-type': 'application/x-www-form-urlencoded',
    'sec-fetch-site': 'same-origin',
    cookie,
  },
  body: new URLSearchParams(fields).toString(),
})

describe('the box at the second step', () => {
  test('keeps the token in a cookie of 30 days that no script can read', async () => {
    const ada = await userWithSecondFactor()
    const visitor = new Visitor()
    await firstStep(ada, visitor)
    const { html } = await visitor.open('/sign-in/second-factor')
    expect(html).toContain('Don’t ask again on this browser for 30 days')
    await visitor.post('/sign-in/second-factor', {
      code: await freshCode(ada),
      trust_device: 'true',
    })
    const line = visitor.setCookies.find((each) => each.startsWith(`${COOKIE}=`))
    expect(line).toContain(`Max-Age=${30 * 86_400}`)
    expect(line).toContain('HttpOnly')
    expect(line).toContain('SameSite=Lax')
    expect(line).toContain('Path=/')
  })

  test('is a __Host- cookie over https', async () => {
    const ada = await userWithSecondFactor()
    const https = { PUBLIC_URL: 'https://id.example.com', PASSWORD_HASH_ROUNDS: '6' }
    const token = (await trusting(ada)).cookies.get(COOKIE) ?? ''
    const reply = await fetchWith(
      https,
      '/sign-in',
      asPost({ email: ada.email, password: ada.password }, `__Host-gatehouse-device=${token}`),
    )
    const line = reply.headers.getSetCookie().find((each) => each.includes('gatehouse-device'))
    expect(line).toMatch(/^__Host-gatehouse-device=device\./)
    expect(line).toContain('Secure')
  })

  test('is not there, and does nothing, when TRUSTED_BROWSER_DAYS is 0 or a role forbids it', async () => {
    for (const changes of [{ TRUSTED_BROWSER_DAYS: '0' }, { REQUIRE_2FA_ROLES: 'user' }]) {
      const ada = await userWithSecondFactor()
      const visitor = new Visitor()
      await firstStep(ada, visitor)
      const cookie = `gatehouse-challenge=${visitor.cookies.get('gatehouse-challenge')}`
      const shown = await fetchWith(changes, '/sign-in/second-factor', { headers: { cookie } })
      expect(shown.status).toBe(200)
      expect(shown.body).not.toContain('trust_device')
      const fields = { code: await freshCode(ada), trust_device: 'true' }
      const done = await fetchWith(changes, '/sign-in/second-factor', asPost(fields, cookie))
      expect(done.status).toBe(303)
      expect(done.headers.getSetCookie().join()).not.toContain(COOKIE)
      expect(await listOf(ada)).toEqual([])
    }
  })
})

describe('the cookie', () => {
  test('skips the second step, and is replaced each time', async () => {
    const ada = await userWithSecondFactor()
    const visitor = await trusting(ada)
    const seen = new Set([visitor.cookies.get(COOKIE)])
    for (let n = 0; n < 3; n++) {
      pass(DAY)
      expect(await comesTo(ada, visitor)).toBe('signed in')
      const next = visitor.cookies.get(COOKIE)
      expect(seen.has(next)).toBe(false)
      seen.add(next)
    }
  })

  test('survives signing out, and is removed when it no longer works', async () => {
    const ada = await userWithSecondFactor()
    const visitor = await trusting(ada)
    await visitor.post('/sign-out')
    expect(visitor.cookies.has(COOKIE)).toBe(true)
    pass(31 * DAY)
    await firstStep(ada, visitor)
    expect(visitor.cookies.has(COOKIE)).toBe(false)
  })

  test('a copy that is used elsewhere ends the trust in both', async () => {
    const ada = await userWithSecondFactor()
    const visitor = await trusting(ada)
    const thief = new Visitor()
    thief.cookies.set(COOKIE, visitor.cookies.get(COOKIE) ?? '')
    expect(await comesTo(ada, thief)).toBe('signed in')
    pass(2 * MINUTE)
    expect(await comesTo(ada, visitor)).toBe('asked')
    expect(visitor.cookies.has(COOKIE)).toBe(false)
    expect(await comesTo(ada, thief)).toBe('asked')
  })

  test('a form that is sent twice signs in twice, and ends no trust', async () => {
    const ada = await userWithSecondFactor()
    const visitor = await trusting(ada)
    const twin = new Visitor()
    twin.cookies.set(COOKIE, visitor.cookies.get(COOKIE) ?? '')
    expect(await comesTo(ada, twin)).toBe('signed in')
    expect(await comesTo(ada, visitor)).toBe('signed in')
    expect(visitor.cookies.get(COOKIE)).toBe(twin.cookies.get(COOKIE))
    expect(mailsTo(ada.email).map(({ text }) => text)).not.toContainEqual(
      expect.stringContaining('no longer trusted'),
    )
    pass(DAY)
    expect(await comesTo(ada, visitor)).toBe('signed in')
  })

  test('of another user of this browser stays until this user trusts the browser too', async () => {
    const [ada, eve] = [await userWithSecondFactor(), await userWithSecondFactor()]
    const visitor = await trusting(ada)
    const token = visitor.cookies.get(COOKIE)
    await signIn(eve, visitor)
    expect(visitor.cookies.get(COOKIE)).toBe(token)
    await firstStep(await makeUser(), visitor)
    expect(visitor.cookies.get(COOKIE)).toBe(token)
    expect(await comesTo(ada, visitor)).toBe('signed in')
    await signIn(eve, visitor, true)
    expect(await comesTo(ada, visitor)).toBe('asked')
    expect(await comesTo(eve, visitor)).toBe('signed in')
  })

  test('that is no token is removed', async () => {
    const ada = await userWithSecondFactor()
    const visitor = new Visitor()
    visitor.cookies.set(COOKIE, 'x')
    expect(await comesTo(ada, visitor)).toBe('asked')
    expect(visitor.cookies.has(COOKIE)).toBe(false)
  })
})

describe('the list', () => {
  test('says which one is this browser, names it and ends its trust', async () => {
    const ada = await userWithSecondFactor()
    const api = await trustBrowser(ada)
    const visitor = await trusting(ada)
    const [own, other] = await listOf(ada)
    const { html } = await visitor.open(SESSIONS)
    expect(html).toContain('Trusted browsers')
    expect(html.match(/This browser/g)).toHaveLength(1)
    const page = await visitor.open(`${EDIT}/edit?id=${own?.id}`)
    expect(page.html).toContain('(This browser)')
    expect(page.html).toMatch(/<a href="\/account\/sessions" aria-current="\w+">/)
    const named = await visitor.post(`${EDIT}/rename`, { id: own?.id ?? '', name: '<b>Home</b>' })
    expect((await visitor.follow(named)).html).toContain('&lt;b&gt;Home&lt;/b&gt;')
    const long = await visitor.post(`${EDIT}/rename`, { id: own?.id ?? '', name: 'x'.repeat(61) })
    expect([long.status, long.html.includes('f-name-error')]).toEqual([422, true])
    await visitor.post(`${EDIT}/rename`, { id: own?.id ?? '', name: '' })
    expect((await listOf(ada)).map(({ name }) => name)).toEqual([null, null])
    const ended = await visitor.post(`${EDIT}/end`, { id: own?.id ?? '' })
    expect((await visitor.follow(ended)).html).toContain('no longer trusted')
    expect(visitor.cookies.has(COOKIE)).toBe(false)
    expect((await listOf(ada)).map(({ id }) => id)).toEqual([other?.id])
    expect(outcome(await signInWith(ada, api))).toBe('signed in')
  })

  test('ends the trust of all, and knows nothing of others', async () => {
    const [ada, eve] = [await userWithSecondFactor(), await userWithSecondFactor()]
    const [visitor, hers] = [await trusting(ada), await trusting(eve)]
    const [foreign] = await listOf(eve)
    expect((await visitor.open(`${EDIT}/edit?id=${foreign?.id}`)).status).toBe(404)
    const id = foreign?.id ?? ''
    expect((await visitor.post(`${EDIT}/end`, { id })).status).toBe(404)
    expect((await visitor.post(`${EDIT}/rename`, { id, name: 'x' })).status).toBe(404)
    await visitor.post(`${EDIT}/end-all`)
    expect(visitor.cookies.has(COOKIE)).toBe(false)
    expect(await listOf(ada)).toEqual([])
    expect((await visitor.open(SESSIONS)).html).not.toContain('Trusted browsers')
    expect(await comesTo(eve, hers)).toBe('signed in')
  })
})

const PATH = '/undo-sign-in-method'
/** Events reach the mailbox through two queues. */
async function undoOf(address: string) {
  const find = () => mailsTo(address).find(({ text }) => text.includes(PATH))
  await vi.waitUntil(find, { timeout: 8000 })
  const mail = find()
  if (!mail) throw new Error('the mail must be there')
  return { token: tokenIn(mail, PATH) }
}

describe('the link that undoes it', () => {
  test('changes nothing when it is opened, and then ends trust and sessions, once', async () => {
    const ada = await userWithSecondFactor()
    const visitor = await trusting(ada)
    const { token } = await undoOf(ada.email)
    const stranger = new Visitor()
    const { html, status } = await stranger.open(`/undo-sign-in-method?token=${token}`)
    expect([status, html.includes('Remove this way to sign in?')]).toEqual([200, true])
    expect(await listOf(ada)).toHaveLength(1)
    const done = await stranger.post('/undo-sign-in-method', { token })
    expect(done.to).toBe('/sign-in')
    expect((await visitor.open('/account')).to).toContain('/sign-in')
    expect(await comesTo(ada, visitor)).toBe('asked')
    const again = await stranger.post('/undo-sign-in-method', { token })
    expect([again.status, again.html.includes('already gone')]).toEqual([400, true])
  })
})
