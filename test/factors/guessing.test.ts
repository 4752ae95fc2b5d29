/** A thief who has the password guesses second factors: it ends, and the user is not locked out. */
import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { rowsOf } from '../db/rows'
import { call, freshIp, post, said } from '../support/api'
import { DAY, HOUR, MINUTE, pass, SECOND, stopClock } from '../support/clock'
import { resetToken } from '../support/credentials'
import {
  challengeOf,
  disable,
  enable,
  failTwenty,
  freshCode,
  ok,
  setUp,
  type UserWithSecondFactor,
  userWithSecondFactor,
  verify,
} from '../support/second-factor'
import { codeAt, wrongCode } from '../support/totp'
import { PASSWORD, signedInUser, staff } from '../support/users'
import { postSignIn } from '../support/users-by-api'

stopClock()

const WRONG = '401 invalid_2fa_code'
const THROTTLED = '429 too_many_attempts'
const AS_WRONG_PASSWORD = '401 invalid_credentials'

const subjectOf = async ({ id }: UserWithSecondFactor): Promise<string> =>
  String((await rowsOf('SELECT subject FROM users WHERE id = ?', id))[0]?.['subject'])
const objectOf = async (person: UserWithSecondFactor) =>
  env.USER_SESSIONS.getByName(await subjectOf(person))

/** Both steps from one network. */
async function signInFrom(ip: string, person: UserWithSecondFactor) {
  const challenge = await challengeOf(person, {}, { ip })
  return verify(challenge, { code: await freshCode(person) }, { ip })
}

/** Wrong codes from a network until it is refused; how many were compared, and how long to wait. */
async function guess(person: UserWithSecondFactor, ip: string) {
  const code = await wrongCode(person.secret)
  for (let compared = 0; ;) {
    const challenge = await challengeOf(person, {}, { ip })
    for (let n = 0; n < 5; n++) {
      const reply = await verify(challenge, { code }, { ip })
      if (reply.status === 429) {
        return { compared, wait: Number(reply.headers.get('retry-after')) / 60 }
      }
      expect(said(reply)).toBe(WRONG)
      compared += 1
    }
  }
}

describe('wrong codes while a factor is set up', () => {
  it('are slips: they block no password, and count for nothing once the factor is on', async () => {
    const ada = await signedInUser()
    let secret = ok(await setUp(ada)).body.secret
    for (let wrong = 0; wrong < 24;) {
      const reply = await enable(ada, await wrongCode(secret))
      if (reply.status === 429) {
        pass(Number(reply.headers.get('retry-after')) * SECOND)
        secret = ok(await setUp(ada)).body.secret
      } else wrong += 1
    }
    expect(said(await enable(ada, await codeAt(secret)))).toBe('200')
    expect(await rowsOf("SELECT 1 FROM audit_log WHERE event = 'auth.password_blocked'")).toEqual(
      [],
    )
    const [row] = await rowsOf('SELECT subject FROM users WHERE id = ?', ada.id)
    const object = env.USER_SESSIONS.getByName(String(row?.['subject']))
    expect(await object.secondFactorLock()).toEqual({ until: null, isBlocked: false })
  })
})

describe('wrong second factors', () => {
  it('from a network of the user lock it for longer each time, up to a day', async () => {
    const ada = await userWithSecondFactor()
    const ip = freshIp()
    expect(said(await signInFrom(ip, ada))).toBe('200')
    const waits = []
    for (let n = 0; n < 4; n++) {
      const { compared, wait } = await guess(ada, ip)
      expect(compared).toBe(10)
      waits.push(wait)
      pass(wait * MINUTE)
    }
    expect(waits).toEqual([15, 30, 60, 120])
  })

  it('from strangers do not lock a network that the user has signed in from', async () => {
    const ada = await userWithSecondFactor()
    const home = freshIp()
    expect(said(await signInFrom(home, ada))).toBe('200')
    const thief = freshIp()
    expect(await guess(ada, thief)).toEqual({ compared: 10, wait: 15 })
    expect(said(await verify(await challengeOf(ada), { code: '000000' }))).toBe(THROTTLED)
    expect(said(await signInFrom(home, ada))).toBe('200')
    expect(said(await disable(ada, { code: '000000' }))).toBe(THROTTLED)
  })

  it('stop lengthening the lock after a right code', async () => {
    const ada = await userWithSecondFactor()
    const ip = freshIp()
    expect(said(await signInFrom(ip, ada))).toBe('200')
    await guess(ada, ip)
    pass(15 * MINUTE)
    expect(said(await signInFrom(ip, ada))).toBe('200')
    expect(await guess(ada, ip)).toEqual({ compared: 10, wait: 15 })
  })
})

describe('after 20 wrong ones in a row from strangers the password', () => {
  it('opens nothing more there: the answer is that of a wrong password, and costs a place', async () => {
    const ada = await userWithSecondFactor()
    const open = await challengeOf(ada)
    await failTwenty(ada)
    pass(2 * HOUR)
    const thief = freshIp()
    const answers = []
    for (let n = 0; n < 12; n++) answers.push(said(await postSignIn(ada, {}, { ip: thief })))
    expect(answers.slice(0, 10)).toEqual(Array(10).fill(AS_WRONG_PASSWORD))
    expect(answers.slice(10)).toEqual([THROTTLED, THROTTLED])
    expect(said(await verify(open, { code: await freshCode(ada) }))).toBe('401 invalid_challenge')
  })

  it('stays blocked however long the thief waits', async () => {
    const ada = await userWithSecondFactor()
    await failTwenty(ada)
    for (const wait of [DAY, 40 * DAY]) {
      pass(wait)
      expect(said(await postSignIn(ada))).toBe(AS_WRONG_PASSWORD)
    }
  })

  it('closes challenges that are open, and proofs of a session that is elsewhere', async () => {
    const ada = await userWithSecondFactor()
    await failTwenty(ada)
    const reply = await disable(ada, { code: await freshCode(ada) })
    expect(said(reply)).toBe(THROTTLED)
    expect(reply.headers.get('retry-after')).toBe('86400')
  })

  it('still opens sessions on the networks of the user, which unblocks nothing elsewhere', async () => {
    const ada = await userWithSecondFactor()
    const home = freshIp()
    expect(said(await signInFrom(home, ada))).toBe('200')
    await failTwenty(ada)
    expect(said(await signInFrom(home, ada))).toBe('200')
    expect(said(await postSignIn(ada))).toBe(AS_WRONG_PASSWORD)
  })

  it('is unblocked by a reset, by a change and by an admin', { timeout: 90_000 }, async () => {
    const NEW = 'Another-Horse-8'
    const reset = async (ada: UserWithSecondFactor) => {
      const token = await resetToken(ada.email)
      ok(await post('/api/v1/auth/reset-password', { token, new_password: NEW }))
      return NEW
    }
    const change = async (ada: UserWithSecondFactor) => {
      const body = { current_password: PASSWORD, new_password: NEW }
      ok(await post('/api/v1/users/change-password', body, { token: ada.token }))
      return NEW
    }
    const unlock = async (ada: UserWithSecondFactor) => {
      ok(await (await staff('admin')).asks('POST', `/admin/users/${ada.id}/unlock`))
      return PASSWORD
    }
    for (const way of [reset, change, unlock]) {
      const ada = await userWithSecondFactor()
      await failTwenty(ada)
      const password = await way(ada)
      pass(HOUR)
      expect(said(await signInFrom(freshIp(), { ...ada, password }))).toBe('200')
    }
  })

  it('is not blocked by a change of roles, nor unblocked by one', async () => {
    const ada = await userWithSecondFactor()
    await failTwenty(ada)
    const root = await staff('admin')
    ok(await root.asks('POST', `/admin/users/${ada.id}/roles`, { role: 'moderator' }))
    expect(said(await postSignIn(ada))).toBe(AS_WRONG_PASSWORD)
  })

  it('is unblocked when the second factor is turned off, so that a new one can be set up', async () => {
    const ada = await userWithSecondFactor()
    await failTwenty(ada)
    const root = await staff('admin')
    ok(await root.asks('POST', `/admin/users/${ada.id}/reset-2fa`))
    pass(HOUR)
    const { access_token: token } = ok(await postSignIn(ada)).body
    const again = { ...ada, token }
    const { secret } = ok(await setUp(again)).body
    ok(await enable(again, await freshCode({ secret })))
    expect(said(await signInFrom(freshIp(), { ...again, secret }))).toBe('200')
  })

  it('stays blocked when sessions are revoked, by whatever route', async () => {
    const root = await staff('admin')
    const ways = [
      ({ token }: UserWithSecondFactor) =>
        call('DELETE', '/api/v1/users/sessions', undefined, { token }),
      ({ id }: UserWithSecondFactor) => root.asks('DELETE', `/admin/users/${id}/sessions`),
    ]
    for (const way of ways) {
      const ada = await userWithSecondFactor()
      await failTwenty(ada)
      ok(await way(ada))
      expect(said(await postSignIn(ada))).toBe(AS_WRONG_PASSWORD)
    }
  })

  it('is one event in the log and part of the user’s lock', async () => {
    const ada = await userWithSecondFactor()
    await failTwenty(ada)
    for (let n = 0; n < 3; n++) await postSignIn(ada)
    const object = await objectOf(ada)
    expect(await object.secondFactorLock()).toEqual({ until: expect.any(Number), isBlocked: true })
    await object.unlockFactors()
    expect(await object.secondFactorLock()).toEqual({ until: null, isBlocked: false })
  })
})

describe('a password alone', () => {
  it('makes no network known to the address: only the second factor does', async () => {
    const ada = await userWithSecondFactor()
    const thief = freshIp()
    await challengeOf(ada, {}, { ip: thief })
    const wrong = { ...ada, password: 'Wrong-Horse-7' }
    // Strangers use up their share of the address's failures.
    for (let n = 0; n < 80; n++) {
      if (n === 50) pass(HOUR)
      expect((await postSignIn(wrong)).status).toBe(401)
    }
    expect(said(await postSignIn(ada, {}, { ip: thief }))).toBe(THROTTLED)
  })
})

describe('the budget’s storage', () => {
  it('holds no IP', async () => {
    const ada = await userWithSecondFactor()
    const ip = '203.0.113.77'
    expect(said(await signInFrom(ip, ada))).toBe('200')
    const stored = await runInDurableObject(await objectOf(ada), (_, { storage }) =>
      JSON.stringify(storage.sql.exec('SELECT * FROM factor_attempts').toArray()),
    )
    expect(stored).toContain('factor_network')
    expect(stored).not.toContain('203.0')
  })
})

it('is seen at sign-in only: the session goes on', async () => {
  const ada = await userWithSecondFactor()
  await failTwenty(ada)
  const { status } = await call('GET', '/api/v1/auth/session', undefined, { token: ada.token })
  expect(status).toBe(200)
})
