/** What is good for one use, used by many at once; and two changes that cannot both be. */
import { describe, expect, it, vi } from 'vitest'
import { rowsOf } from '../db/rows'
import { post, type Reply, said } from '../support/api'
import { MINUTE, pass, stopClock } from '../support/clock'
import {
  changePassword,
  changeToken,
  verifyChange,
  mailedToken,
  moveTo,
  profileOf,
  reset,
  resetToken,
  undoChange,
} from '../support/credentials'
import {
  challengeOf,
  disable,
  enable,
  freshCode,
  ok,
  setUp,
  type UserWithSecondFactor,
  userWithSecondFactor,
  verify,
} from '../support/second-factor'
import { freshEmail, PASSWORD, signedInUser } from '../support/users'
import { postSignIn, registerByApi } from '../support/users-by-api'

stopClock()
// Hundreds of real hashes take their time on a busy machine.
vi.setConfig({ testTimeout: 20_000 })

const fifty = (use: (n: number) => Promise<Reply>) =>
  Promise.all(Array.from({ length: 50 }, (_, n) => use(n)))
/** Exactly one succeeded; the codes that the others were told. */
function once(replies: Reply[]): string[] {
  expect(replies.filter(({ status }) => status < 300)).toHaveLength(1)
  const losers = replies.filter(({ status }) => status >= 300)
  for (const { status } of losers) expect(status).toBeLessThan(500)
  return [...new Set(losers.map(({ body }) => String(body.code)))].sort()
}
const audited = async (event: string, id: number) =>
  (await rowsOf('SELECT 1 FROM audit_log WHERE event = ? AND target_id = ?', event, id)).length

describe('fifty at once succeed once', () => {
  it('with one reset link, each with a password of its own', async () => {
    const ada = await signedInUser()
    const token = await resetToken(ada.email)
    const replies = await fifty((n) => reset(token, `Battery-Staple-${n}`))
    expect(once(replies)).toEqual(['invalid_token'])
    const winner = replies.findIndex(({ status }) => status === 200)
    const signedIn = await postSignIn({ ...ada, password: `Battery-Staple-${winner}` })
    expect(signedIn.status).toBe(200)
    expect(await audited('user.password_reset', ada.id)).toBe(1)
  })

  it('with one link that verifies an address, and one that undoes it', async () => {
    const ada = await signedInUser()
    const token = await changeToken(ada, freshEmail())
    const verifying = fifty(() => verifyChange(token, { by: ada.token }))
    expect(once(await verifying)).toEqual(['invalid_token'])
    expect(await audited('user.email_changed', ada.id)).toBe(1)
    const bob = await signedInUser()
    const undo = await moveTo(bob, bob.email, freshEmail())
    expect(once(await fifty(() => undoChange(undo)))).toEqual(['invalid_token'])
    expect(await audited('user.email_change_undone', bob.id)).toBe(1)
  })

  const tenChallenges = (ada: UserWithSecondFactor) =>
    Promise.all(Array.from({ length: 10 }, () => challengeOf(ada)))

  it('with one code, on one challenge or on ten', async () => {
    const ada = await userWithSecondFactor()
    const [challenge, one] = [await challengeOf(ada), await freshCode(ada)]
    const same = await fifty(() => verify(challenge, { code: one }))
    expect(once(same)).toEqual(['invalid_2fa_code', 'invalid_challenge'])

    const [challenges, two] = [await tenChallenges(ada), await freshCode(ada)]
    once(await fifty((n) => verify(challenges[n % 10] ?? '', { code: two })))
    expect(await audited('two_factor.recovery_code_used', ada.id)).toBe(0)
  })

  it('with one recovery code', async () => {
    const ada = await userWithSecondFactor()
    const challenges = await tenChallenges(ada)
    const [recovery_code] = ada.recoveryCodes
    once(await fifty((n) => verify(challenges[n % 10] ?? '', { recovery_code })))
    expect(await audited('two_factor.recovery_code_used', ada.id)).toBe(1)
    const left = await rowsOf('SELECT 1 FROM recovery_codes WHERE user_id = ?', ada.id)
    expect(left).toHaveLength(9)
  })

  it('turning the second factor on, and off, by one code', async () => {
    const ada = await signedInUser()
    const { secret } = ok(await setUp(ada)).body
    const on = await freshCode({ secret })
    once(await fifty(() => enable(ada, on)))
    expect(await rowsOf('SELECT 1 FROM recovery_codes WHERE user_id = ?', ada.id)).toHaveLength(10)
    pass(15 * MINUTE)
    const off = await freshCode({ secret })
    const tens = await Promise.all(Array.from({ length: 10 }, () => disable(ada, { code: off })))
    once(tens)
    expect(await audited('two_factor.disabled', ada.id)).toBe(1)
  })
})

describe('two at once', () => {
  it('changing a password: one wins, the other’s current password is not it any more', async () => {
    const ada = await signedInUser()
    const nexts = ['Battery-Staple-8', 'Battery-Staple-9']
    const replies = await Promise.all(nexts.map((next) => changePassword(ada, { next })))
    const losers = once(replies)
    expect(['incorrect_password', 'invalid_access_token']).toEqual(expect.arrayContaining(losers))
    const winner = nexts[replies.findIndex(({ status }) => status === 200)] ?? ''
    expect((await postSignIn({ ...ada, password: winner })).status).toBe(200)
    expect(await audited('user.password_changed', ada.id)).toBe(1)
  })

  it('changing and resetting it: one wins', async () => {
    const ada = await signedInUser()
    const token = await resetToken(ada.email)
    once(await Promise.all([changePassword(ada), reset(token, 'Battery-Staple-9')]))
  })

  it('verifying one address for two accounts: one has it, the other keeps its own', async () => {
    const [ada, bob] = [await signedInUser(), await signedInUser()]
    const address = freshEmail()
    const tokens = [await changeToken(ada, address), await changeToken(bob, address)]
    const replies = await Promise.all(tokens.map((token) => verifyChange(token)))
    expect(once(replies)).toEqual(['email_taken'])
    const emails = [(await profileOf(ada)).email, (await profileOf(bob)).email]
    expect(emails.filter((email) => email === address)).toHaveLength(1)
    const [loser] = replies[0]?.status === 200 ? [bob] : [ada]
    expect(emails).toContain(loser.email)
  })

  it('verifying an address and registering it: one has it', async () => {
    for (let round = 0; round < 3; round++) {
      const ada = await signedInUser()
      const address = freshEmail()
      const token = await changeToken(ada, address)
      const account = { email: address, password: PASSWORD, full_name: 'Eve Other' }
      const registering = post('/api/v1/auth/register', account)
      const [verified, registered] = await Promise.all([verifyChange(token), registering])
      // Both succeed where the registration came first: the verification removes it.
      const answers = [verified, registered].map(({ status }) => status).join()
      expect(['200,409', '200,201', '409,201']).toContain(answers)
      const owner = verified.status === 200 ? ada.id : registered.body.id
      const rows = await rowsOf('SELECT id FROM users WHERE email_key = ?', address)
      expect(rows).toEqual([{ id: owner }])
    }
  })

  it('declining a registration and resetting its password: the account is gone or active', async () => {
    const ada = await registerByApi()
    const declining = { token: await mailedToken(ada.email, '/decline-registration') }
    const token = await resetToken(ada.email)
    const declined = post('/api/v1/auth/decline-registration', declining)
    expect(once(await Promise.all([reset(token), declined]))).toEqual(['invalid_token'])
    expect(await rowsOf('SELECT 1 FROM one_time_tokens WHERE user_id = ?', ada.id)).toEqual([])
  })

  it('with one recovery code, signing in and turning it off: it is spent once', async () => {
    const ada = await userWithSecondFactor()
    const [recovery_code] = ada.recoveryCodes
    const challenge = await challengeOf(ada)
    const [signedIn, off] = await Promise.all([
      verify(challenge, { recovery_code }),
      disable(ada, { recovery_code }),
    ])
    const wins = [signedIn, off].filter(({ status }) => status === 200)
    expect(wins).toHaveLength(1)
    if (off.status !== 200) expect(said(off)).toBe('400 invalid_2fa_code')
  })
})
