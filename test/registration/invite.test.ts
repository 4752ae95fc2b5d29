/** Invitations: a pending account, a mail, and an own password of whoever has the mailbox. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { call, post, said, send } from '../support/api'
import { sendAll } from '../support/credentials'
import { mailsTo, mailTo, tokenIn } from '../support/mailbox'
import { named } from '../support/named'
import { loseWakeUps } from '../support/outbox'
import {
  eventsAbout,
  freshEmail,
  makeUser,
  PASSWORD,
  rowOf,
  type SignedInUser,
  staff,
} from '../support/users'
import { postSignIn } from '../support/users-by-api'

let root: SignedInUser
beforeAll(async () => {
  loseWakeUps()
  root = await staff('admin')
})

const invite = (body: object) =>
  root.asks('POST', '/admin/users', { full_name: 'Eve Evans', ...body })
const accept = (token: string, more: object = {}) =>
  post('/api/v1/auth/accept-invitation', { token, password: PASSWORD, ...more })

async function invited(more: object = {}) {
  const email = freshEmail()
  const { status, body } = await invite({ email, ...more })
  expect(status, JSON.stringify(body)).toBe(201)
  const token = tokenIn(await mailTo(email), '/accept-invitation')
  return { id: body.id as number, email, token, password: PASSWORD, body }
}

describe('an invitation', () => {
  test('makes a pending account with its roles, told by whom, and sends one mail', async () => {
    const eve = await invited({ roles: ['moderator', 'moderator', 'user'] })
    expect(eve.body).toMatchObject({
      email: eve.email,
      full_name: 'Eve Evans',
      status: 'pending',
      is_active: false,
      roles: ['moderator', 'user'],
    })
    expect(await rowOf(eve.id)).toMatchObject({
      origin: 'invited',
      invited_by: root.id,
      hashed_password: null,
      home_region: null,
    })
    const { results } = await env.DB.prepare(
      'SELECT DISTINCT assigned_by FROM user_roles WHERE user_id = ?',
    )
      .bind(eve.id)
      .all()
    expect(results).toEqual([{ assigned_by: root.id }])
    expect(mailsTo(eve.email)).toHaveLength(1)
    expect(await eventsAbout(eve.id)).toEqual(['admin.user_invited'])
  })

  test('is accepted with an own password, which then signs in', async () => {
    const eve = await invited({ roles: ['moderator'] })
    const accepted = await accept(eve.token)
    expect([accepted.status, Object.keys(accepted.body)]).toEqual([200, ['message']])
    const { status, body } = await postSignIn(eve)
    expect(status).toBe(200)
    expect(body.user).toMatchObject({
      full_name: 'Eve Evans',
      status: 'active',
      roles: ['moderator', 'user'],
    })
    expect(body.user.email_verified_at).not.toBeNull()
    expect(body.user.password_changed_at).not.toBeNull()
    expect(await eventsAbout(eve.id)).toEqual(['admin.user_invited', 'user.invitation_accepted'])
  })

  test('lets the invited mend the name, and takes a form too', async () => {
    const eve = await invited()
    const path = '/api/v1/auth/accept-invitation'
    const form = { token: eve.token, password: PASSWORD, full_name: 'Eva Evans' }
    expect((await call('POST', path, form, { form: true })).status).toBe(200)
    expect((await postSignIn(eve)).body.user.full_name).toBe('Eva Evans')
  })

  test('refuses a weak password by name, the invited’s own words too, and stays good', async () => {
    const eve = await invited({ full_name: 'Zebedee Quux' })
    expect(named(await accept(eve.token, { password: 'short' }))).toContain(
      'password password_too_short',
    )
    const local = eve.email.slice(0, eve.email.indexOf('@'))
    expect(named(await accept(eve.token, { password: `${local}-A1!` }))).toEqual([
      'password password_contains_email',
    ])
    expect(named(await accept(eve.token, { password: 'Zebedee-77!' }))).toEqual([
      'password password_contains_name',
    ])
    expect((await accept(eve.token)).status).toBe(200)
  })

  test('works once, and only for its own purpose', async () => {
    const eve = await invited()
    const wrong = [
      await post('/api/v1/auth/verify-email', { token: eve.token }),
      await post('/api/v1/auth/reset-password', { token: eve.token, new_password: PASSWORD }),
      await post('/api/v1/auth/decline-registration', { token: eve.token }),
    ]
    expect(wrong.map(said)).toEqual(wrong.map(() => '400 invalid_token'))
    expect((await accept(eve.token)).status).toBe(200)
    const again = await accept(eve.token)
    expect([said(again), again.body.detail]).toEqual([
      '400 invalid_token',
      'Invalid or expired token',
    ])
    expect(said(await accept('x'.repeat(43)))).toBe('400 invalid_token')
  })

  test('cannot be broken by whoever asks for its address to be verified', async () => {
    const eve = await invited({ roles: ['admin'] })
    const { status } = await post('/api/v1/auth/resend-verification', { email: eve.email })
    expect(status).toBe(202)
    await sendAll()
    expect(mailsTo(eve.email)).toHaveLength(1)
    const { results } = await env.DB.prepare(
      'SELECT purpose FROM one_time_tokens WHERE user_id = ?',
    )
      .bind(eve.id)
      .all()
    expect(results).toEqual([{ purpose: 'accept_invitation' }])
    expect(await eventsAbout(eve.id)).toEqual(['admin.user_invited'])
    expect((await accept(eve.token)).status).toBe(200)
  })

  test('expires after seven days', async () => {
    const eve = await invited()
    vi.useFakeTimers({ toFake: ['Date'] })
    try {
      vi.setSystemTime(Date.now() + 7 * 86_400_000)
      expect(said(await accept(eve.token))).toBe('400 invalid_token')
    } finally {
      vi.useRealTimers()
    }
    expect((await accept(eve.token)).status).toBe(200)
  })

  test('is revoked by a deactivation, and no other link activates the account', async () => {
    const eve = await invited()
    await root.asks('PUT', `/admin/users/${eve.id}/status`, { is_active: false })
    expect(said(await accept(eve.token))).toBe('400 invalid_token')
  })

  test('is deleted with the account', async () => {
    const eve = await invited()
    await root.asks('DELETE', `/admin/users/${eve.id}`)
    expect(said(await accept(eve.token))).toBe('400 invalid_token')
  })

  test('cannot be signed in to before it is accepted', async () => {
    const eve = await invited()
    for (const password of [PASSWORD, ' ', 'null']) {
      expect(said(await postSignIn({ ...eve, password }))).toBe('401 invalid_credentials')
    }
    expect(said(await postSignIn({ ...eve, password: '' }))).toBe('422 validation_failed')
  })

  test('still works after its inviter is erased: invited_by is cleared, the roles stay', async () => {
    const inviter = await staff('admin')
    const email = freshEmail()
    const { body } = await inviter.asks('POST', '/admin/users', {
      email,
      full_name: 'Eve Evans',
      roles: ['moderator'],
    })
    await root.asks('DELETE', `/admin/users/${inviter.id}`)
    expect(await rowOf(body.id)).toMatchObject({ invited_by: null })
    const token = tokenIn(await mailTo(email), '/accept-invitation')
    expect((await accept(token)).status).toBe(200)
    expect((await postSignIn({ id: 0, email, password: PASSWORD })).body.user.roles).toEqual([
      'moderator',
      'user',
    ])
  })
})

describe('inviting', () => {
  test('an address that has an account, in whatever case or state, is 409', async () => {
    const people = [await makeUser(), await makeUser({ status: 'deactivated' }), await invited()]
    for (const { email } of people) {
      for (const variant of [email, email.toUpperCase(), ` ${email} `]) {
        expect(said(await invite({ email: variant }))).toBe('409 email_taken')
      }
    }
    const email = freshEmail()
    const replies = await Promise.all([invite({ email }), invite({ email: email.toUpperCase() })])
    expect(replies.map(said).sort()).toEqual(['201', '409 email_taken'])
  })

  test('an address that is kept for an undone change is 409', async () => {
    const [ada, email] = [await makeUser(), freshEmail()]
    await env.DB.prepare(
      `INSERT INTO one_time_tokens (hash, purpose, user_id, email, reserved_key, key_id, created_at, expires_at)
       VALUES (?1, 'undo_email_change', ?2, ?3, ?3, 'test1', 0, ?4)`,
    )
      .bind('h'.repeat(43), ada.id, email, Date.now() + 60_000)
      .run()
    expect(said(await invite({ email }))).toBe('409 email_taken')
  })

  test('with an unknown role is 404, and nobody is made', async () => {
    const email = freshEmail()
    for (const roles of [['nobody'], ['moderator', 'Admin'], ['аdmin']]) {
      const reply = await invite({ email, roles })
      expect([reply.status, reply.body.detail]).toEqual([404, 'Role not found'])
    }
    expect((await invite({ email })).status).toBe(201)
  })

  test('names every field that is wrong, and takes no password, status or flag', async () => {
    const wrong = {
      email: 'x',
      full_name: 'E',
      roles: 'admin',
      password: PASSWORD,
      is_active: true,
      is_admin: true,
    }
    expect(named(await root.asks('POST', '/admin/users', wrong))).toEqual([
      'email invalid_email',
      'full_name too_short',
      'is_active unknown_field',
      'is_admin unknown_field',
      'password unknown_field',
      'roles invalid_type',
    ])
    expect(named(await root.asks('POST', '/admin/users', {}))).toEqual([
      'email required',
      'full_name required',
    ])
  })

  test('works by a form with repeated roles', async () => {
    const email = freshEmail()
    const form = await send('/api/v1/admin/users', {
      method: 'POST',
      headers: {
        authorization: `Bearer ${root.token}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: `email=${encodeURIComponent(email)}&full_name=Eve+Evans&roles=moderator&roles=user`,
    })
    expect([form.status, form.body.roles]).toEqual([201, ['moderator', 'user']])
  })
})
