/**
 * Signed in by the act: a mailed link and a password that was just typed. What proves less does not sign
 * in: another browser, another account, a password that has changed, a GET.
 */
import { beforeAll, describe, expect, test } from 'vitest'
import { signToken } from '../../src/crypto/signed-token'
import { rowsOf } from '../db/rows'
import { Breakdown, FAULTS } from '../degraded/breakdown'
import { Visitor } from '../pages/visitor'
import { post } from '../support/api'
import { HOUR, MINUTE, pass, stopClock } from '../support/clock'
import { mailedToken, NEW_PASSWORD, reset, resetToken } from '../support/credentials'
import { depsFor } from '../support/deps'
import { mailsTo } from '../support/mailbox'
import { eventsOf, holdEvents, watchQueues } from '../support/queues'
import { freshCode, ok, userWithSecondFactor } from '../support/second-factor'
import { freshEmail, makeUser, PASSWORD, signedInUser, staff } from '../support/users'
import { postSignIn, registerByApi } from '../support/users-by-api'
import { fetchWith } from '../support/worker'

stopClock()
watchQueues()
beforeAll(holdEvents)

const SESSION = 'gatehouse'
const isSignedIn = async (visitor: Visitor) => (await visitor.open('/account')).status === 200
const subjectOf = async (email: string) =>
  String((await rowsOf('SELECT subject FROM users WHERE email = ?', email))[0]?.['subject'])
const signInsOf = async (email: string) =>
  (await eventsOf(await subjectOf(email))).filter(({ event }) => event === 'auth.signed_in')

async function signUp(visitor = new Visitor(), email = freshEmail()) {
  const form = { full_name: 'Ada Lovelace', email, password: PASSWORD }
  const shown = await visitor.post('/sign-up', form)
  expect([shown.status, shown.to]).toEqual([303, '/check-your-mail'])
  return { visitor, email }
}
const verifyLink = (email: string) => mailedToken(email, '/verify-email')

describe('a reset of the password', () => {
  test('signs in, with strength 1, and says so', async () => {
    const ada = await signedInUser()
    const visitor = new Visitor()
    const token = await resetToken(ada.email)
    await eventsOf(ada.subject)
    await visitor.open(`/reset-password?token=${token}`)
    expect(visitor.cookies.has(SESSION)).toBe(false)
    const done = await visitor.post('/reset-password', { token, new_password: NEW_PASSWORD })
    expect(done.status).toBe(303)
    expect((await visitor.follow(done)).html).toContain('you’re signed in')
    expect(await isSignedIn(visitor)).toBe(true)
    const [signedIn, ...more] = await signInsOf(ada.email)
    expect(more).toEqual([])
    expect(signedIn?.data).toMatchObject({ method: 'password', amr: ['pwd'], strength: 1 })
  })

  test('asks for an enrolled second factor, and trusts no browser that was trusted before', async () => {
    const ada = await userWithSecondFactor()
    const visitor = new Visitor()
    const token = await resetToken(ada.email)
    const half = await visitor.post('/reset-password', { token, new_password: NEW_PASSWORD })
    expect(half.to).toBe('/sign-in/second-factor')
    expect(await isSignedIn(visitor)).toBe(false)
    const code = await freshCode(ada)
    const done = await visitor.post('/sign-in/second-factor', { code })
    expect(done.status).toBe(303)
    expect(await isSignedIn(visitor)).toBe(true)
  })

  test('leads a restricted session to its required action', async () => {
    const ada = await makeUser()
    const token = await resetToken(ada.email)
    const sent = await fetchWith({ REQUIRE_2FA_ROLES: 'user' }, '/reset-password', {
      method: 'POST',
      redirect: 'manual',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'sec-fetch-site': 'same-origin',
      },
      body: new URLSearchParams({ token, new_password: NEW_PASSWORD }).toString(),
    })
    expect(sent.headers.get('location')).toBe('/account/two-factor')
  })

  test('ends the session that the browser had, and gives another', async () => {
    const [ada, eve] = [await makeUser(), await makeUser()]
    const visitor = new Visitor()
    await visitor.post('/sign-in', { email: eve.email, password: PASSWORD })
    const before = visitor.cookies.get(SESSION)
    const token = await resetToken(ada.email)
    await visitor.post('/reset-password', { token, new_password: NEW_PASSWORD })
    expect(visitor.cookies.get(SESSION)).not.toBe(before)
    expect((await visitor.open('/account')).html).toContain(ada.email)
    const old = new Visitor()
    old.cookies.set(SESSION, before ?? '')
    expect(await isSignedIn(old)).toBe(false)
  })

  test('leads to sign-in when nobody can be signed in; the password is set', async () => {
    const ada = await makeUser()
    const token = await resetToken(ada.email)
    const down = new Breakdown()
    down.fails = ({ name }) =>
      name === 'USER_SESSIONS.openSession' ? FAULTS['object lost']() : undefined
    const reply = await down.ask({
      method: 'POST',
      path: '/reset-password',
      body: new URLSearchParams({ token, new_password: NEW_PASSWORD }).toString(),
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'sec-fetch-site': 'same-origin',
      },
    })
    expect([reply.status, reply.headers.get('location')]).toEqual([303, '/sign-in'])
    expect((await postSignIn({ ...ada, password: NEW_PASSWORD })).status).toBe(200)
  })

  test('through the API signs nobody in', async () => {
    const ada = await makeUser()
    const { body } = ok(await reset(await resetToken(ada.email)))
    expect(Object.keys(body)).toEqual(['message'])
  })
})

describe('an accepted invitation', () => {
  test('signs in and welcomes', async () => {
    const root = await staff('admin')
    const email = freshEmail()
    ok(await root.asks('POST', '/admin/users', { email, full_name: 'Ada Lovelace' }))
    const token = await mailedToken(email, '/accept-invitation')
    const visitor = new Visitor()
    const done = await visitor.post('/accept-invitation', { token, password: NEW_PASSWORD })
    expect(done.to).toBe('/welcome')
    expect(await isSignedIn(visitor)).toBe(true)
    expect(await signInsOf(email)).toHaveLength(1)
  })
})

describe('a verified address', () => {
  test('signs in where the account was registered, and welcomes', async () => {
    const { visitor, email } = await signUp()
    const token = await verifyLink(email)
    await visitor.open(`/verify-email?token=${token}`)
    expect(visitor.cookies.has(SESSION)).toBe(false)
    const done = await visitor.post('/verify-email', { token })
    expect(done.to).toBe('/welcome')
    expect(await isSignedIn(visitor)).toBe(true)
    expect(visitor.cookies.has('gatehouse-sign-up')).toBe(false)
    expect(await signInsOf(email)).toHaveLength(1)
  })

  test('leads to sign-in elsewhere, with the address filled in', async () => {
    const { email } = await signUp()
    const phone = new Visitor()
    const done = await phone.post('/verify-email', { token: await verifyLink(email) })
    expect(done.to).toBe('/sign-in')
    const { html } = await phone.follow(done)
    expect(html).toMatch(new RegExp(`<input[^>]*name="email"[^>]*value="${email}"`))
    expect(phone.cookies.has(SESSION)).toBe(false)
    expect(await signInsOf(email)).toEqual([])
  })

  test("of an attacker's account signs no victim in to it", async () => {
    const { email: attackers } = await signUp()
    const { visitor: victim, email } = await signUp()
    const done = await victim.post('/verify-email', { token: await verifyLink(attackers) })
    expect(done.to).toBe('/sign-in')
    expect(victim.cookies.has(SESSION)).toBe(false)
    // The victim's own link still does.
    expect((await victim.post('/verify-email', { token: await verifyLink(email) })).to).toBe(
      '/welcome',
    )
  })

  test('leaves whoever is signed in signed in', async () => {
    const eve = await makeUser()
    const { visitor, email } = await signUp()
    await visitor.post('/sign-in', { email: eve.email, password: PASSWORD })
    const session = visitor.cookies.get(SESSION)
    const done = await visitor.post('/verify-email', { token: await verifyLink(email) })
    expect(done.to).toBe('/sign-in')
    expect(visitor.cookies.get(SESSION)).toBe(session)
    expect((await visitor.open('/account')).html).toContain(eve.email)
  })

  test('does not sign in with a cookie that has expired or that names another registration', async () => {
    const { TOKEN_KEYS } = depsFor().config
    for (const prepare of [
      (visitor: Visitor) => {
        pass(HOUR + MINUTE)
        return visitor
      },
      async (visitor: Visitor, subject: string) => {
        const forged = await signToken(TOKEN_KEYS, 'challenge', { subject, cid: 'x' })
        visitor.cookies.set('gatehouse-sign-up', forged)
      },
      (visitor: Visitor) => visitor.cookies.delete('gatehouse-sign-up'),
    ]) {
      const { visitor, email } = await signUp()
      const token = await verifyLink(email)
      await prepare(visitor, await subjectOf(email))
      expect((await visitor.post('/verify-email', { token })).to).toBe('/sign-in')
      expect(visitor.cookies.has(SESSION)).toBe(false)
    }
  })

  test('does not sign in after the credentials have changed', async () => {
    const { visitor, email } = await signUp()
    const token = await verifyLink(email)
    // As every change of the password does.
    await rowsOf('UPDATE users SET credential_version = 2, auth_version = 9 WHERE email = ?', email)
    expect((await visitor.post('/verify-email', { token })).to).toBe('/sign-in')
  })

  test('signs in nobody when the registration was by the API, or is replayed by a used link', async () => {
    const { email } = await registerByApi()
    const visitor = new Visitor()
    const token = await verifyLink(email)
    expect((await visitor.post('/verify-email', { token })).to).toBe('/sign-in')
    const { visitor: own, email: hers } = await signUp()
    const link = await verifyLink(hers)
    await post('/api/v1/auth/verify-email', { token: link })
    expect((await own.post('/verify-email', { token: link })).status).toBe(400)
    expect(own.cookies.has(SESSION)).toBe(false)
  })
})

describe('while HIDE_ACCOUNT_EXISTENCE is set', () => {
  test('the cookie of a taken address looks like that of a free one, and proves nothing', async () => {
    const ada = await makeUser()
    const cookieOf = async (email: string) => {
      const form = { full_name: 'Ada Lovelace', email, password: PASSWORD }
      const { headers, status } = await fetchWith({ HIDE_ACCOUNT_EXISTENCE: 'true' }, '/sign-up', {
        method: 'POST',
        redirect: 'manual',
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          'sec-fetch-site': 'same-origin',
        },
        body: new URLSearchParams(form).toString(),
      })
      const line = headers.getSetCookie().find((each) => each.startsWith('gatehouse-sign-up='))
      return { status, line: line ?? '' }
    }
    const [taken, free] = [await cookieOf(ada.email), await cookieOf(freshEmail())]
    expect(taken.status).toBe(303)
    expect(free.status).toBe(303)
    expect(taken.line.length).toBe(free.line.length)
    expect(taken.line).toContain('HttpOnly')
    const { subject } = JSON.parse(atob(taken.line.split('.')[1] ?? ''))
    expect(await rowsOf('SELECT 1 FROM users WHERE subject = ?', subject)).toEqual([])
    expect(mailsTo(ada.email).some(({ text }) => text.includes('/verify-email'))).toBe(false)
  })
})
