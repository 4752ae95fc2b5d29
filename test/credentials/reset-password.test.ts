/** Forgotten passwords: told to nobody, good for one hour and one use, the end of whoever was in. */
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { requestPasswordReset } from '../../src/credentials/request-password-reset'
import { resetPassword } from '../../src/credentials/reset-password'
import { parseEmailAddress } from '../../src/users/email-address'
import { rowsOf } from '../db/rows'
import { freshIp, post, said } from '../support/api'
import { HOUR, pass, SECOND, stopClock } from '../support/clock'
import { comparable } from '../support/comparable'
import {
  deactivate,
  forgot,
  INVALID_TOKEN,
  mailedToken,
  NEW_PASSWORD,
  reset,
  resetToken,
  sendAll,
  WRONG_PASSWORD,
} from '../support/credentials'
import { depsFor } from '../support/deps'
import { allMails, mailsTo, mailTo, tokenIn } from '../support/mailbox'
import { named } from '../support/named'
import { challengeOf, freshCode, userWithSecondFactor, verify } from '../support/second-factor'
import { under } from '../support/under'
import { freshEmail, makeUser, signedInUser } from '../support/users'
import { postSignIn, registerByApi, session } from '../support/users-by-api'
import { consoleLines } from '../support/worker'
import { recordingEnv, wrapEnv } from '../support/wrapped-env'

stopClock()
beforeEach(sendAll)

describe('asking for a link', () => {
  it('gets the same answer by the same calls, whether or not the address has an account', async () => {
    const [active, pending, gone] = [await makeUser(), await registerByApi(), await makeUser()]
    await deactivate(gone.id)
    const answers = []
    const costs = []
    for (const email of [active.email, pending.email, gone.email, freshEmail()]) {
      answers.push(comparable(await forgot(email)))
      const recording = recordingEnv(env)
      const address = parseEmailAddress(email)
      if (!address) throw new Error(email)
      await requestPasswordReset(depsFor({ env: recording.env }), address)
      costs.push(recording.calls)
    }
    expect(answers[0]?.status).toBe(202)
    expect(costs[0]).toEqual([
      'THROTTLE.reserve',
      'THROTTLE.reserve',
      'DB.batch',
      'OUTBOX_QUEUE.sendBatch',
    ])
    for (const answer of answers) expect(answer).toEqual(answers[0])
    for (const cost of costs) expect(cost).toEqual(costs[0])
  })

  it('is answered alike to the last header where the service is public', async () => {
    const { email } = await makeUser()
    const production = { PUBLIC_URL: 'https://accounts.example.com', PASSWORD_HASH_ROUNDS: '6' }
    const [known, unknown] = await Promise.all(
      [email, freshEmail()].map((each) =>
        under(production).post('/api/v1/auth/forgot-password', { email: each }),
      ),
    )
    const id = ([name]: [string, string]) => name !== 'x-request-id'
    expect([...(known?.headers ?? [])].filter(id)).toEqual([...(unknown?.headers ?? [])].filter(id))
    expect([known?.status, known?.body]).toEqual([unknown?.status, unknown?.body])
  })

  it('mails nobody who is unknown or deactivated', async () => {
    const gone = await makeUser()
    await deactivate(gone.id)
    const before = allMails().length
    await forgot(gone.email)
    await forgot(freshEmail())
    await sendAll()
    expect(allMails()).toHaveLength(before)
    expect(await rowsOf("SELECT 1 FROM outbox WHERE kind = 'mail'")).toEqual([])
  })

  it('works five times an hour, silently, and counts in the same way without an account', async () => {
    const { email } = await makeUser()
    const before = mailsTo(email).length
    const replies = []
    for (let n = 0; n < 8; n++) replies.push(comparable(await forgot(email)))
    for (const reply of replies) expect(reply).toEqual(replies[0])
    await mailTo(email, before + 5)
    expect(mailsTo(email)).toHaveLength(before + 5)
    pass(HOUR)
    await forgot(email)
    await mailTo(email, before + 6)
  })
})

describe('a reset', () => {
  it('revokes every session, signs nobody in, and works once', async () => {
    const ada = await signedInUser({ remember_me: true })
    const token = await resetToken(ada.email)
    const { status, body } = await reset(token)
    expect([status, body]).toEqual([200, { message: 'Password changed successfully' }])
    expect(said(await session(ada.token))).toBe('401 invalid_access_token')
    const refreshed = await post('/api/v1/auth/refresh', { refresh_token: ada.refreshToken })
    expect(said(refreshed)).toBe('401 invalid_refresh_token')
    expect(said(await reset(token, 'Third-Horse-9'))).toBe(INVALID_TOKEN)
    expect(said(await postSignIn(ada))).toBe('401 invalid_credentials')
    expect(said(await postSignIn({ ...ada, password: NEW_PASSWORD }))).toBe('200')
  })

  it('revokes the links mailed before it, and sends an email without a secret', async () => {
    const ada = await makeUser()
    const [first, second] = [await resetToken(ada.email), await resetToken(ada.email)]
    const before = mailsTo(ada.email).length
    expect(said(await reset(second))).toBe('200')
    expect(said(await reset(first))).toBe(INVALID_TOKEN)
    const email = await mailTo(ada.email, before + 1)
    expect(email.subject).toBe('Your password at Gatehouse was changed')
    expect(email.text + email.html).not.toContain('token=')
    expect(email.text + email.html).not.toContain(NEW_PASSWORD)
  })

  it('is refused an hour later', async () => {
    const ada = await makeUser()
    const [early, late] = [await resetToken(ada.email), await resetToken(ada.email)]
    pass(HOUR - SECOND)
    expect(named(await reset(early, 'weak'))).toContain('new_password password_too_short')
    pass(SECOND)
    expect(said(await reset(early))).toBe(INVALID_TOKEN)
    expect(said(await reset(late))).toBe(INVALID_TOKEN)
  })

  it('does not spend its link on a password that is refused', async () => {
    const ada = await makeUser()
    const token = await resetToken(ada.email)
    for (const weak of ['short', 'Password1!', `${ada.email}-A1`, 'Lovelace-Ada-1']) {
      expect((await reset(token, weak)).status, weak).toBe(422)
    }
    expect(said(await reset(token))).toBe('200')
  })

  it('takes no link of another purpose, nor does another purpose take its link', async () => {
    const ada = await registerByApi()
    const [verifying, declining] = [
      await mailedToken(ada.email, '/verify-email'),
      await mailedToken(ada.email, '/decline-registration'),
    ]
    const resetting = await resetToken(ada.email)
    const paths = [
      'verify-email',
      'decline-registration',
      'confirm-email-change',
      'undo-email-change',
    ]
    for (const path of paths) {
      const reply = await post(`/api/v1/auth/${path}`, { token: resetting })
      expect(said(reply), path).toBe(INVALID_TOKEN)
    }
    for (const token of [verifying, declining, '', 'x', `${resetting}A`, resetting.slice(1)]) {
      expect([400, 422]).toContain((await reset(token)).status)
    }
    expect(said(await reset(resetting))).toBe('200')
  })

  it('keeps the second factor', async () => {
    const ada = await userWithSecondFactor()
    await reset(await resetToken(ada.email))
    const challenge = await challengeOf({ ...ada, password: NEW_PASSWORD })
    expect(said(await verify(challenge, { code: await freshCode(ada) }))).toBe('200')
  })

  it('has lifted the locks when it answers, and succeeds even if they cannot be lifted', async () => {
    const lines = consoleLines()
    for (const isLost of [false, true]) {
      const ada = await makeUser()
      const token = await resetToken(ada.email)
      let unlocks = 0
      const slow = wrapEnv(env, async ({ name }, go) => {
        if (name !== 'THROTTLE.unlock') return go()
        await new Promise((resolve) => setTimeout(resolve, 50))
        if (isLost) throw new Error('lost')
        await go()
        unlocks++
        return undefined
      })
      await resetPassword(depsFor({ env: slow }), token, NEW_PASSWORD)
      expect([unlocks, lines.join().includes('unlock_failed')]).toEqual([isLost ? 0 : 2, isLost])
      expect(said(await postSignIn({ ...ada, password: NEW_PASSWORD }))).toBe('200')
    }
  })

  it('opens an address that guessing has locked', async () => {
    const ada = await makeUser()
    const ip = freshIp()
    for (let n = 0; n < 10; n++) await postSignIn({ ...ada, password: WRONG_PASSWORD }, {}, { ip })
    expect(said(await postSignIn(ada, {}, { ip }))).toBe('429 too_many_attempts')
    await reset(await resetToken(ada.email))
    const now = { ...ada, password: NEW_PASSWORD }
    expect((await postSignIn(now, {}, { ip })).status).toBe(200)
  })
})

describe('a pending account', () => {
  it('is verified by a reset: the owner of the address beats whoever squats it', async () => {
    const squatted = await registerByApi()
    const squattersLink = await mailedToken(squatted.email, '/decline-registration')
    expect(said(await reset(await resetToken(squatted.email)))).toBe('200')
    expect(said(await postSignIn(squatted))).toBe('401 invalid_credentials')
    const { body } = await postSignIn({ ...squatted, password: NEW_PASSWORD })
    expect(body.user).toMatchObject({ status: 'active', email_verified_at: expect.any(String) })
    const declined = await post('/api/v1/auth/decline-registration', { token: squattersLink })
    expect(said(declined)).toBe(INVALID_TOKEN)
  })
})

describe('a deactivated account', () => {
  it('cannot be reset, not even by a link from before', async () => {
    const ada = await makeUser()
    const token = await resetToken(ada.email)
    await deactivate(ada.id)
    const [before] = await rowsOf('SELECT * FROM users WHERE id = ?', ada.id)
    expect(said(await reset(token))).toBe(INVALID_TOKEN)
    expect(await rowsOf('SELECT * FROM users WHERE id = ?', ada.id)).toEqual([before])
    expect(tokenIn(await mailTo(ada.email), '/reset-password')).toBe(token)
  })
})
