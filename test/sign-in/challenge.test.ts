/** The proof of the password step: short, counted, single, and dead with the credentials behind it. */
import { env } from 'cloudflare:workers'
import { eq, sql } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { commitAndSync } from '../../src/sessions/account-state'
import { users } from '../../src/tables/users'
import { rowsOf } from '../db/rows'
import { post, said, send } from '../support/api'
import { MINUTE, pass, SECOND, stopClock } from '../support/clock'
import { depsFor } from '../support/deps'
import {
  challengeOf,
  disable,
  freshCode,
  ok,
  type UserWithSecondFactor,
  userWithSecondFactor,
  verify,
} from '../support/second-factor'
import { codeAt, wrongCode } from '../support/totp'
import { PASSWORD } from '../support/users'
import { postSignIn } from '../support/users-by-api'

stopClock()

const INVALID = '401 invalid_challenge'
const WRONG = '401 invalid_2fa_code'
const subjectOf = async ({ id }: UserWithSecondFactor): Promise<string> =>
  String((await rowsOf('SELECT subject FROM users WHERE id = ?', id))[0]?.['subject'])

describe('a challenge', () => {
  it('lives five minutes', async () => {
    const ada = await userWithSecondFactor()
    const [early, late] = [await challengeOf(ada), await challengeOf(ada)]
    pass(5 * MINUTE - SECOND)
    expect(said(await verify(early, { code: await codeAt(ada.secret) }))).toBe('200')
    pass(SECOND)
    expect(said(await verify(late, { code: await codeAt(ada.secret) }))).toBe(INVALID)
  })

  it('has five tries, whatever is tried at once, and a sixth code is not even compared', async () => {
    const ada = await userWithSecondFactor()
    const challenge = await challengeOf(ada)
    const code = await wrongCode(ada.secret)
    const replies = await Promise.all(Array.from({ length: 20 }, () => verify(challenge, { code })))
    const counts = [WRONG, INVALID].map(
      (answer) => replies.filter((reply) => said(reply) === answer).length,
    )
    expect(counts).toEqual([5, 15])
    expect(said(await verify(challenge, { code: await freshCode(ada) }))).toBe(INVALID)
  })

  it('is used up by its sign-in', async () => {
    const ada = await userWithSecondFactor()
    const challenge = await challengeOf(ada)
    expect(said(await verify(challenge, { code: await freshCode(ada) }))).toBe('200')
    expect(said(await verify(challenge, { code: await freshCode(ada) }))).toBe(INVALID)
  })

  it('belongs to its user: another id beside it is refused and costs no try', async () => {
    const [ada, bob] = [await userWithSecondFactor(), await userWithSecondFactor()]
    const challenge = await challengeOf(ada)
    const code = await freshCode(ada)
    for (let n = 0; n < 6; n++) {
      expect(said(await verify(challenge, { code, user_id: bob.id }))).toBe(INVALID)
    }
    expect(said(await verify(challenge, { code, user_id: ada.id }))).toBe('200')
  })

  it('is dropped by a change of the password, a reset factor and a block', async () => {
    const change = async (ada: UserWithSecondFactor) => {
      const body = { current_password: PASSWORD, new_password: 'Another-Horse-8' }
      ok(await post('/api/v1/users/change-password', body, { token: ada.token }))
    }
    const off = async (ada: UserWithSecondFactor) =>
      void ok(await disable(ada, { code: await freshCode(ada) }))
    const block = async (ada: UserWithSecondFactor) => {
      const deps = depsFor()
      const set = (deactivatedAt: number | null) =>
        deps.db
          .update(users)
          .set({
            deactivatedAt,
            authVersion: sql`auth_version + 1`,
            credentialVersion: sql`credential_version + 1`,
          })
          .where(eq(users.id, ada.id))
      await commitAndSync(deps, await subjectOf(ada), { change: [set(deps.now)], audit: [] })
      // Whoever comes back must begin anew.
      await commitAndSync(deps, await subjectOf(ada), { change: [set(null)], audit: [] })
    }
    for (const end of [change, off, block]) {
      const ada = await userWithSecondFactor()
      const challenge = await challengeOf(ada)
      await end(ada)
      expect(said(await verify(challenge, { code: await freshCode(ada) }))).toBe(INVALID)
    }
  })

  it('makes room for the eleventh: at most ten are open', async () => {
    const ada = await userWithSecondFactor()
    const challenges = []
    for (let n = 0; n < 11; n++) {
      pass(SECOND)
      challenges.push(await challengeOf(ada))
    }
    const code = await freshCode(ada)
    expect(said(await verify(challenges[0] ?? '', { code }))).toBe(INVALID)
    expect(said(await verify(challenges[1] ?? '', { code }))).toBe('200')
  })
})

describe('the budget over all challenges', () => {
  const failTen = async (ada: UserWithSecondFactor) => {
    const code = await wrongCode(ada.secret)
    for (const challenge of [await challengeOf(ada), await challengeOf(ada)]) {
      for (let n = 0; n < 5; n++) expect(said(await verify(challenge, { code }))).toBe(WRONG)
    }
  }

  it('is ten failures in fifteen minutes, signed-in proofs among them', async () => {
    const ada = await userWithSecondFactor()
    await failTen(ada)
    const reply = await verify(await challengeOf(ada), { code: await codeAt(ada.secret) })
    expect(said(reply)).toBe('429 too_many_attempts')
    expect(reply.headers.get('retry-after')).toBe('900')
    const code = await freshCode(ada)
    expect(said(await disable(ada, { code }))).toBe('429 too_many_attempts')
    expect((await postSignIn(ada)).status).toBe(200)

    pass(15 * MINUTE)
    const challenge = await challengeOf(ada)
    expect(said(await verify(challenge, { code: await codeAt(ada.secret) }))).toBe('200')
  })

  it('is not used up by right codes', async () => {
    const ada = await userWithSecondFactor()
    for (let n = 0; n < 12; n++) {
      const code = await freshCode(ada)
      expect(said(await verify(await challengeOf(ada), { code }))).toBe('200')
    }
  })

  it('is opened by the verb of an admin’s unlock', async () => {
    const ada = await userWithSecondFactor()
    await failTen(ada)
    await env.USER_SESSIONS.getByName(await subjectOf(ada)).unlockFactors()
    expect(said(await verify(await challengeOf(ada), { code: await freshCode(ada) }))).toBe('200')
  })
})

describe('an odd code', () => {
  const ODD = ['1234567', '１２３４５６７', '12345', '', ' - ', '12345a', '-12345', '1e5000']
  const odd = [...ODD.map((code) => ({ code })), { code: 123456 }, { code: ['123456'] }]
  const more = [{ code: null }, { code: { $ne: '' } }, { code: true }, {}]
  const both = [{ code: '123456', recovery_code: '0000-0000-0000-0000' }]
  const recovery = [{ recovery_code: 'short' }, { recovery_code: ['0000-0000-0000-0000'] }]

  it('is 422 everywhere and spends no try', async () => {
    const ada = await userWithSecondFactor()
    const challenge = await challengeOf(ada)
    for (const factor of [...odd, ...more, ...both, ...recovery]) {
      const reply = await verify(challenge, factor)
      expect(said(reply), JSON.stringify(factor)).toBe('422 validation_failed')
      // Without any factor the recent sign-in counts.
      if (Object.keys(factor).length === 0) continue
      expect(said(await disable(ada, factor))).toBe('422 validation_failed')
    }
    const code = await codeAt(ada.secret)
    const twice = await send('/api/v1/auth/2fa/verify', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams([
        ['challenge_token', challenge],
        ['code', code],
        ['code', code],
      ]),
    })
    expect(said(twice)).toBe('422 validation_failed')
    expect(said(await verify(challenge, { code: await freshCode(ada) }))).toBe('200')
  })
})
