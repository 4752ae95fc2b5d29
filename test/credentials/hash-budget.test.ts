/** Mailed links that set a password each have a budget of hashes: none lets its holder compute without end. */
import { beforeAll, expect, test } from 'vitest'
import { mailTokenHash } from '../../src/crypto/mail-token'
import { BUDGETS } from '../../src/throttle/budgets'
import { reserveHash, reserveProof } from '../../src/throttle/reserve'
import { post, said } from '../support/api'
import { MINUTE, pass, stopClock } from '../support/clock'
import { NEW_PASSWORD, reset, resetToken } from '../support/credentials'
import { depsFor } from '../support/deps'
import { hashing } from '../support/hashes'
import { mailTo, tokenIn } from '../support/mailbox'
import { freshEmail, makeUser, PASSWORD, rowOf, type SignedInUser, staff } from '../support/users'
import { postSignIn } from '../support/users-by-api'

stopClock()

let root: SignedInUser
beforeAll(async () => {
  root = await staff('admin')
})

/** Leaves so many places of a link's budget. */
async function leave(subject: string, token: string, places: number) {
  const hash = await mailTokenHash(token)
  for (let n = places; n < BUDGETS.hash.limit; n++) await reserveHash(depsFor(), { subject, hash })
}

test('a reset link with the current password stops hashing, and is good for another later', async () => {
  const ada = await makeUser()
  const token = await resetToken(ada.email)
  await leave(ada.subject, token, 1)
  expect(said(await reset(token, PASSWORD))).toBe('422 validation_failed')
  const { hashes, result } = await hashing(() => reset(token, PASSWORD))
  expect(said(result)).toBe('429 too_many_attempts')
  expect(Number(result.headers.get('retry-after'))).toBeLessThanOrEqual(15 * 60)
  expect(hashes).toEqual([])
  pass(15 * MINUTE)
  expect(said(await reset(token))).toBe('200')
  expect((await postSignIn({ ...ada, password: NEW_PASSWORD })).status).toBe(200)
})

test('so does an invitation, which stays as it is', async () => {
  const email = freshEmail()
  const invitation = { email, full_name: 'Eve Evans' }
  const { id } = (await root.asks('POST', '/admin/users', invitation)).body
  const token = tokenIn(await mailTo(email), '/accept-invitation')
  const accept = () => post('/api/v1/auth/accept-invitation', { token, password: NEW_PASSWORD })
  await leave(String((await rowOf(id))?.['subject']), token, 0)
  const { hashes, result } = await hashing(accept)
  expect([said(result), hashes]).toEqual(['429 too_many_attempts', []])
  pass(15 * MINUTE)
  expect(said(await accept())).toBe('200')
})

test('a thief who uses up the budget of a session leaves the owner the mailed reset', async () => {
  const ada = await makeUser()
  const token = await resetToken(ada.email)
  const thief = { subject: ada.subject, sid: 'stolen' }
  for (let n = 0; n <= BUDGETS.hash.limit; n++) await reserveProof(depsFor(), thief)
  expect((await reserveProof(depsFor(), thief)).allowed).toBe(false)
  expect(said(await reset(token))).toBe('200')
})

test('a link that is none takes no place from anyone', async () => {
  const { hashes, result } = await hashing(() => reset('A'.repeat(43), PASSWORD))
  expect([said(result), hashes]).toEqual(['400 invalid_token', []])
})
