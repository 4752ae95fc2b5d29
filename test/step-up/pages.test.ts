/** Pages ask who is acting in place, or on a page of their own, and go on without losing the input. */
import { describe, expect, test } from 'vitest'
import { rowsOf } from '../db/rows'
import { signIn, Visitor } from '../pages/visitor'
import { stopClock } from '../support/clock'
import { storedPasskey, userWithPasskey, used } from '../support/passkeys'
import { freshCode, ok, userWithSecondFactor } from '../support/second-factor'
import { wrongCode } from '../support/totp'
import { freshEmail, makeUser, PASSWORD, staff } from '../support/users'
import { fetchWith } from '../support/worker'
import { growStale } from './people'

stopClock()

const PASSWORD_FIELD = /<input[^>]*name="password"/
const CODE_FIELD = /<input[^>]*name="code"/
const USERNAME = /<input[^>]*autocomplete="username"/

async function signedIn(roles: string[] = []) {
  const user = await makeUser({ roles })
  const visitor = new Visitor()
  await signIn(visitor, user)
  return { ...user, visitor }
}

/** Signed in by password and code, in a browser. */
async function withFactor() {
  const user = await userWithSecondFactor()
  const visitor = new Visitor()
  await signIn(visitor, user)
  await visitor.post('/sign-in/second-factor', { code: await freshCode(user) })
  return { ...user, visitor }
}

/** The hidden fields of the page's form to a path, and where it posts. */
function formIn(html: string, action: string): Record<string, string> {
  const form = html.split('<form').find((part) => part.includes(`action="${action}"`)) ?? ''
  const hidden = form.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)
  return Object.fromEntries(Array.from(hidden, ([, name = '', value = '']) => [name, value]))
}

const OWN = ['/account/email', '/account/two-factor', '/account/privacy/delete']

describe('forms of the account', () => {
  test.each(OWN)(
    '%s asks for nothing after a recent sign-in, and for the password later',
    async (path) => {
      const { visitor } = await signedIn()
      expect((await visitor.open(path)).html).not.toMatch(PASSWORD_FIELD)
      growStale()
      const { html } = await visitor.open(path)
      expect(html).toMatch(PASSWORD_FIELD)
      expect(html).toMatch(USERNAME)
    },
  )

  test.each(OWN)('%s asks a user with a second factor for a code alone', async (path) => {
    const { visitor } = await withFactor()
    expect((await visitor.open(path)).html).not.toMatch(CODE_FIELD)
    growStale()
    const { html } = await visitor.open(path)
    expect(html).toMatch(CODE_FIELD)
    expect(html).not.toMatch(PASSWORD_FIELD)
  })

  test('an account is never deleted without a deliberate confirmation', async () => {
    const { visitor, id } = await signedIn()
    const path = '/account/privacy/delete'
    expect((await visitor.open(path)).html).toContain('<input type="checkbox" name="understood"')
    for (const fields of [{}, { understood: 'false' }]) {
      expect((await visitor.post(path, fields)).status).toBe(422)
    }
    expect(await rowsOf('SELECT 1 FROM users WHERE id = ?', id)).toHaveLength(1)
    expect((await visitor.post(path, { understood: 'true' })).status).toBe(303)
    expect(await rowsOf('SELECT 1 FROM users WHERE id = ?', id)).toEqual([])
  })

  test('a form that was opened in time and sent too late keeps what was typed', async () => {
    const { visitor } = await signedIn()
    const new_email = freshEmail()
    growStale()
    const refused = await visitor.post('/account/email', { new_email })
    expect(refused.status).toBe(403)
    expect(refused.html).toContain(`value="${new_email}"`)
    expect(refused.html).toMatch(PASSWORD_FIELD)
    const wrong = await visitor.post('/account/email', { new_email, password: 'Wrong-Horse-7' })
    expect([wrong.status, wrong.html.includes('Incorrect password.')]).toEqual([400, true])
    const done = await visitor.post('/account/email', { new_email, password: PASSWORD })
    expect([done.status, done.to]).toEqual([303, '/account/email'])
  })

  test('once it is proved, a form that is refused for another reason does not ask again', async () => {
    const { visitor } = await signedIn(['admin'])
    growStale()
    const taken = { name: 'moderator', description: 'x', password: PASSWORD }
    const refused = await visitor.post('/admin/roles/new', taken)
    expect(refused.status).toBe(409)
    expect(refused.html).not.toMatch(PASSWORD_FIELD)
    expect((await visitor.post('/admin/roles/new', { name: 'scribe' })).to).toBe('/admin/roles')
  })

  test('a recovery code is taken in the field of the code', async () => {
    const { visitor, recoveryCodes } = await withFactor()
    growStale()
    const done = await visitor.post('/account/two-factor/disable', { code: recoveryCodes[0] ?? '' })
    expect(done.to).toBe('/account/two-factor')
  })

  test('no password and no code is ever shown again', async () => {
    const { visitor, ...user } = await withFactor()
    growStale()
    const code = await wrongCode(user.secret)
    const { html } = await visitor.post('/account/email', { new_email: freshEmail(), code })
    expect(html).not.toContain(code)
  })

  test('are offered a passkey, where the user has one', async () => {
    const ada = await userWithPasskey()
    const visitor = new Visitor()
    await signIn(visitor, ada)
    const { html } = await visitor.open('/account/email')
    expect(html).toContain('data-passkey="step-up"')
    expect(html).toContain('/assets/passkey.js')
    const asked = await visitor.post('/account/step-up/passkey-options')
    const options = { status: 200, body: JSON.parse(asked.html) }
    const { challenge_token, credential } = await used(options, ada.authenticator)
    const done = await visitor.post('/account/email', {
      new_email: freshEmail(),
      passkey_challenge: challenge_token,
      passkey_credential: JSON.stringify(credential),
    })
    expect([done.status, done.to]).toEqual([303, '/account/email'])
  })

  test('take what is no response of a passkey for a wrong one', async () => {
    const ada = await userWithPasskey()
    const visitor = new Visitor()
    await signIn(visitor, ada)
    for (const passkey_credential of ['{', '{}', '[]', 'null', '"x"']) {
      const fields = { new_email: freshEmail(), passkey_challenge: 'x', passkey_credential }
      expect((await visitor.post('/account/email', fields)).status).toBe(400)
    }
  })
})

describe('a button', () => {
  const roleOf = async (id: number) =>
    rowsOf(
      "SELECT role_id FROM user_roles JOIN roles ON roles.id = role_id WHERE user_id = ? AND name = 'moderator'",
      id,
    )

  test('leads to a page that asks, which goes on with the same fields', async () => {
    const { visitor } = await signedIn(['admin'])
    const target = await makeUser()
    const path = `/admin/users/${target.id}/give-role`
    growStale()
    const asked = await visitor.post(path, { role: 'moderator' })
    expect(asked.status).toBe(403)
    expect(asked.html).toContain('Confirm that it’s you')
    expect(asked.html).toMatch(PASSWORD_FIELD)
    expect(asked.html).not.toContain('role="alert"')
    expect(await roleOf(target.id)).toEqual([])
    const fields = formIn(asked.html, path)
    expect(fields).toMatchObject({ role: 'moderator' })

    const wrong = await visitor.post(path, { ...fields, password: 'Wrong-Horse-7' })
    expect([wrong.status, wrong.html.includes('Incorrect password.')]).toEqual([400, true])
    const again = formIn(wrong.html, path)
    expect(again).toEqual(fields)
    const empty = await visitor.post(path, { ...fields, password: '' })
    expect([empty.status, PASSWORD_FIELD.test(empty.html)]).toEqual([403, true])
    const done = await visitor.post(path, { ...again, password: PASSWORD })
    expect(done.to).toBe(`/admin/users/${target.id}`)
    expect(await roleOf(target.id)).toHaveLength(1)
    // From now on it is not asked again.
    const taken = await visitor.post(`/admin/users/${target.id}/take-role`, { role: 'moderator' })
    expect(taken.to).toBe(`/admin/users/${target.id}`)
    expect(await roleOf(target.id)).toEqual([])
  })

  test('of a role or permission is deleted after the page, too', async () => {
    const { visitor } = await signedIn(['admin'])
    await visitor.post('/admin/roles/new', { name: 'short-lived' })
    await visitor.post('/admin/roles/add-permission', { name: 'short:lived' })
    growStale()
    for (const [path, fields] of [
      ['/admin/roles/delete/short-lived', {}],
      ['/admin/roles/delete-permission', { name: 'short:lived' }],
    ] as const) {
      const asked = await visitor.post(path, fields)
      expect(asked.html).toContain('Confirm that it’s you')
      growStale()
      const done = await visitor.post(path, { ...formIn(asked.html, path), password: PASSWORD })
      expect(done.to).toBe('/admin/roles')
      growStale()
    }
    expect(await rowsOf("SELECT name FROM roles WHERE name = 'short-lived'")).toEqual([])
  })

  test('that removes the factors of a user goes on after the page, with its choice', async () => {
    const { visitor } = await signedIn(['admin'])
    const target = await userWithSecondFactor()
    const path = `/admin/users/${target.id}/reset-2fa`
    growStale()
    const asked = await visitor.post(path, { keys: 'true' })
    expect([asked.status, asked.html.includes('Confirm that it’s you')]).toEqual([403, true])
    const fields = formIn(asked.html, path)
    expect(fields).toMatchObject({ keys: 'true' })
    const isOn = async () =>
      rowsOf('SELECT 1 FROM users WHERE id = ? AND two_factor_enabled_at IS NOT NULL', target.id)
    expect(await isOn()).toHaveLength(1)
    const done = await visitor.post(path, { ...fields, password: PASSWORD })
    expect(done.to).toBe(`/admin/users/${target.id}`)
    expect(await isOn()).toEqual([])
  })

  test('that removes a passkey of a user goes on after the page', async () => {
    const { visitor } = await signedIn(['admin'])
    const target = await makeUser()
    const passkey_id = await storedPasskey(target.id)
    const path = `/admin/users/${target.id}/remove-passkey`
    growStale()
    const asked = await visitor.post(path, { passkey_id })
    expect([asked.status, asked.html.includes('Confirm that it’s you')]).toEqual([403, true])
    const left = () => rowsOf('SELECT 1 FROM passkeys WHERE user_id = ?', target.id)
    expect(await left()).toHaveLength(1)
    const done = await visitor.post(path, { ...formIn(asked.html, path), password: PASSWORD })
    expect(done.to).toBe(`/admin/users/${target.id}`)
    expect(await left()).toEqual([])
  })

  test('an edit of a user asks only if the address is another, and goes on with all fields', async () => {
    const { visitor } = await signedIn(['admin'])
    const { id, email } = await makeUser()
    const path = `/admin/users/${id}/edit`
    growStale()
    const fields = { full_name: 'Ada King', email, shown_email: email, bio: 'x', avatar_url: '' }
    expect((await visitor.post(path, fields)).to).toBe(`/admin/users/${id}`)
    const other = { ...fields, email: freshEmail(), bio: 'y' }
    const asked = await visitor.post(path, other)
    expect([asked.status, asked.html.includes('Confirm that it’s you')]).toEqual([403, true])
    expect(asked.html).toContain(`href="${path}"`)
    expect(formIn(asked.html, path)).toMatchObject(other)
    const done = await visitor.post(path, { ...formIn(asked.html, path), password: PASSWORD })
    expect(done.to).toBe(`/admin/users/${id}`)
    const rows = await rowsOf('SELECT email, bio FROM users WHERE id = ?', id)
    expect(rows).toEqual([{ email: other.email, bio: 'y' }])
  })

  test('escapes what it posts on', async () => {
    const { visitor } = await signedIn(['admin'])
    growStale()
    const role = '"><script>alert(1)</script>'
    const { html } = await visitor.post(`/admin/users/${(await makeUser()).id}/give-role`, { role })
    expect(html).not.toContain('<script>alert')
    expect(html).toContain('&quot;&gt;&lt;script&gt;')
  })

  test('an invitation with roles goes on with all of them', async () => {
    const { visitor } = await signedIn(['admin'])
    growStale()
    const email = freshEmail()
    const fields = new URLSearchParams({ email, full_name: 'Bob King' })
    fields.append('roles', 'moderator')
    const asked = await visitor.post('/admin/users/new', Object.fromEntries(fields))
    expect(asked.html).toContain('Confirm that it’s you')
    const again = formIn(asked.html, '/admin/users/new')
    expect(again).toMatchObject({ email, full_name: 'Bob King', roles: 'moderator' })
    const done = await visitor.post('/admin/users/new', { ...again, password: PASSWORD })
    expect(done.to).toMatch(/^\/admin\/users\/\d+$/)
  })
})

describe('a session that a role restricts', () => {
  const settings = { REQUIRE_2FA_ROLES: 'user' }
  const ask = (visitor: Visitor, path: string, fields?: Record<string, string>) =>
    fetchWith(settings, path, {
      redirect: 'manual',
      headers: {
        cookie: [...visitor.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        ...(fields && {
          'content-type': 'application/x-www-form-urlencoded',
          'sec-fetch-site': 'same-origin',
        }),
      },
      ...(fields && { method: 'POST', body: new URLSearchParams(fields).toString() }),
    })

  test('of a user with a factor is asked for it, and goes on to where it wanted', async () => {
    const ada = await userWithPasskey()
    const visitor = new Visitor()
    await signIn(visitor, ada)
    const sent = await ask(visitor, '/account/activity')
    const to = '/confirm-identity?next=%2Faccount%2Factivity'
    expect([sent.status, sent.headers.get('location')]).toEqual([303, to])
    const shown = await ask(visitor, to)
    expect(shown.status).toBe(200)
    expect(shown.body).toContain('data-passkey="step-up"')
    const [code = ''] = ada.recoveryCodes
    const done = await ask(visitor, '/confirm-identity?next=%2Faccount%2Factivity', { code })
    expect(done.headers.get('location')).toBe('/account/activity')
    expect((await ask(visitor, '/account/activity')).status).toBe(200)
  })

  test('is not sent to another site', async () => {
    const ada = await userWithPasskey()
    const visitor = new Visitor()
    await signIn(visitor, ada)
    const [code = ''] = ada.recoveryCodes
    const done = await ask(visitor, '/confirm-identity?next=%2F%2Fevil.example', { code })
    expect(done.headers.get('location')).toBe('/account')
  })

  test('of a user without one is sent to set it up', async () => {
    const { visitor } = await signedIn()
    const sent = await ask(visitor, '/account')
    expect(sent.headers.get('location')).toBe('/account/two-factor')
    const away = await ask(visitor, '/confirm-identity')
    expect(away.headers.get('location')).toBe('/account/two-factor')
  })
})

test('the session list says in words how each session was opened', async () => {
  const { visitor } = await withFactor()
  expect((await visitor.open('/account/sessions')).html).toContain(
    'Signed in with password and code',
  )
  const root = await staff('admin')
  const { body } = ok(await root.asks('GET', '/users/sessions'))
  expect(body.items[0]).toMatchObject({ amr: ['pwd'], strength: 1, auth_time: expect.any(String) })
})
