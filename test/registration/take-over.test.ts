/** A stranger's pending account gives way to an invitation, an import and the setup, with all it holds. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, test } from 'vitest'
import { importUsers } from '../../src/user-admin/import-users'
import { broken, ALWAYS } from '../faults/invariants'
import { post, said } from '../support/api'
import { capturingEnv, planOf } from '../support/captured-sql'
import { importChunk, lines } from '../support/chunk'
import { forgot, NEW_PASSWORD, reset, sendAll } from '../support/credentials'
import { depsFor } from '../support/deps'
import { mailTo, tokenIn } from '../support/mailbox'
import { loseWakeUps } from '../support/outbox'
import { makeRole, onlyAdmins } from '../support/roles'
import { leftOf, NOTHING_LEFT, type Squatter, squatter } from '../support/squatter'
import {
  eventsAbout,
  freshEmail,
  makeUser,
  rowOf,
  type SignedInUser,
  staff,
} from '../support/users'
import { postSignIn, registerByApi } from '../support/users-by-api'

const HASH = '$2b$06$6WAFtwTDt2EbTiSdrTe0ae39JNJgbsBzRFaqqJcbko1BfLp6FB746'
const HASHED = 'pässwörd 🦊 Tr0ub4dor'

let root: SignedInUser
beforeAll(async () => {
  loseWakeUps()
  await makeRole('importer', 'admin:system', 'admin:users', 'read:own', 'write:own')
  root = await staff('admin')
})

const invite = (email: string, more: object = {}, by = root) =>
  by.asks('POST', '/admin/users', { email, full_name: 'Eve Evans', ...more })
const imports = (email: string, more: object = {}, by = root) =>
  importChunk(by, lines({ email, full_name: 'Eve Evans', ...more }))

/** After the outbox has had its turn: nothing of the stranger is left, the account is the same row. */
async function expectTakenOver(stranger: Squatter, row: object) {
  await sendAll()
  expect(await leftOf(stranger)).toEqual(NOTHING_LEFT)
  expect(await rowOf(stranger.id)).toMatchObject({
    id: stranger.id,
    created_at: stranger.createdAt,
    email: stranger.email,
    full_name: 'Eve Evans',
    ...row,
  })
  for (const token of [stranger.links.verify, stranger.links.decline]) {
    expect(said(await post('/api/v1/auth/verify-email', { token }))).toBe('400 invalid_token')
    expect(said(await post('/api/v1/auth/decline-registration', { token }))).toBe(
      '400 invalid_token',
    )
  }
  expect(said(await reset(stranger.links.reset))).toBe('400 invalid_token')
  expect(said(await postSignIn(stranger))).toBe('401 invalid_credentials')
  const refresh = await post('/api/v1/auth/refresh', { refresh_token: stranger.refreshToken })
  expect(said(refresh)).toBe('401 invalid_refresh_token')
  expect(said(await stranger.asks('GET', '/auth/session'))).toBe('401 invalid_access_token')
  expect(await broken(ALWAYS)).toEqual([])
}

describe('an invitation', () => {
  test('takes the account over, and is accepted as any other', async () => {
    const stranger = await squatter()
    const { status, body } = await invite(stranger.email.toUpperCase(), { roles: ['moderator'] })
    expect([status, body.id, body.status, body.roles]).toEqual([
      201,
      stranger.id,
      'pending',
      ['moderator', 'user'],
    ])
    await expectTakenOver(stranger, {
      origin: 'invited',
      invited_by: root.id,
      hashed_password: null,
      status: 'pending',
    })
    const token = tokenIn(await mailTo(stranger.email, 3), '/accept-invitation')
    const accepted = await post('/api/v1/auth/accept-invitation', { token, password: NEW_PASSWORD })
    expect(accepted.status).toBe(200)
    const eve = await postSignIn({ ...stranger, password: NEW_PASSWORD })
    expect(eve.body.user).toMatchObject({
      two_factor_enabled: false,
      full_name: 'Eve Evans',
      bio: null,
    })
  })

  test('gives the roles that it names, and no other', async () => {
    const stranger = await squatter()
    await root.asks('POST', `/admin/users/${stranger.id}/roles`, { role: 'moderator' })
    expect((await invite(stranger.email)).body.roles).toEqual(['user'])
  })

  test('of an address that was invited or imported stays 409', async () => {
    const [first, second] = [freshEmail(), freshEmail()]
    await invite(first)
    await imports(second)
    for (const email of [first, second]) expect(said(await invite(email))).toBe('409 email_taken')
  })

  test('cannot take over an account with more permissions than the actor has', async () => {
    const stranger = await registerByApi()
    await root.asks('POST', `/admin/users/${stranger.id}/roles`, { role: 'admin' })
    const importer = await staff('importer')
    const before = await rowOf(stranger.id)
    expect(said(await invite(stranger.email, {}, importer))).toBe('403 outranked')
    expect((await imports(stranger.email, {}, importer)).body).toMatchObject({
      imported: 0,
      skipped: 1,
      skipped_lines: [{ line: 1, email: stranger.email, code: 'outranked' }],
    })
    expect(await rowOf(stranger.id)).toEqual(before)
    expect((await invite(stranger.email)).status).toBe(201)
  })
})

describe('an import', () => {
  test('takes the account over, once, with the password of the line', async () => {
    const stranger = await squatter()
    const line = { email_verified: true, hashed_password: HASH, roles: ['moderator'], bio: 'Hers' }
    expect((await imports(stranger.email, line)).body).toEqual({
      imported: 1,
      skipped: 0,
      skipped_lines: [],
      errors: [],
    })
    await expectTakenOver(stranger, { origin: 'imported', bio: 'Hers', hashed_password: HASH })
    expect((await postSignIn({ ...stranger, password: HASHED })).status).toBe(200)
    const before = await rowOf(stranger.id)
    expect((await imports(stranger.email, { ...line, bio: 'Again' })).body).toMatchObject({
      imported: 0,
      skipped: 1,
      skipped_lines: [{ line: 1, email: stranger.email, code: 'email_taken' }],
    })
    expect((await rowOf(stranger.id))?.['bio']).toBe(before?.['bio'])
  })

  test('without a password leaves none', async () => {
    const stranger = await squatter()
    expect((await imports(stranger.email)).body.imported).toBe(1)
    await expectTakenOver(stranger, {
      origin: 'imported',
      hashed_password: null,
      status: 'pending',
    })
    await forgot(stranger.email)
    const token = tokenIn(await mailTo(stranger.email, 3), '/reset-password')
    expect((await reset(token)).status).toBe(200)
    expect((await postSignIn({ ...stranger, password: NEW_PASSWORD })).status).toBe(200)
  })

  test('finds the accounts by their ids, and walks no pending one besides', async () => {
    const { email } = await registerByApi()
    const { env: capturing, seen } = capturingEnv(env)
    const actor = { userId: root.id, subject: root.subject, sid: null, apiKeyId: null }
    const line = lines({ email, full_name: 'Eve Evans' })
    expect((await importUsers(depsFor({ env: capturing }), actor, line)).imported).toBe(1)
    const asked = seen.filter(({ text }) => text.includes('users.origin'))
    expect(asked.length).toBeGreaterThan(5)
    for (const statement of asked) {
      expect((await planOf(env.DB, statement)).join()).not.toContain('users_status_name')
    }
  })

  test('names each line that it skips, beside those that it takes and refuses', async () => {
    const [fresh, squatted, member, invited] = [
      freshEmail(),
      await registerByApi(),
      await makeUser(),
      freshEmail(),
    ]
    await invite(invited)
    const chunk = [fresh, member.email, 'oops', squatted.email, fresh, invited, squatted.email]
    const { body } = await importChunk(
      root,
      lines(
        ...chunk.map((email) => (email === 'oops' ? email : { email, full_name: 'Eve Evans' })),
      ),
    )
    expect([body.imported, body.skipped]).toEqual([2, 4])
    expect(body.errors.map((error: any) => error.line)).toEqual([3])
    expect(body.skipped_lines.map((skip: any) => [skip.line, skip.email, skip.code])).toEqual([
      [2, member.email, 'email_taken'],
      [5, fresh, 'duplicate_in_chunk'],
      [6, invited, 'email_taken'],
      [7, squatted.email, 'duplicate_in_chunk'],
    ])
  })
})

describe('a new address by an admin', () => {
  test('removes a registration that stands there, and leaves a record', async () => {
    const [stranger, ada] = [await squatter(), await makeUser()]
    const moved = await root.asks('PATCH', `/admin/users/${ada.id}`, { email: stranger.email })
    expect([moved.status, moved.body.email]).toEqual([200, stranger.email])
    await sendAll()
    expect(await leftOf(stranger)).toEqual(NOTHING_LEFT)
    expect(await rowOf(stranger.id)).toBeNull()
    expect(await eventsAbout(stranger.id)).toContain('user.erased')
    expect(said(await postSignIn(stranger))).toBe('200')
    expect(await broken(ALWAYS)).toEqual([])
  })
})

describe('the setup of the first admin', () => {
  test('takes the account over', async () => {
    const stranger = await squatter()
    await onlyAdmins()
    const reply = await post('/api/v1/setup', {
      token: env.SETUP_TOKEN,
      email: stranger.email,
      password: NEW_PASSWORD,
      full_name: 'Eve Evans',
    })
    expect([reply.status, reply.body.two_factor_enabled]).toEqual([201, false])
    await expectTakenOver(stranger, { origin: 'setup', status: 'active' })
    expect((await postSignIn({ ...stranger, password: NEW_PASSWORD })).status).toBe(200)
    await env.DB.prepare(
      "INSERT INTO user_roles (user_id, role_id, assigned_at) SELECT ?, id, 0 FROM roles WHERE name = 'admin'",
    )
      .bind(root.id)
      .run()
  })
})
