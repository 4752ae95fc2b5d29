/**
 * Signed in by the act: a mailed link and a passkey that was just made. It is a whole sign-in, as a use of
 * the passkey would be, and the creation's response works once.
 */
import { beforeAll, describe, expect, test } from 'vitest'
import { rowsOf } from '../db/rows'
import { Breakdown, FAULTS } from '../degraded/breakdown'
import { Visitor } from '../pages/visitor'
import { said } from '../support/api'
import { SoftwareAuthenticator } from '../support/authenticator'
import { stopClock } from '../support/clock'
import { mailedToken } from '../support/credentials'
import { ORIGIN, signInByPasskey, undo, undoToken } from '../support/passkeys'
import { eventsOf, holdEvents, watchQueues } from '../support/queues'
import { ok } from '../support/second-factor'
import { freshEmail, makeUser, PASSWORD, type SignedInUser, staff } from '../support/users'

stopClock()
watchQueues()
let root: SignedInUser
beforeAll(async () => {
  holdEvents()
  root = await staff('admin')
})

const SESSION = 'gatehouse'
const isSignedIn = async (visitor: Visitor) => (await visitor.open('/account')).status === 200
const signInsOf = async (email: string) => {
  const [row] = await rowsOf('SELECT subject FROM users WHERE email = ?', email)
  const events = await eventsOf(String(row?.['subject']))
  return events.filter(({ event }) => event === 'auth.signed_in')
}

async function invited() {
  const email = freshEmail()
  ok(await root.asks('POST', '/admin/users', { email, full_name: 'Ada Lovelace' }))
  return { email, token: await mailedToken(email, '/accept-invitation') }
}

async function signedUp(visitor = new Visitor()) {
  const email = freshEmail()
  await visitor.post('/sign-up', { full_name: 'Ada Lovelace', email, password: PASSWORD })
  return { visitor, email, token: await mailedToken(email, '/verify-email') }
}

/** What the page's script posts. */
async function made(
  path: string,
  token: string,
  authenticator = new SoftwareAuthenticator(),
): Promise<Record<string, string>> {
  const asked = await new Visitor().post(`${path}/passkey-options`, { token })
  const { publicKey, challenge_token } = JSON.parse(asked.html)
  const credential = await authenticator.create(publicKey, { origin: ORIGIN })
  return {
    token,
    passkey_challenge: challenge_token,
    passkey_credential: JSON.stringify(credential),
  }
}

const wayOn = (html: string) => /<a class="button[^"]*" href="([^"]+)">[^<]*saved/.exec(html)?.[1]

describe('an invitation that was accepted with a passkey', () => {
  test('signs in with both factors, once the codes are saved', async () => {
    const { email, token } = await invited()
    const visitor = new Visitor()
    const authenticator = new SoftwareAuthenticator()
    const posted = await made('/accept-invitation', token, authenticator)
    const shown = await visitor.post('/accept-invitation/passkey', posted)
    expect(shown.status).toBe(200)
    expect(shown.html).toContain('id="codes"')
    expect(wayOn(shown.html)).toBe('/welcome')
    expect(await isSignedIn(visitor)).toBe(true)
    const [signedIn, ...more] = await signInsOf(email)
    expect(more).toEqual([])
    expect(signedIn?.data).toMatchObject({ method: 'passkey', amr: ['swk', 'mfa'], strength: 2 })
    expect(said(await signInByPasskey(authenticator))).toBe('200')
  })

  test('opens a session that ends with the passkey', async () => {
    const { email, token } = await invited()
    const visitor = new Visitor()
    await visitor.post('/accept-invitation/passkey', await made('/accept-invitation', token))
    expect(await isSignedIn(visitor)).toBe(true)
    ok(await undo(await undoToken(email)))
    expect(await isSignedIn(visitor)).toBe(false)
  })

  test('opens one session, also by two copies of the response at once and by another later', async () => {
    const { email, token } = await invited()
    const posted = await made('/accept-invitation', token)
    const visitors = [new Visitor(), new Visitor()]
    await Promise.all(visitors.map((each) => each.post('/accept-invitation/passkey', posted)))
    const late = new Visitor()
    expect((await late.post('/accept-invitation/passkey', posted)).status).toBe(400)
    expect(late.cookies.has(SESSION)).toBe(false)
    expect(visitors.filter(({ cookies }) => cookies.has(SESSION))).toHaveLength(1)
    expect(await signInsOf(email)).toHaveLength(1)
  })

  test('leaves the counter of a security key where it is', async () => {
    const { token } = await invited()
    const key = new SoftwareAuthenticator({
      isBackupEligible: false,
      isBackedUp: false,
      signCount: 7,
    })
    const visitor = new Visitor()
    const posted = await made('/accept-invitation', token, key)
    await visitor.post('/accept-invitation/passkey', posted)
    expect(await isSignedIn(visitor)).toBe(true)
    const copy = key.clone()
    expect(said(await signInByPasskey(key))).toBe('200')
    expect(said(await signInByPasskey(copy, { signCount: 7 }))).toBe('401 invalid_passkey')
  })

  test('leads to sign-in when nobody can be signed in; the passkey is added', async () => {
    const { token } = await invited()
    const authenticator = new SoftwareAuthenticator()
    const posted = await made('/accept-invitation', token, authenticator)
    const down = new Breakdown()
    down.fails = ({ name }) =>
      name === 'USER_SESSIONS.openSession' ? FAULTS['object lost']() : undefined
    const reply = await down.ask({
      method: 'POST',
      path: '/accept-invitation/passkey',
      body: new URLSearchParams(posted).toString(),
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'sec-fetch-site': 'same-origin',
      },
    })
    expect(reply.status).toBe(200)
    expect(reply.headers.getSetCookie()).toEqual([])
    expect(said(await signInByPasskey(authenticator))).toBe('200')
  })
})

describe('an address that was verified with a passkey', () => {
  test('signs in where the account was registered', async () => {
    const { visitor, email, token } = await signedUp()
    const posted = await made('/verify-email', token)
    const { html } = await visitor.post('/verify-email/passkey', posted)
    expect(wayOn(html)).toBe('/welcome')
    expect(await isSignedIn(visitor)).toBe(true)
    expect(visitor.cookies.has('gatehouse-sign-up')).toBe(false)
    expect(await signInsOf(email)).toHaveLength(1)
  })

  test("signs in nowhere else: an attacker's link signs no victim in to the attacker's account", async () => {
    const [attacker, victim] = [await signedUp(), await signedUp()]
    const posted = await made('/verify-email', attacker.token)
    const { html } = await victim.visitor.post('/verify-email/passkey', posted)
    expect(wayOn(html)).toBe('/sign-in')
    expect(victim.visitor.cookies.has(SESSION)).toBe(false)
  })

  test('leaves whoever is signed in signed in', async () => {
    const eve = await makeUser()
    const { visitor, token } = await signedUp()
    await visitor.post('/sign-in', { email: eve.email, password: PASSWORD })
    const session = visitor.cookies.get(SESSION)
    await visitor.post('/verify-email/passkey', await made('/verify-email', token))
    expect(visitor.cookies.get(SESSION)).toBe(session)
    expect((await visitor.open('/account')).html).toContain(eve.email)
  })
})
