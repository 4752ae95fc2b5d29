/** Users who have only passkeys: they set a password after a recent proof. */
import { expect, test } from 'vitest'
import { rowsOf } from '../db/rows'
import { post, said } from '../support/api'
import { stopClock } from '../support/clock'
import { NEW_PASSWORD } from '../support/credentials'
import { named } from '../support/named'
import { userWithPasskey } from '../support/passkeys'
import { ok } from '../support/second-factor'
import { signedInUser } from '../support/users'
import { expectRefused, growStale, passkeyProof, stepUp } from './people'

stopClock()

const setPassword = ({ token }: { token: string }, more: object = {}) =>
  post('/api/v1/users/change-password', { new_password: NEW_PASSWORD, ...more }, { token })

async function passkeyOnly() {
  const ada = await userWithPasskey()
  await rowsOf('UPDATE users SET hashed_password = NULL WHERE id = ?', ada.id)
  return ada
}

test('a user without a password sets one after a recent proof, and signs in with it', async () => {
  const ada = await passkeyOnly()
  growStale()
  expectRefused(await setPassword(ada), ['passkey', 'recovery_code'])
  ok(await stepUp(ada, await passkeyProof(ada)))
  ok(await setPassword(ada))
  expect(said(await ada.asks('GET', '/auth/session'))).toBe('401 invalid_access_token')
  const reply = await post('/api/v1/auth/login', { username: ada.email, password: NEW_PASSWORD })
  expect(reply.status).toBe(200)
})

test('a guessed current password is refused', async () => {
  const ada = await passkeyOnly()
  const reply = await setPassword(ada, { current_password: 'Wrong-Horse-7' })
  expect(said(reply)).toBe('400 incorrect_password')
})

test('a user with a password must give it, however recent the sign-in', async () => {
  const ada = await signedInUser()
  expect(named(await setPassword(ada))).toEqual(['current_password required'])
})
