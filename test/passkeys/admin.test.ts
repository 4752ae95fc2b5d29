/** What admins see of a user's passkeys and do to them. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, test } from 'vitest'
import { post, said } from '../support/api'
import { stopClock } from '../support/clock'
import { moveTo, undoChange } from '../support/credentials'
import { mailsTo, mailTo } from '../support/mailbox'
import { addPasskey, signInByPasskey, userWithPasskey } from '../support/passkeys'
import { ok, userWithSecondFactor } from '../support/second-factor'
import { eventsAbout, freshEmail, type SignedInUser, staff } from '../support/users'

stopClock()

let root: SignedInUser
beforeAll(async () => {
  root = await staff('admin')
})

const isLive = async ({ token }: { token: string }) =>
  (await post('/api/v1/auth/logout', undefined, { token })).status === 204
const codesOf = async ({ id }: { id: number }) =>
  (await env.DB.prepare('SELECT 1 FROM recovery_codes WHERE user_id = ?').bind(id).all()).results
    .length

describe('the passkeys of a user', () => {
  test('are listed, and the view is logged', async () => {
    const ada = await userWithPasskey()
    const { body } = ok(await root.asks('GET', `/admin/users/${ada.id}/passkeys`))
    expect(body.items).toMatchObject([{ id: ada.passkeyId, synced: true }])
    expect(await eventsAbout(ada.id)).toContain('admin.user_viewed')
  })

  test('are removed even if it is the last way in, and the user is told', async () => {
    const ada = await userWithPasskey()
    await env.DB.prepare('UPDATE users SET hashed_password = NULL WHERE id = ?').bind(ada.id).run()
    const opened = ok(await signInByPasskey(ada.authenticator)).body
    const path = `/admin/users/${ada.id}/passkeys/${ada.passkeyId}`
    expect(said(await root.asks('DELETE', path))).toBe('204')
    expect(said(await root.asks('DELETE', path))).toBe('404 not_found')
    expect(await isLive({ token: opened.access_token })).toBe(false)
    expect(await isLive(ada)).toBe(true)
    expect(await eventsAbout(ada.id)).toContain('admin.passkey_removed')
    await mailTo(ada.email, 2)
    const subjects = mailsTo(ada.email).map(({ subject }) => subject)
    expect(subjects).toContain('A passkey was removed at Gatehouse')
  })

  test('are not removed by somebody without the permissions of the user, nor one’s own', async () => {
    const boss = await userWithPasskey({ roles: ['admin'] })
    const helper = await staff('moderator')
    const path = `/admin/users/${boss.id}/passkeys/${boss.passkeyId}`
    expect((await helper.asks('DELETE', path)).status).toBe(403)
    expect(said(await boss.asks('DELETE', path))).toBe('403 forbidden')
  })
})

describe('reset-2fa', () => {
  test('removes passkeys too, and says what it removed', async () => {
    const eve = await userWithSecondFactor()
    ok(await addPasskey(eve))
    ok(await addPasskey(eve))
    const reply = ok(await root.asks('POST', `/admin/users/${eve.id}/reset-2fa`))
    expect(reply.body.message).toBe(
      'Removed: two-factor authentication, 10 recovery codes, 2 passkeys. Trusted browsers are no longer trusted',
    )
    expect(await isLive(eve)).toBe(false)
    expect(await codesOf(eve)).toBe(0)
    const again = ok(await root.asks('POST', `/admin/users/${eve.id}/reset-2fa`))
    expect(again.body.message).toBe('There was no second factor to remove')
  })

  test('works for a user with passkeys alone', async () => {
    const ada = await userWithPasskey()
    const reply = ok(await root.asks('POST', `/admin/users/${ada.id}/reset-2fa`))
    expect(reply.body.message).toMatch(/^Removed: 10 recovery codes, 1 passkey\./)
    expect(said(await signInByPasskey(ada.authenticator))).toBe('401 unknown_passkey')
    expect(await codesOf(ada)).toBe(0)
  })
})

test('undoing a change of address removes the passkeys that were added since', async () => {
  const ada = await userWithPasskey()
  const token = await moveTo(ada, ada.email, freshEmail())
  const thief = ok(await addPasskey(ada)).body.passkey
  ok(await undoChange(token))
  const { body } = ok(await root.asks('GET', `/admin/users/${ada.id}/passkeys`))
  const ids = body.items.map(({ id }: { id: string }) => id)
  expect(ids).toEqual([ada.passkeyId])
  expect(ids).not.toContain(thief.id)
})

test('statistics count users with a passkey', async () => {
  const before = ok(await root.asks('GET', '/admin/stats')).body.passkey_users
  const ada = await userWithPasskey()
  ok(await addPasskey(ada))
  expect(ok(await root.asks('GET', '/admin/stats')).body.passkey_users).toBe(before + 1)
  ok(await root.asks('DELETE', `/admin/users/${ada.id}`))
  expect(ok(await root.asks('GET', '/admin/stats')).body.passkey_users).toBe(before)
})
