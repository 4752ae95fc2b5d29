/** An invitation is good as long as its link: no other door accepts it, before or after it has expired. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, test } from 'vitest'
import { requestPasswordReset } from '../../src/credentials/request-password-reset'
import { parseEmailAddress } from '../../src/users/email-address'
import { rowsOf } from '../db/rows'
import { post, said } from '../support/api'
import { importChunk, lines } from '../support/chunk'
import { DAY, pass, stopClock } from '../support/clock'
import { comparable } from '../support/comparable'
import { forgot, NEW_PASSWORD, reset, sendAll } from '../support/credentials'
import { depsFor } from '../support/deps'
import { mailsTo, mailTo, tokenIn } from '../support/mailbox'
import { mintToken } from '../support/mint-token'
import { loseWakeUps } from '../support/outbox'
import { freshEmail, rowOf, type SignedInUser, staff } from '../support/users'
import { postSignIn } from '../support/users-by-api'
import { recordingEnv } from '../support/wrapped-env'

stopClock()

let root: SignedInUser
beforeAll(async () => {
  loseWakeUps()
})

async function invited() {
  root = await staff('admin')
  const email = freshEmail()
  const { body } = await root.asks('POST', '/admin/users', { email, full_name: 'Eve Evans' })
  return { id: body.id as number, email, token: tokenIn(await mailTo(email), '/accept-invitation') }
}
const accept = (token: string) =>
  post('/api/v1/auth/accept-invitation', { token, password: NEW_PASSWORD })

describe.each([
  ['live', 0],
  ['expired', 7 * DAY],
])('an invitation that is %s', (_, age) => {
  test('is not accepted by a forgotten password, which costs and answers as for no account', async () => {
    const eve = await invited()
    pass(age)
    const before = mailsTo(eve.email).length
    const costs = []
    const answers = []
    for (const email of [eve.email, freshEmail()]) {
      answers.push(comparable(await forgot(email)))
      const recording = recordingEnv(env)
      const address = parseEmailAddress(email)
      if (!address) throw new Error(email)
      await requestPasswordReset(depsFor({ env: recording.env }), address)
      costs.push(recording.calls)
    }
    expect(answers[0]).toEqual(answers[1])
    expect(costs[0]).toEqual(costs[1])
    await sendAll()
    expect(mailsTo(eve.email)).toHaveLength(before)
    expect(
      await rowsOf(
        "SELECT 1 FROM one_time_tokens WHERE user_id = ? AND purpose = 'reset_password'",
        eve.id,
      ),
    ).toEqual([])
  })

  test('is not accepted by a reset link, however it came to be', async () => {
    const eve = await invited()
    pass(age)
    const token = await mintToken(eve.id, 'reset_password')
    expect(said(await reset(token))).toBe('400 invalid_token')
    expect(await rowOf(eve.id)).toMatchObject({ status: 'pending', hashed_password: null })
  })

  test('is sent again by an admin, and not as a reset', async () => {
    const eve = await invited()
    pass(age)
    root = await staff('admin')
    const act = (name: string) => root.asks('POST', `/admin/users/${eve.id}/${name}`)
    expect(said(await act('send-password-reset'))).toBe('409 wrong_status')
    expect(said(await act('resend-verification'))).toBe('200')
    const fresh = tokenIn(await mailTo(eve.email, 2), '/accept-invitation')
    expect(said(await accept(fresh))).toBe('200')
    expect((await postSignIn({ ...eve, password: NEW_PASSWORD })).status).toBe(200)
    expect(said(await accept(eve.token))).toBe('400 invalid_token')
  })
})

test('an imported user without a password still comes in by a forgotten password', async () => {
  root = await staff('admin')
  const email = freshEmail()
  await importChunk(root, lines({ email, full_name: 'Eve Evans' }))
  await forgot(email)
  expect(said(await reset(tokenIn(await mailTo(email), '/reset-password')))).toBe('200')
  expect((await postSignIn({ id: 0, email, password: NEW_PASSWORD })).status).toBe(200)
})

test('an accepted invitation opens an address that guessing has locked, as a reset does', async () => {
  const eve = await invited()
  const ip = '198.51.100.9'
  const guess = { ...eve, password: 'Wrong-Horse-7' }
  for (let n = 0; n < 11; n++) await postSignIn(guess, {}, { ip })
  expect(said(await postSignIn(guess, {}, { ip }))).toBe('429 too_many_attempts')
  expect(said(await accept(eve.token))).toBe('200')
  expect((await postSignIn({ ...eve, password: NEW_PASSWORD }, {}, { ip })).status).toBe(200)
})
