/** Recovery codes: ten of 80 bits, shown once, each good for one thing and one person. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { rowsOf } from '../../db/rows'
import { get, post, said } from '../../support/api'
import { pass, STEP_UP_MS, stopClock } from '../../support/clock'
import {
  challengeOf,
  freshCode,
  ok,
  type UserWithSecondFactor,
  userWithSecondFactor,
  verify,
} from '../../support/second-factor'
import { makeUser, PASSWORD } from '../../support/users'

stopClock()

const WRONG = '401 invalid_2fa_code'
const renew = (who: UserWithSecondFactor, body: object) =>
  post('/api/v1/users/2fa/recovery-codes', body, { token: who.token })
const left = async (who: { token: string }) =>
  (await get('/api/v1/users/2fa', who)).body.recovery_codes_left
const presented = async (who: UserWithSecondFactor, recovery_code: unknown) =>
  said(await verify(await challengeOf(who), { recovery_code }))
const hashes = async ({ id }: { id: number }) =>
  (await rowsOf('SELECT hash FROM recovery_codes WHERE user_id = ?', id)).map(({ hash }) =>
    String(hash),
  )

describe('the set', () => {
  it('is ten different codes of 80 bits, in letters that nobody takes for others', async () => {
    const ada = await userWithSecondFactor()
    expect(new Set(ada.recoveryCodes).size).toBe(10)
    for (const code of ada.recoveryCodes) {
      expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}$/)
    }
  })

  it('is kept as keyed hashes that name the user: no code, and no plain digest of one', async () => {
    const ada = await userWithSecondFactor()
    const stored = await hashes(ada)
    expect(stored).toHaveLength(10)
    for (const hash of stored) expect(hash).toMatch(/^test1\.[\w-]{43}$/)
    for (const code of ada.recoveryCodes) {
      for (const text of [code, code.replaceAll('-', ''), `${ada.id}:${code}`]) {
        const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
        const plain = new Uint8Array(digest).toBase64({ alphabet: 'base64url', omitPadding: true })
        expect(stored.join()).not.toContain(plain)
        expect(stored.join()).not.toContain(text)
      }
    }
  })

  it('is shown once: no other answer holds a code', async () => {
    const ada = await userWithSecondFactor()
    for (const path of ['/users/2fa', '/users/profile', '/auth/session', '/users/sessions']) {
      const text = JSON.stringify((await get(`/api/v1${path}`, ada)).body)
      for (const code of ada.recoveryCodes) expect(text).not.toContain(code)
    }
  })

  it('is replaced whole by a new one, for password and code', async () => {
    const ada = await userWithSecondFactor()
    pass(STEP_UP_MS)
    const code = await freshCode(ada)
    const wrong = await renew(ada, { password: 'Wrong-Horse-7', code })
    expect(said(wrong)).toBe('400 incorrect_password')
    const [first = ''] = ada.recoveryCodes
    for (const body of [{ password: PASSWORD }, { password: PASSWORD, recovery_code: first }]) {
      expect(said(await renew(ada, body))).toBe('422 validation_failed')
    }
    const fresh = ok(await renew(ada, { password: PASSWORD, code })).body.recovery_codes
    expect(fresh).toHaveLength(10)
    expect(new Set([...fresh, ...ada.recoveryCodes]).size).toBe(20)
    expect(await presented(ada, first)).toBe(WRONG)
    expect(await presented(ada, fresh[0])).toBe('200')
    expect(await left(ada)).toBe(9)
  })

  it('cannot be had without the factor', async () => {
    const person = await makeUser()
    const { body } = await post('/api/v1/auth/login', {
      username: person.email,
      password: PASSWORD,
    })
    const reply = await renew({ ...person, token: body.access_token } as UserWithSecondFactor, {
      password: PASSWORD,
      code: '123456',
    })
    expect(said(reply)).toBe('409 two_factor_not_on')
  })
})

describe('a code', () => {
  it('signs in once, however it is typed', async () => {
    const ada = await userWithSecondFactor()
    const typed = [
      (code: string) => code,
      (code: string) => code.toLowerCase(),
      (code: string) => code.replaceAll('-', ''),
      (code: string) => code.replaceAll('-', ' '),
      (code: string) => code.replaceAll('0', 'o').replaceAll('1', 'l'),
    ]
    for (const [n, type] of typed.entries()) {
      const code = type(ada.recoveryCodes[n] ?? '')
      expect(await presented(ada, code), code).toBe('200')
      expect(await presented(ada, ada.recoveryCodes[n])).toBe(WRONG)
      expect(await left(ada)).toBe(9 - n)
    }
  })

  it('of another user is wrong, even when its row is moved over', async () => {
    const [ada, bob] = [await userWithSecondFactor(), await userWithSecondFactor()]
    const [code = ''] = bob.recoveryCodes
    expect(await presented(ada, code)).toBe(WRONG)
    await env.DB.prepare('UPDATE recovery_codes SET user_id = ? WHERE user_id = ?')
      .bind(ada.id, bob.id)
      .run()
    expect(await left(ada)).toBe(20)
    expect(await presented(ada, code)).toBe(WRONG)
    expect(await presented(ada, ada.recoveryCodes[0])).toBe('200')
  })

  it('is not spent by a sign-in whose challenge has gone', async () => {
    const ada = await userWithSecondFactor()
    const challenge = await challengeOf(ada)
    ok(await verify(challenge, { code: await freshCode(ada) }))
    const [recovery_code] = ada.recoveryCodes
    expect(said(await verify(challenge, { recovery_code }))).toBe('401 invalid_challenge')
    expect(await left(ada)).toBe(10)
  })
})
