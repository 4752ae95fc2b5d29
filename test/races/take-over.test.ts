/** Who comes first to a squatted address: each pair has one winner, and no account is half of both. */
import { env } from 'cloudflare:workers'
import { beforeAll, expect, test } from 'vitest'
import { post, said } from '../support/api'
import { importChunk, lines } from '../support/chunk'
import { mailTo, tokenIn } from '../support/mailbox'
import { loseWakeUps } from '../support/outbox'
import { freshEmail, PASSWORD, rowOf, type SignedInUser, staff } from '../support/users'
import { postSignIn, registerByApi } from '../support/users-by-api'

let root: SignedInUser
beforeAll(async () => {
  loseWakeUps()
  root = await staff('admin')
})

const invite = (email: string) =>
  root.asks('POST', '/admin/users', { email, full_name: 'Eve Evans' })
const imports = (email: string) => importChunk(root, lines({ email, full_name: 'Eve Evans' }))

test('two invitations of one squatted address: one takes it over', async () => {
  const stranger = await registerByApi()
  const replies = await Promise.all([invite(stranger.email), invite(stranger.email)])
  expect(replies.map(said).sort()).toEqual(['201', '409 email_taken'])
  const { results } = await env.DB.prepare(
    "SELECT 1 FROM one_time_tokens WHERE user_id = ? AND purpose = 'accept_invitation'",
  )
    .bind(stranger.id)
    .all()
  expect(results).toHaveLength(1)
})

test('an invitation and the verification: one of them happens', async () => {
  for (let round = 0; round < 4; round++) {
    const stranger = await registerByApi()
    const token = tokenIn(await mailTo(stranger.email), '/verify-email')
    const verify = () => post('/api/v1/auth/verify-email', { token })
    const [invited, verified] = await Promise.all(
      round % 2 === 0
        ? [invite(stranger.email), verify()]
        : [verify(), invite(stranger.email)].reverse(),
    )
    expect([invited?.status, verified?.status]).toEqual(
      invited?.status === 201 ? [201, 400] : [409, 200],
    )
    const isStrangers = (await postSignIn(stranger)).status === 200
    expect(isStrangers).toBe(verified?.status === 200)
  }
})

test('an import and a registration: the address is imported or skipped, never half of both', async () => {
  for (let round = 0; round < 4; round++) {
    const email = freshEmail()
    const body = { email, password: PASSWORD, full_name: 'Ada Lovelace' }
    const [registered, imported] = await Promise.all([
      post('/api/v1/auth/register', body),
      imports(email),
    ])
    const { results } = await env.DB.prepare(
      `SELECT origin, hashed_password IS NULL AS is_void,
          (SELECT count(*) FROM one_time_tokens WHERE user_id = users.id) AS tokens FROM users WHERE email_key = ?`,
    )
      .bind(email)
      .all()
    expect(results).toEqual(
      imported.body.imported === 1
        ? [{ origin: 'imported', is_void: 1, tokens: 0 }]
        : [{ origin: 'registered', is_void: 0, tokens: 2 }],
    )
    expect([201, 409]).toContain(registered.status)
  }
})

test('two imports of one squatted address: one takes it over', async () => {
  const stranger = await registerByApi()
  const replies = await Promise.all([imports(stranger.email), imports(stranger.email)])
  expect(replies.map(({ body }) => body.imported + body.skipped)).toEqual([1, 1])
  expect(await rowOf(stranger.id)).toMatchObject({ origin: 'imported', credential_version: 2 })
})
