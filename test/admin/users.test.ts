/** One user as admins see and change him: look, edit, activate, deactivate, sessions. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, test } from 'vitest'
import { routes } from '../../src/app'
import { post } from '../support/api'
import { comparable } from '../support/comparable'
import { mailsTo, mailTo, tokenIn } from '../support/mailbox'
import { named } from '../support/named'
import { freshEmail, login, PASSWORD, registerPerson, session } from '../support/people'
import { eventsAbout, makePerson, rowOf, said, signIn, type Staff, staff } from '../support/staff'

let root: Staff
beforeAll(async () => {
  root = await staff('admin')
})

const edit = (id: number, body: object) => root.asks('PATCH', `/admin/users/${id}`, body)
const setStatus = (id: number, is_active: unknown) =>
  root.asks('PUT', `/admin/users/${id}/status`, { is_active })

describe('one user', () => {
  test('is shown whole, without a secret, and that he was looked at is recorded', async () => {
    const ada = await makePerson()
    const { status, body } = await root.asks('GET', `/admin/users/${ada.id}`)
    expect(status).toBe(200)
    expect(body).toMatchObject({ id: ada.id, email: ada.email, roles: ['user'], status: 'active' })
    expect(JSON.stringify(body)).not.toMatch(/password"|hash|subject|secret|version/)
    expect(await eventsAbout(ada.id)).toEqual(['admin.user_viewed'])
  })

  test('who was erased answers word for word like one who never was, on every route', async () => {
    const gone = await makePerson()
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
    const ada = await makePerson()
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

  test('nothing is a look, and recorded as one', async () => {
    const ada = await makePerson()
    expect((await edit(ada.id, {})).body.email).toBe(ada.email)
    await edit(ada.id, { email: ada.email.toUpperCase() })
    expect(await eventsAbout(ada.id)).toEqual(['admin.user_viewed', 'admin.user_viewed'])
  })

  test('what is not to be edited here is 422, by name', async () => {
    const ada = await makePerson()
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
  test('counts as verified, signs in, kills the mailed links, and both addresses are told', async () => {
    const ada = await registerPerson()
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
    expect((await login({ ...ada, email })).status).toBe(200)
    expect(said(await login(ada))).toBe('401 invalid_credentials')
    const told = await Promise.all([mailTo(ada.email, 3), mailTo(email)])
    for (const mail of told) expect(mail.text).not.toContain('token=')
    expect(new Set(told.map(({ subject }) => subject)).size).toBe(1)
    expect(mailsTo(email)).toHaveLength(1)
  })

  test('stands nowhere in the outbox in clear, nor does the old one or the name', async () => {
    const ada = await makePerson({ fullName: 'Zebedee Quux' })
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
    const [ada, bob] = [await makePerson(), await makePerson()]
    for (const email of [bob.email, bob.email.toUpperCase(), root.email]) {
      const reply = await edit(ada.id, { email, full_name: 'Changed' })
      expect(said(reply)).toBe('409 email_taken')
    }
    expect(await rowOf(ada.id)).toMatchObject({ email: ada.email, full_name: 'Ada Lovelace' })
  })

  test('does not bring a deactivated user back', async () => {
    const ada = await makePerson({ status: 'deactivated' })
    const email = freshEmail()
    expect((await edit(ada.id, { email })).body.status).toBe('deactivated')
    expect(said(await login({ ...ada, email }))).toBe('401 account_not_active')
  })
})

describe('deactivating', () => {
  test('ends every session at once, in the words of the requirements', async () => {
    const ada = await makePerson()
    const sessions = [await signIn(ada), await signIn(ada, { remember_me: true })]
    const reply = await setStatus(ada.id, false)
    expect([reply.status, reply.body]).toEqual([200, { message: 'User deactivated successfully' }])
    for (const one of sessions) expect((await session(one.token)).status).toBe(401)
    const refresh_token = sessions[1]?.refreshToken
    const refreshed = await post('/api/v1/auth/refresh', { refresh_token })
    expect(said(refreshed)).toBe('401 invalid_refresh_token')
    expect(said(await login(ada))).toBe('401 account_not_active')
    expect(said(await login({ ...ada, password: 'x' }))).toBe('401 invalid_credentials')
  })

  test('cannot be undone by the user, with any link that he has or asks for', async () => {
    const ada = await registerPerson()
    const verify = tokenIn(await mailTo(ada.email), '/verify-email')
    await post('/api/v1/auth/forgot-password', { email: ada.email })
    const reset = tokenIn(await mailTo(ada.email, 2), '/reset-password')
    await setStatus(ada.id, false)
    const new_password = 'Battery-Staple-8'
    const tries = [
      await post('/api/v1/auth/verify-email', { token: verify }),
      await post('/api/v1/auth/reset-password', { token: reset, new_password }),
    ]
    expect(tries.map(said)).toEqual(['400 invalid_token', '400 invalid_token'])
    await post('/api/v1/auth/resend-verification', { email: ada.email })
    await post('/api/v1/auth/forgot-password', { email: ada.email })
    const tokens = await env.DB.prepare('SELECT 1 FROM one_time_tokens WHERE user_id = ?')
      .bind(ada.id)
      .first()
    expect(tokens).toBeNull()
    for (const action of ['resend-verification', 'send-password-reset']) {
      expect(said(await root.asks('POST', `/admin/users/${ada.id}/${action}`))).toBe(
        '409 wrong_status',
      )
    }
    expect(await rowOf(ada.id)).toMatchObject({ status: 'deactivated' })
  })

  test('twice records it once, and activating brings him back with the same password', async () => {
    const ada = await signIn(await makePerson())
    for (const isActive of [false, false, true, true]) {
      expect((await setStatus(ada.id, isActive)).status).toBe(200)
    }
    expect(await eventsAbout(ada.id)).toEqual(['admin.user_deactivated', 'admin.user_activated'])
    expect((await session(ada.token)).status).toBe(401)
    expect((await login(ada)).status).toBe(200)
  })
})

describe('activating', () => {
  const vouched = async (id: number) => {
    const row = await env.DB.prepare(
      "SELECT data ->> 'vouched' AS vouched FROM audit_log WHERE event = 'admin.user_activated' AND target_id = ?",
    )
      .bind(id)
      .all()
    return row.results.map((each) => each['vouched'] === 1)
  }

  test('a pending user vouches for his address, and the links to verify it die', async () => {
    const ada = await registerPerson()
    const mail = await mailTo(ada.email)
    const reply = await setStatus(ada.id, true)
    expect([reply.status, reply.body]).toEqual([200, { message: 'User activated successfully' }])
    expect(await vouched(ada.id)).toEqual([true])
    const verify = await post('/api/v1/auth/verify-email', {
      token: tokenIn(mail, '/verify-email'),
    })
    const decline = await post('/api/v1/auth/decline-registration', {
      token: tokenIn(mail, '/decline-registration'),
    })
    expect([said(verify), said(decline)]).toEqual(['400 invalid_token', '400 invalid_token'])
    expect((await login(ada)).status).toBe(200)
  })

  test('an invited one kills the invitation; he chooses a password by a reset', async () => {
    const email = freshEmail()
    const { body } = await root.asks('POST', '/admin/users', { email, full_name: 'Eve Evans' })
    const token = tokenIn(await mailTo(email), '/accept-invitation')
    await setStatus(body.id, true)
    const accept = await post('/api/v1/auth/accept-invitation', { token, password: PASSWORD })
    expect(said(accept)).toBe('400 invalid_token')
    const left = await env.DB.prepare('SELECT 1 FROM one_time_tokens WHERE user_id = ?')
      .bind(body.id)
      .first()
    expect(left).toBeNull()
    await root.asks('POST', `/admin/users/${body.id}/send-password-reset`)
    const reset = tokenIn(await mailTo(email, 2), '/reset-password')
    await post('/api/v1/auth/reset-password', { token: reset, new_password: PASSWORD })
    expect((await login({ id: body.id, email, password: PASSWORD })).status).toBe(200)
  })

  test('one who was deactivated before he verified himself vouches too; a verified one does not', async () => {
    const [pending, verified] = [await makePerson({ status: 'pending' }), await makePerson()]
    for (const { id } of [pending, verified]) {
      await setStatus(id, false)
      await setStatus(id, true)
      expect((await root.asks('GET', `/admin/users/${id}`)).body.status).toBe('active')
    }
    expect([await vouched(pending.id), await vouched(verified.id)]).toEqual([[true], [false]])
  })

  test('the status is a boolean: everything else is 422', async () => {
    for (const wrong of ['true', 1, null, undefined, 'inactive']) {
      expect(said(await setStatus(root.id, wrong))).toBe('422 validation_failed')
    }
  })
})

describe('sessions of a user', () => {
  const list = (id: number) => root.asks('GET', `/admin/users/${id}/sessions`)

  test('are listed, which is recorded; one can be ended, or all', async () => {
    const ada = await makePerson()
    const [one, two] = [await signIn(ada), await signIn(ada)]
    const ids = async () => (await list(ada.id)).body.items.map(({ id }: { id: string }) => id)
    expect((await ids()).sort()).toEqual([one.sessionId, two.sessionId].sort())
    expect((await list(ada.id)).body.items[0]).toMatchObject({ current: false, remember_me: false })
    const path = `/admin/users/${ada.id}/sessions`
    expect(said(await root.asks('DELETE', `${path}/${one.sessionId}`))).toBe('204')
    expect((await session(one.token)).status).toBe(401)
    expect(await ids()).toEqual([two.sessionId])
    expect(said(await root.asks('DELETE', path))).toBe('204')
    expect((await session(two.token)).status).toBe(401)
    expect(new Set(await eventsAbout(ada.id))).toEqual(
      new Set(['admin.sessions_viewed', 'admin.sessions_revoked']),
    )
  })

  test('one that is not his is 404 like one that never was, and leaves no event', async () => {
    const [ada, bob] = [await staff(), await staff()]
    const end = (sid: string) => root.asks('DELETE', `/admin/users/${ada.id}/sessions/${sid}`)
    const never = comparable(await end('never-was'))
    expect(never.status).toBe(404)
    expect(comparable(await end(bob.sessionId))).toEqual(never)
    await root.asks('DELETE', `/admin/users/${ada.id}/sessions/${ada.sessionId}`)
    expect(comparable(await end(ada.sessionId))).toEqual(never)
    expect(comparable(await end('someone@example.com'))).toEqual(never)
    expect((await session(bob.token)).status).toBe(200)
    expect(await eventsAbout(ada.id)).toEqual(['admin.sessions_revoked'])
  })

  test('an own session is marked as the current one', async () => {
    const { items } = (await list(root.id)).body
    expect(items.find(({ id }: { id: string }) => id === root.sessionId).current).toBe(true)
  })
})
