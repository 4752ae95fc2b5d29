/** The second step on the pages: the ways that the user has, the strongest first, by one budget. */
import { describe, expect, test } from 'vitest'
import { said } from '../../support/api'
import { SoftwareAuthenticator } from '../../support/authenticator'
import { stopClock } from '../../support/clock'
import { addPasskey, ORIGIN, userWithPasskey } from '../../support/passkeys'
import {
  challengeOf,
  freshCode,
  ok,
  type UserWithSecondFactor,
  userWithSecondFactor,
  verify,
} from '../../support/second-factor'
import { wrongCode } from '../../support/totp'
import { postSignIn } from '../../support/users-by-api'
import { fetchWith } from '../../support/worker'
import { Visitor } from '../visitor'

stopClock()

const PATH = '/sign-in/second-factor'
const BY_PASSKEY = `${PATH}/passkey`
const OPTIONS = `${PATH}/passkey-options`

async function withBoth() {
  const ada = await userWithSecondFactor()
  const authenticator = new SoftwareAuthenticator()
  // The session that turned the second factor on has just proved it.
  ok(await addPasskey(ada, authenticator))
  return { ...ada, authenticator }
}

async function atSecondStep({ email, password }: { email: string; password: string }) {
  const visitor = new Visitor()
  expect((await visitor.post('/sign-in', { email, password })).to).toBe(PATH)
  return visitor
}

/** What the browser's script posts. */
async function passkeyFields(
  visitor: Visitor,
  authenticator: SoftwareAuthenticator,
  how: object = {},
) {
  const reply = await visitor.post(OPTIONS)
  expect([reply.status, reply.headers.get('content-type')]).toEqual([200, 'application/json'])
  const { publicKey, challenge_token } = JSON.parse(reply.html)
  const credential = await authenticator.get(publicKey, { origin: ORIGIN, ...how })
  return { passkey_challenge: challenge_token, passkey_credential: JSON.stringify(credential) }
}

const fields = (html: string) =>
  [...html.matchAll(/<input[^>]*\bname="(code|recovery_code|passkey_credential)"/g)].map(
    ([, name]) => name,
  )

describe('the choice', () => {
  test('is told by the API behind a right first step only, the strongest first', async () => {
    const [both, code] = [await withBoth(), await userWithSecondFactor()]
    expect((await postSignIn(both)).body.methods).toEqual(['passkey', 'code', 'recovery_code'])
    expect((await postSignIn(code)).body.methods).toEqual(['code', 'recovery_code'])
    const wrong = await postSignIn({ ...both, password: 'Wrong-Horse-7' })
    expect(said(wrong)).toBe('401 invalid_credentials')
    expect(JSON.stringify(wrong.body)).not.toContain('passkey')
  })

  test('shows the passkey before the code, and the recovery code behind a link', async () => {
    const visitor = await atSecondStep(await withBoth())
    const { html } = await visitor.open(PATH)
    expect(fields(html)).toEqual(['passkey_credential', 'code'])
    expect(html).toMatch(/<button[^>]*hidden[^>]*data-passkey="second-step"/)
    expect(html).toContain(`data-options="${OPTIONS}"`)
    expect(html).toContain('/assets/passkey.js')
    const { html: other } = await visitor.open(`${PATH}?with=recovery-code`)
    expect(fields(other)).toEqual(['recovery_code'])
    expect(other).not.toContain('/assets/passkey.js')
  })

  test('offers no passkey to a user without one', async () => {
    const visitor = await atSecondStep(await userWithSecondFactor())
    const { html } = await visitor.open(PATH)
    expect(fields(html)).toEqual(['code'])
    expect(html).not.toContain('data-passkey=')
    expect((await visitor.post(OPTIONS)).status).toBe(404)
  })

  test('of a passkey without a code is left to the recovery code when scripts are off', async () => {
    const role = { REQUIRE_2FA_ROLES: 'user' }
    const { email, password } = await userWithPasskey()
    const post = {
      method: 'POST',
      redirect: 'manual' as const,
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'sec-fetch-site': 'same-origin',
      },
      body: new URLSearchParams({ email, password }).toString(),
    }
    const first = await fetchWith(role, '/sign-in', post)
    expect(first.headers.get('location')).toBe(PATH)
    const cookie = first.headers.getSetCookie().find((each) => each.includes('challenge')) ?? ''
    const shown = await fetchWith(role, PATH, { headers: { cookie: cookie.split(';')[0] ?? '' } })
    expect(fields(String(shown.body))).toEqual(['passkey_credential', 'recovery_code'])
    // A wrong recovery code leads to the same choice again.
    const action = /<form[^>]*action="([^"]*)"/.exec(String(shown.body))?.[1]
    expect(action).toBe(PATH)
  })
})

describe('a passkey at the second step', () => {
  test('signs in, even one that has not verified its user', async () => {
    const ada = await withBoth()
    for (const how of [{}, { isUserVerified: false }]) {
      const visitor = await atSecondStep(ada)
      const sent = await passkeyFields(visitor, ada.authenticator, how)
      const done = await visitor.post(BY_PASSKEY, sent)
      expect([done.status, done.to !== PATH]).toEqual([303, true])
      expect((await visitor.open('/account')).status).toBe(200)
      // Its challenge is spent, and so is the first step.
      const again = new Visitor()
      expect((await again.post(BY_PASSKEY, sent)).to).toBe('/sign-in')
    }
  })

  test('can trust the browser too', async () => {
    const ada = await withBoth()
    const visitor = await atSecondStep(ada)
    const sent = await passkeyFields(visitor, ada.authenticator)
    await visitor.post(BY_PASSKEY, { ...sent, trust_device: 'true' })
    expect(visitor.cookies.has('gatehouse-device')).toBe(true)
  })

  test('of another user is refused in the form, which can be sent again', async () => {
    const [ada, eve] = [await withBoth(), await withBoth()]
    const visitor = await atSecondStep(ada)
    const { publicKey, challenge_token } = JSON.parse((await visitor.post(OPTIONS)).html)
    const asked = { ...publicKey, allowCredentials: [] }
    const credential = await eve.authenticator.get(asked, { origin: ORIGIN })
    const refused = await visitor.post(BY_PASSKEY, {
      passkey_challenge: challenge_token,
      passkey_credential: JSON.stringify(credential),
    })
    expect([refused.status, refused.html.includes('role="alert"')]).toEqual([401, true])
    expect(fields(refused.html)).toEqual(['passkey_credential', 'code'])
    const right = await visitor.post(BY_PASSKEY, await passkeyFields(visitor, ada.authenticator))
    expect(right.status).toBe(303)
  })

  test("whose options were made for another browser's first step is refused", async () => {
    const ada = await withBoth()
    const [visitor, other] = [await atSecondStep(ada), await atSecondStep(ada)]
    const sent = await passkeyFields(other, ada.authenticator)
    expect((await visitor.post(BY_PASSKEY, sent)).to).toBe('/sign-in')
    expect(visitor.cookies.has('gatehouse')).toBe(false)
  })

  test.each(['x', '{}', '[]', 'null', '{"id":1}', `{"id":"${'a'.repeat(9000)}"}`])(
    'that is %s is refused',
    async (text) => {
      const visitor = await atSecondStep(await withBoth())
      const { challenge_token } = JSON.parse((await visitor.post(OPTIONS)).html)
      const sent = { passkey_challenge: challenge_token, passkey_credential: text }
      expect((await visitor.post(BY_PASSKEY, sent)).status).toBe(422)
    },
  )

  test('has options for no stranger', async () => {
    const visitor = new Visitor()
    expect((await visitor.post(OPTIONS)).status).toBe(401)
    visitor.cookies.set('gatehouse-challenge', 'challenge.e30.x')
    expect((await visitor.post(OPTIONS)).status).toBe(401)
    const away = { 'sec-fetch-site': 'cross-site' }
    expect((await visitor.post(OPTIONS, {}, away)).status).toBe(403)
  })
})

describe('the budget', () => {
  type Ada = UserWithSecondFactor & { authenticator: SoftwareAuthenticator }

  /** Wrong answers of each kind; returns the problem's code. */
  const WRONG: Record<string, (ada: Ada, challenge: string) => Promise<string>> = {
    code: async (ada, challenge) =>
      (await verify(challenge, { code: await wrongCode(ada.secret) })).body.code,
    recovery_code: async (_, challenge) =>
      (await verify(challenge, { recovery_code: '0000-0000-0000-0000' })).body.code,
    passkey: async (ada, challenge) => {
      const { publicKey, challenge_token } = await optionsFor(challenge)
      const flip = (bytes: Uint8Array<ArrayBuffer>) =>
        bytes.map((byte, i) => (i === 9 ? byte ^ 1 : byte))
      const credential = await ada.authenticator.get(publicKey, {
        origin: ORIGIN,
        alter: { signature: flip },
      })
      return (await verify(challenge_token, { credential })).body.code
    },
  }
  const optionsFor = async (challenge_token: string) => {
    const visitor = new Visitor()
    visitor.cookies.set('gatehouse-challenge', challenge_token)
    return JSON.parse((await visitor.post(OPTIONS)).html)
  }

  test.each([
    ['code', 'passkey', 'recovery_code', 'code', 'passkey'],
    ['passkey', 'passkey', 'passkey', 'passkey', 'passkey'],
    ['recovery_code', 'code', 'recovery_code', 'passkey', 'recovery_code'],
  ])('of a challenge is five in all: %s, %s, %s, %s, %s', async (...kinds) => {
    const ada = await withBoth()
    const challenge = await challengeOf(ada)
    for (const kind of kinds) {
      expect(await WRONG[kind]?.(ada, challenge)).toMatch(/^invalid_(2fa_code|passkey)$/)
    }
    // The sixth is not compared, though it is right.
    const right = await verify(challenge, { code: await freshCode(ada) })
    expect(said(right)).toBe('401 invalid_challenge')
    const { publicKey, challenge_token } = await optionsFor(challenge)
    const credential = await ada.authenticator.get(publicKey, { origin: ORIGIN })
    expect(said(await verify(challenge_token, { credential }))).toBe('401 invalid_challenge')
  })

  test('of a user is ten in all, whichever factors were tried', async () => {
    const ada = await withBoth()
    const kinds = ['passkey', 'code', 'recovery_code']
    for (let round = 0; round < 2; round++) {
      const challenge = await challengeOf(ada)
      for (let n = 0; n < 5; n++) {
        const wrong = await WRONG[kinds[(round + n) % 3] ?? '']?.(ada, challenge)
        expect(wrong).toMatch(/^invalid_(2fa_code|passkey)$/)
      }
    }
    const challenge = await challengeOf(ada)
    for (const kind of kinds) expect(await WRONG[kind]?.(ada, challenge)).toBe('too_many_attempts')
    const right = await verify(challenge, { code: await freshCode(ada) })
    expect(said(right)).toBe('429 too_many_attempts')
  })

  test('is not exceeded by 30 attempts at once of all three kinds', async () => {
    const ada = await withBoth()
    const challenges = await Promise.all([1, 2, 3].map(() => challengeOf(ada)))
    const kinds = ['passkey', 'code', 'recovery_code']
    const codes = await Promise.all(
      Array.from({ length: 30 }, async (_, n) =>
        WRONG[kinds[n % 3] ?? '']?.(ada, challenges[n % 3] ?? ''),
      ),
    )
    expect(codes.filter((code) => /^invalid_(2fa_code|passkey)$/.test(code ?? ''))).toHaveLength(10)
  })
})
