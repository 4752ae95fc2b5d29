import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { call } from '../../support/api'
import { pass, STEP_UP_MS, stopClock } from '../../support/clock'
import { mailTo, tokenIn } from '../../support/mailbox'
import { freshCode } from '../../support/second-factor'
import { wrongCode } from '../../support/totp'
import { freshEmail, PASSWORD } from '../../support/users'
import { postSignIn } from '../../support/users-by-api'
import { fetchWith } from '../../support/worker'
import { part, signedIn, signIn, Visitor } from '../visitor'

stopClock()

const NEW = 'Another-Stallion-8'

describe('sessions', () => {
  it('are listed by device, and each other one can be revoked with one click', async () => {
    const person = await signedIn()
    const phone = new Visitor()
    await phone.post(
      '/sign-in',
      { email: person.email, password: PASSWORD },
      {
        'sec-fetch-site': 'same-origin',
        'user-agent': 'Mozilla/5.0 (iPhone) Version/19 Safari/605',
      },
    )
    expect((await phone.open('/account')).status).toBe(200)
    const list = await person.visitor.open('/account/sessions')
    expect(list.html).toContain('<strong>Safari on iOS</strong>')
    expect(list.html).toContain('This device')
    const id = part(list.html, /name="id" value="([^"]+)"/) ?? ''
    expect((await person.visitor.post('/account/sessions/end', { id })).to).toBe(
      '/account/sessions',
    )
    expect((await phone.open('/account')).to).toBe('/sign-in')
    expect((await person.visitor.post('/account/sessions/end', { id })).status).toBe(404)
    expect((await person.visitor.open('/account')).status).toBe(200)
  })

  it('of other users cannot be revoked by id', async () => {
    const [ada, eve] = [await signedIn(), await signedIn()]
    const api = await postSignIn(ada)
    const id = api.body.session_id
    expect((await eve.visitor.post('/account/sessions/end', { id })).status).toBe(404)
    expect((await ada.visitor.post('/account/sessions/end', { id })).status).toBe(303)
  })
})

describe('password', () => {
  it('changed by the form revokes every session, and the new one signs in', async () => {
    const person = await signedIn()
    const wrong = await person.visitor.post('/account/password', {
      current_password: 'wrong',
      new_password: NEW,
    })
    expect(wrong.status).toBe(400)
    expect(wrong.html).toContain('id="f-current_password-error"><li>Incorrect password.')
    const done = await person.visitor.post('/account/password', {
      current_password: PASSWORD,
      new_password: NEW,
    })
    expect(done.to).toBe('/sign-in')
    expect((await signIn(person.visitor, { ...person, password: NEW })).status).toBe(303)
  })

  it('that has expired leads to its change from everywhere, and nowhere else', async () => {
    const person = await signedIn()
    await env.DB.prepare(
      'UPDATE users SET password_expires_at = 1, auth_version = auth_version + 1 WHERE email = ?',
    )
      .bind(person.email)
      .run()
    const visitor = new Visitor()
    expect((await signIn(visitor, person)).to).toBe('/change-password')
    for (const path of [
      '/account',
      '/account/sessions',
      '/account/privacy',
      '/welcome',
      '/account/two-factor',
    ]) {
      expect([path, (await visitor.open(path)).to]).toEqual([path, '/change-password'])
    }
    const factor = { password: PASSWORD }
    expect((await visitor.post('/account/two-factor/set-up', factor)).to).toBe('/change-password')
    const fields = { full_name: 'Eve', language: 'en', theme: 'dark' }
    expect((await visitor.post('/account', fields)).to).toBe('/change-password')
    const shown = await visitor.open('/change-password')
    expect(shown.html).toContain('Your password has expired.')
    const done = await visitor.post('/change-password', {
      current_password: PASSWORD,
      new_password: NEW,
    })
    expect(done.to).toBe('/sign-in')
    expect((await visitor.follow(await signIn(visitor, { ...person, password: NEW }))).status).toBe(
      200,
    )
  })
})

describe('sign-in with a second factor', () => {
  async function withFactor() {
    const person = await signedIn()
    const { visitor } = person
    const scan = await visitor.post('/account/two-factor/set-up', { password: PASSWORD })
    const secret = part(scan.html, /name="secret" value="([A-Z2-7]+)"/) ?? ''
    expect(scan.html).toContain('<svg')
    const wrong = await visitor.post('/account/two-factor/enable', { secret, code: '000000' })
    expect([wrong.status, part(wrong.html, /name="secret" value="([A-Z2-7]+)"/)]).toEqual([
      400,
      secret,
    ])
    const code = await freshCode({ secret })
    const typed = `${code.slice(0, 3)} ${code.slice(3)}`
    const on = await visitor.post('/account/two-factor/enable', { secret, code: typed })
    expect(on.status).toBe(200)
    const codes = [...on.html.matchAll(/<li>([0-9A-Z-]{19})<\/li>/g)].map((match) => match[1] ?? '')
    expect(codes).toHaveLength(10)
    expect((await visitor.open('/account/two-factor')).html).not.toContain(codes[0])
    return { ...person, secret, codes }
  }

  it('asks for a code after the password, and keeps the challenge out of the address', async () => {
    const person = await withFactor()
    const visitor = new Visitor()
    const step = await signIn(visitor, person, {}, '?next=%2Faccount%2Femail')
    expect(step.to).toBe('/sign-in/second-factor?next=%2Faccount%2Femail')
    expect(visitor.cookies.has('gatehouse')).toBe(false)
    expect(visitor.setCookies.join()).toMatch(
      /gatehouse-challenge=challenge\.[\w.-]+; Max-Age=300; Path=\/; HttpOnly/,
    )
    const page = await visitor.open(step.to ?? '')
    expect(page.html).toMatch(/<input id="f-code"[^>]*autocomplete="one-time-code"/)
    const wrong = await visitor.post(step.to ?? '', { code: '000000' })
    expect(wrong.status).toBe(401)
    expect(wrong.html).toContain('id="f-code-error"><li>This code is incorrect')
    const right = await visitor.post(step.to ?? '', { code: await freshCode(person) })
    expect(decodeURIComponent(right.to ?? '')).toContain('/account/email')
    expect(visitor.cookies.has('gatehouse-challenge')).toBe(false)
    expect((await visitor.open('/account')).status).toBe(200)
  })

  it('takes a recovery code in its place, once', async () => {
    const person = await withFactor()
    const path = '/sign-in/second-factor?with=recovery-code'
    const recover = async (recovery_code: string) => {
      const visitor = new Visitor()
      await signIn(visitor, person)
      expect((await visitor.open(path)).html).toContain('name="recovery_code"')
      return (await visitor.post(path, { recovery_code })).status
    }
    const [code = ''] = person.codes
    expect([await recover(code), await recover(code)]).toEqual([303, 401])
  })

  it('that a role demands is all that a session may do until it is on', async () => {
    const { email } = await signedIn()
    const settings = { REQUIRE_2FA_ROLES: 'user' }
    const headers = { 'sec-fetch-site': 'same-origin' }
    const body = new URLSearchParams({ email, password: PASSWORD })
    const into = await fetchWith(settings, '/sign-in', { method: 'POST', headers, body })
    expect(into.headers.get('location')).toBe('/account/two-factor')
    const cookie = into.headers
      .getSetCookie()
      .map((line) => line.split(';')[0])
      .join('; ')
    const open = (path: string) => fetchWith(settings, path, { headers: { cookie } })
    expect((await open('/account')).headers.get('location')).toBe('/account/two-factor')
    // A password can be changed before the second factor is set up, as by the API.
    for (const path of ['/account/password', '/change-password']) {
      expect([path, (await open(path)).status]).toEqual([path, 200])
    }
    const shown = await open('/account/two-factor')
    expect([
      shown.status,
      shown.body.includes('Your role requires two-factor authentication.'),
    ]).toEqual([200, true])
  })

  it('without a challenge, or with one that is spent, starts again', async () => {
    const shown = await new Visitor().open('/sign-in/second-factor')
    expect(shown.to).toBe('/sign-in')
    const thief = new Visitor()
    thief.cookies.set('gatehouse-challenge', 'challenge.eyJrIjoidGVzdDEifQ.AAAA')
    const tried = await thief.post('/sign-in/second-factor', { code: '123456' })
    expect([tried.status, tried.to]).toEqual([303, '/sign-in'])
  })

  it('is turned off by a code, once the sign-in is no recent proof', async () => {
    const { visitor, ...person } = await withFactor()
    pass(STEP_UP_MS)
    const off = (fields: Record<string, string>) =>
      visitor.post('/account/two-factor/disable', fields)
    const wrong = await off({ code: await wrongCode(person.secret) })
    expect(wrong.status).toBe(400)
    expect(wrong.html).toContain('id="f-disable-code-error"')
    expect((await off({ password: PASSWORD })).status).toBe(422)
    const done = await off({ code: await freshCode(person) })
    expect(done.to).toBe('/account/two-factor')
    expect((await signIn(new Visitor(), person)).to).not.toContain('second-factor')
  })
})

describe('the address', () => {
  it('changes by the link that the new one was mailed, and the old one can undo it', async () => {
    const person = await signedIn()
    const { visitor } = person
    const new_email = freshEmail()
    const asked = await visitor.post('/account/email', { new_email, password: PASSWORD, code: '' })
    expect(asked.to).toBe('/account/email')
    const token = tokenIn(await mailTo(new_email), '/confirm-email-change')
    expect((await visitor.open('/account')).html).toContain(person.email)
    await visitor.open(`/confirm-email-change?token=${token}`)
    expect((await visitor.open('/account')).html).toContain(person.email)
    await visitor.post('/confirm-email-change', { token })
    expect((await visitor.open('/account')).html).toContain(new_email)
    const undo = tokenIn(await mailTo(person.email), '/undo-email-change')
    await new Visitor().post('/undo-email-change', { token: undo })
    expect((await visitor.open('/account')).to).toBe('/sign-in')
  })
})

describe('one\u2019s data', () => {
  it('is downloaded by a POST, as the API gives it', async () => {
    const { visitor, email } = await signedIn()
    const file = await visitor.post('/account/privacy/export')
    expect(file.headers.get('content-disposition')).toBe('attachment; filename="account.json"')
    expect(JSON.parse(file.html).account.email).toBe(email)
    expect((await visitor.open('/account/privacy/export')).to).toBe('/account/privacy')
  })

  it('is deleted by password and a word of confirmation, and all is over', async () => {
    const person = await signedIn()
    const erase = (fields: Record<string, string>) =>
      person.visitor.post('/account/privacy/delete', fields)
    expect((await erase({ password: PASSWORD })).html).toContain(
      'Please confirm that you want to delete your account.',
    )
    expect((await erase({ password: 'wrong', understood: 'true' })).status).toBe(400)
    expect((await erase({ password: PASSWORD, understood: 'true' })).to).toBe('/sign-in')
    expect((await person.visitor.open('/account')).to).toBe('/sign-in')
    expect((await signIn(new Visitor(), person)).status).toBe(401)
  })
})

describe('preferences', () => {
  const FIELDS = { full_name: 'Ada Lovelace', language: 'en', theme: 'system' }

  it('hold a time zone, in which every time is told', async () => {
    const { visitor } = await signedIn()
    const saved = await visitor.post('/account', { ...FIELDS, time_zone: 'Asia/Tokyo' })
    expect(saved.status).toBe(303)
    expect((await visitor.open('/account')).html).toMatch(/title="[^"]* GMT\+9"/)
    const alias = await visitor.post('/account', { ...FIELDS, time_zone: 'Asia/Kolkata' })
    expect(alias.status).toBe(303)
    expect((await visitor.open('/account')).html).toMatch(/value="Asia\/Kolkata" selected/)
    const refused = await visitor.post('/account', { ...FIELDS, time_zone: 'Moon/Crater' })
    expect(refused.status).toBe(422)
    await visitor.post('/account', { ...FIELDS, time_zone: '' })
    expect((await visitor.open('/account')).html).not.toContain('GMT+')
  })

  it('of other applications are shown, kept when the profile is saved, and removed one by one', async () => {
    const { visitor, ...person } = await signedIn()
    const { access_token: token } = (await postSignIn(person)).body
    const preferences = { editor: { tabs: 4 }, '<b>news': true }
    await call('PATCH', '/api/v1/users/profile', { preferences }, { token })
    await visitor.post('/account', FIELDS)
    const shown = await visitor.open('/account')
    expect(shown.html).toContain('{&quot;tabs&quot;:4}')
    expect(shown.html).toContain('&lt;b&gt;news')
    expect((await visitor.post('/account/preferences/remove', { key: 'editor' })).status).toBe(303)
    const after = await visitor.open('/account')
    expect(after.html).not.toContain('tabs')
    expect(after.html).toContain('&lt;b&gt;news')
  })
})
