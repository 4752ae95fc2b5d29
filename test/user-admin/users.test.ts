/** One user as admins see and edit them. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, test } from 'vitest'
import { routes } from '../../src/app'
import { post, said } from '../support/api'
import { comparable } from '../support/comparable'
import { mailsTo, mailTo, tokenIn } from '../support/mailbox'
import { named } from '../support/named'
import { loseWakeUps } from '../support/outbox'
import {
  eventsAbout,
  freshEmail,
  makeUser,
  rowOf,
  type SignedInUser,
  staff,
} from '../support/users'
import { postSignIn, registerByApi } from '../support/users-by-api'

let root: SignedInUser
beforeAll(async () => {
  loseWakeUps()
  root = await staff('admin')
})

const edit = (id: number, body: object) => root.asks('PATCH', `/admin/users/${id}`, body)

describe('one user', () => {
  test('is shown whole, without a secret, and the viewing is recorded', async () => {
    const ada = await makeUser()
    const { status, body } = await root.asks('GET', `/admin/users/${ada.id}`)
    expect(status).toBe(200)
    expect(body).toMatchObject({ id: ada.id, email: ada.email, roles: ['user'], status: 'active' })
    expect(JSON.stringify(body)).not.toMatch(/password"|hash|subject|secret|version/)
    expect(await eventsAbout(ada.id)).toEqual(['admin.user_viewed'])
  })

  test('who was erased answers word for word like one who never was, on every route', async () => {
    const gone = await makeUser()
    expect(said(await root.asks('DELETE', `/admin/users/${gone.id}`))).toBe('202')
    const bodies: Record<string, unknown> = {
      patch: { full_name: 'Ada Byron' },
      put: { is_active: true },
      post: { role: 'user' },
    }
    for (const { method, path } of routes) {
      if (!path.startsWith('/api/v1/admin/users/{id}')) continue
      const ask = (id: string) =>
        root.asks(
          method.toUpperCase(),
          path
            .replace('/api/v1', '')
            .replace('{id}', id)
            .replace(/\{\w+\}/, 'user'),
          path.endsWith('/roles') || method !== 'post' ? bodies[method] : undefined,
        )
      const never = comparable(await ask('987654321'))
      expect([never.status, never.body.detail], `${method} ${path}`).toEqual([
        404,
        'User not found',
      ])
      expect(comparable(await ask(String(gone.id)))).toEqual(never)
      for (const odd of ['0', '-1', 'x', '1e2', '0x1', '1.5', '%20', '99999999999999999999']) {
        expect(comparable(await ask(odd)), `${method} ${path} ${odd}`).toEqual(never)
      }
    }
  })

  test('an id has one spelling', async () => {
    const { id } = root
    for (const odd of [
      `0${id}`,
      `%20${id}`,
      `${id}.0`,
      `${id}e0`,
      `0x${id.toString(16)}`,
      `+${id}`,
    ]) {
      expect(said(await root.asks('GET', `/admin/users/${odd}`)), odd).toBe('404 not_found')
    }
  })
})

describe('editing', () => {
  test('changes what is given, clears what is null, and names the fields in the log', async () => {
    const ada = await makeUser()
    const edited = await edit(ada.id, {
      full_name: '  Ada Byron ',
      bio: 'Engines',
      avatar_url: 'https://example.com/a.png',
    })
    expect(edited.body).toMatchObject({
      full_name: 'Ada Byron',
      bio: 'Engines',
      avatar_url: 'https://example.com/a.png',
    })
    const cleared = await edit(ada.id, { bio: null, avatar_url: null })
    expect(cleared.body).toMatchObject({ full_name: 'Ada Byron', bio: null, avatar_url: null })
    const { results } = await env.DB.prepare(
      "SELECT data FROM audit_log WHERE target_id = ? AND event = 'admin.user_edited' ORDER BY id",
    )
      .bind(ada.id)
      .all()
    expect(results).toEqual([
      { data: '{"fields":["full_name","bio","avatar_url"]}' },
      { data: '{"fields":["bio","avatar_url"]}' },
    ])
  })

  test('an empty edit is logged as a view', async () => {
    const ada = await makeUser()
    expect((await edit(ada.id, {})).body.email).toBe(ada.email)
    await edit(ada.id, { email: ada.email.toUpperCase() })
    expect(await eventsAbout(ada.id)).toEqual(['admin.user_viewed', 'admin.user_viewed'])
  })

  test('what is not to be edited here is 422, by name', async () => {
    const ada = await makeUser()
    const wrong = {
      is_admin: true,
      roles: ['admin'],
      status: 'active',
      hashed_password: 'x',
      full_name: null,
      email: 'x',
      avatar_url: 'javascript:alert(1)',
    }
    expect(named(await edit(ada.id, wrong))).toEqual([
      'avatar_url invalid_url',
      'email invalid_email',
      'full_name invalid_type',
      'hashed_password unknown_field',
      'is_admin unknown_field',
      'roles unknown_field',
      'status unknown_field',
    ])
  })
})

describe('a new address by an admin', () => {
  test('counts as verified, revokes the mailed links, and emails both addresses', async () => {
    const ada = await registerByApi()
    const verify = tokenIn(await mailTo(ada.email), '/verify-email')
    await post('/api/v1/auth/forgot-password', { email: ada.email })
    const reset = tokenIn(await mailTo(ada.email, 2), '/reset-password')
    const email = freshEmail()
    const moved = await edit(ada.id, { email: email.toUpperCase() })
    expect(moved.body).toMatchObject({ email, status: 'active', is_active: true })
    expect(moved.body.email_verified_at).not.toBeNull()
    const spent = await post('/api/v1/auth/verify-email', { token: verify })
    expect(said(spent)).toBe('400 invalid_token')
    const body = { token: reset, new_password: 'Battery-Staple-8' }
    expect(said(await post('/api/v1/auth/reset-password', body))).toBe('400 invalid_token')
    await Promise.all([mailTo(ada.email, 3), mailTo(email, 2)])
    const told = [...mailsTo(ada.email).slice(2), ...mailsTo(email)]
    const notifications = told.filter(({ text }) => !text.includes('token='))
    expect(notifications.map(({ to }) => to)).toEqual([ada.email, email])
    expect(new Set(notifications.map(({ subject }) => subject)).size).toBe(1)
    expect(told).toHaveLength(3)
    // Nobody had proved the old address, so nobody knows whose the password is.
    expect(said(await postSignIn({ ...ada, email }))).toBe('401 invalid_credentials')
    const link = told.find(({ text }) => text.includes('/reset-password?'))
    expect(link?.to).toBe(email)
    const token = link && tokenIn(link, '/reset-password')
    const good = { token, new_password: 'Battery-Staple-8' }
    expect(said(await post('/api/v1/auth/reset-password', good))).toBe('200')
    expect((await postSignIn({ ...ada, email, password: 'Battery-Staple-8' })).status).toBe(200)
    expect(said(await postSignIn(ada))).toBe('401 invalid_credentials')
  })

  test('stands nowhere in the outbox in clear, nor does the old one or the name', async () => {
    const ada = await makeUser({ fullName: 'Zebedee Quux' })
    const email = freshEmail()
    await edit(ada.id, { email })
    const { results } = await env.DB.prepare("SELECT * FROM outbox WHERE kind = 'mail'").all()
    const rows = results.filter(({ subject }) => subject === ada.subject)
    expect(rows).toHaveLength(2)
    const text = JSON.stringify(results)
    for (const secret of [ada.email, email, 'Zebedee', 'Quux']) expect(text).not.toContain(secret)
    expect(text).toContain('email-set-by-admin')
    await mailTo(email)
  })

  test('that somebody has, in whatever case, is 409, and changes nothing', async () => {
    const [ada, bob] = [await makeUser(), await makeUser()]
    for (const email of [bob.email, bob.email.toUpperCase(), root.email]) {
      const reply = await edit(ada.id, { email, full_name: 'Changed' })
      expect(said(reply)).toBe('409 email_taken')
    }
    expect(await rowOf(ada.id)).toMatchObject({ email: ada.email, full_name: 'Ada Lovelace' })
  })

  test('does not bring a deactivated user back', async () => {
    const ada = await makeUser()
    await root.asks('PUT', `/admin/users/${ada.id}/status`, { is_active: false })
    const email = freshEmail()
    expect((await edit(ada.id, { email })).body.status).toBe('deactivated')
    expect(said(await postSignIn({ ...ada, email }))).toBe('401 account_not_active')
  })
})
