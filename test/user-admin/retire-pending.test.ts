/** Revoking every session of every user also cancels what is pending in them, and nothing begun later. */
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { outboxHandlers } from '../../src/background/outbox-handlers'
import { revokeAllPending, revokeFirstPending } from '../../src/one-time-tokens/revoke-pending'
import { sweepOutbox } from '../../src/outbox/sweep'
import { revokeAllSessions } from '../../src/user-admin/revoke-all-sessions'
import { rowsOf } from '../db/rows'
import { said } from '../support/api'
import { MINUTE, pass, SECOND, stopClock } from '../support/clock'
import { changeToken, verifyChange, resetToken, reset } from '../support/credentials'
import { depsFor } from '../support/deps'
import { challengeOf, enable, freshCode, ok, userWithSecondFactor } from '../support/second-factor'
import { setUp, verify } from '../support/second-factor'
import { freshEmail, signedInUser, type SignedInUser, staff } from '../support/users'
import { postSignIn } from '../support/users-by-api'

stopClock()

let root: SignedInUser
beforeEach(async () => {
  root = await staff('admin')
  await rowsOf("DELETE FROM job_runs WHERE job = 'end_sessions'")
})

const retire = async () => {
  const body = { confirm: 'end_every_session' }
  expect(said(await root.asks('POST', '/admin/signing-keys/retire', body))).toBe('202')
}
const settle = async () => {
  pass(MINUTE)
  await revokeAllSessions(depsFor())
  await sweepOutbox(depsFor(), outboxHandlers)
}
const rowOf = async (id: number) =>
  (
    await rowsOf<{ secret: string | null; until: number | null }>(
      'SELECT two_factor_pending_secret AS secret, two_factor_pending_until AS until FROM users WHERE id = ?',
      id,
    )
  )[0]

describe('retiring the signing keys cancels at once', () => {
  test('a wanted change of address, but no link that proves the mailbox', async () => {
    const ada = await signedInUser()
    const [change, mailed] = [await changeToken(ada, freshEmail()), await resetToken(ada.email)]
    await retire()
    expect(said(await verifyChange(change))).toBe('400 invalid_token')
    expect(said(await reset(mailed))).toBe('200')
  })

  test('the setup of a second factor', async () => {
    const ada = await signedInUser()
    const { secret } = ok(await setUp(ada)).body
    await retire()
    expect(await rowOf(ada.id)).toEqual({ secret: null, until: null })
    const { access_token: token } = ok(await postSignIn(ada)).body
    expect(said(await enable({ token }, await freshCode({ secret })))).toBe('409 no_pending_setup')
  })
})

test('cancels a sign-in that waits for its second step with the sessions', async () => {
  const bob = await userWithSecondFactor()
  await vi.waitUntil(
    async () => (await rowsOf('SELECT 1 FROM user_sessions WHERE user_id = ?', bob.id)).length > 0,
    { timeout: 8000 },
  )
  const before = await challengeOf(bob)
  await retire()
  pass(SECOND)
  const after = await challengeOf(bob)
  await settle()
  const old = await verify(before, { recovery_code: bob.recoveryCodes[0] })
  expect(said(old)).toBe('401 invalid_challenge')
  expect(said(await verify(after, { recovery_code: bob.recoveryCodes[0] }))).toBe('200')
})

test('what is begun afterwards is kept, and what was stored late is cancelled at the next run', async () => {
  await retire()
  const until = Date.now()
  pass(SECOND)
  const [ada, eve] = [await signedInUser(), await signedInUser()]
  const change = await changeToken(ada, freshEmail())
  ok(await setUp(ada))
  // A request that began before: its rows carry the instant at which it began.
  const late = await changeToken(eve, freshEmail())
  ok(await setUp(eve))
  await rowsOf('UPDATE one_time_tokens SET created_at = ? WHERE user_id = ?', until, eve.id)
  const lasts = depsFor().config.TWO_FACTOR_SETUP_TTL_SECONDS * 1000
  const at = until + lasts
  await rowsOf('UPDATE users SET two_factor_pending_until = ? WHERE id = ?', at, eve.id)
  await revokeAllSessions(depsFor())
  expect((await rowOf(ada.id))?.secret).not.toBeNull()
  expect(said(await verifyChange(change))).toBe('200')
  expect((await rowOf(eve.id))?.secret).toBeNull()
  expect(said(await verifyChange(late))).toBe('400 invalid_token')
})

test('what is begun while a run is under way is kept', async () => {
  await retire()
  const until = Date.now()
  const running = depsFor()
  pass(10 * MINUTE)
  const [ada, bob] = [await signedInUser(), await signedInUser()]
  const change = await changeToken(ada, freshEmail())
  ok(await setUp(bob))
  await revokeAllPending(running, until)
  expect((await rowOf(bob.id))?.secret).not.toBeNull()
  expect(said(await verifyChange(change))).toBe('200')
})

test('cancels a thousand with the decision and the rest in statements of that size', async () => {
  await rowsOf('DELETE FROM one_time_tokens')
  const { id } = await signedInUser()
  await rowsOf(
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)
     INSERT INTO one_time_tokens (hash, purpose, user_id, email, key_id, created_at, expires_at, credential_version)
     SELECT printf('%043d', i), 'confirm_email_change', ?, 'x@example.com', 'test1', 1, 9e15, 1 FROM n`,
    id,
  )
  const left = async () => (await rowsOf('SELECT 1 FROM one_time_tokens')).length
  const deps = depsFor()
  for (const statement of revokeFirstPending(deps, deps.now)) await deps.db.run(statement as never)
  expect(await left()).toBe(1500)
  await revokeAllPending(deps, deps.now)
  expect(await left()).toBe(0)
})
