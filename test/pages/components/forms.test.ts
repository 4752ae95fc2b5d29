import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { freshIp } from '../../support/api'
import { mailTo } from '../../support/mailbox'
import { freshEmail, makeUser, PASSWORD } from '../../support/users'
import { part, signedIn, signIn, Visitor } from '../visitor'

const NASTY = `"><script>alert(1)</script>'&`

describe('a form that is refused', () => {
  it('keeps what was typed, escaped, but never a password, and names each field', async () => {
    const shown = await new Visitor().post('/sign-up', {
      full_name: 'A',
      email: NASTY,
      password: 'sEcret-typed-here',
    })
    expect(shown.status).toBe(422)
    expect(shown.html).toContain(
      'value="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&#39;&amp;"',
    )
    expect(shown.html).not.toContain('<script>alert')
    expect(shown.html).not.toContain('sEcret-typed-here')
    expect(shown.html).toContain('<title>Error: Create your account')
    for (const name of ['full_name', 'email', 'password']) {
      const input = part(shown.html, new RegExp(`(<input id="f-${name}"[^>]*>)`)) ?? ''
      expect(input).toContain('aria-invalid="true"')
    }
    const described = part(shown.html, /<input id="f-email"[^>]*aria-describedby="([^"]*)"/)
    expect(described).toBe('f-email-error')
    expect(shown.html).toMatch(/id="f-email-error"><li>Enter a valid email address/)
  })

  it('says of what is empty and of what is too long that it is, as a person would', async () => {
    const empty = await new Visitor().post('/sign-in', { email: '', password: PASSWORD })
    expect([empty.status, empty.html]).toEqual([
      422,
      expect.stringContaining('This field is required.'),
    ])
    const long = await new Visitor().post('/sign-in', {
      email: 'a'.repeat(2000),
      password: PASSWORD,
    })
    expect([long.status, long.html]).toEqual([422, expect.stringContaining('This is too long.')])
  })

  it('marks the rules that a password fails, each once', async () => {
    const shown = await new Visitor().post('/sign-up', {
      full_name: 'Ada Lovelace',
      email: freshEmail(),
      password: 'abc',
    })
    const failed = [...shown.html.matchAll(/<li class="is-failed" data-rule="(\w+)"/g)].map(
      (m) => m[1],
    )
    expect(failed).toEqual([
      'password_too_short',
      'password_no_uppercase',
      'password_no_digit',
      'password_no_special',
    ])
    expect(shown.html).not.toContain('Use at least one number')
  })

  it('says that an address is taken at the address', async () => {
    const { email } = await makeUser()
    const shown = await new Visitor().post('/sign-up', {
      full_name: 'Ada',
      email,
      password: PASSWORD,
    })
    expect(shown.status).toBe(409)
    expect(shown.html).toContain(
      'id="f-email-error"><li>An account with this email address already exists.',
    )
  })

  it('answers wrong passwords alike, whether there is an account or not', async () => {
    const { email } = await makeUser()
    const body = async (address: string) => {
      const shown = await new Visitor().post('/sign-in', { email: address, password: 'wrong' })
      expect(shown.status).toBe(401)
      return shown.html.replaceAll(address, '').replaceAll(/nonce="[^"]*"/g, '')
    }
    expect(await body(email)).toBe(await body(freshEmail()))
  })

  it('offers a fresh link to who has not confirmed yet', async () => {
    const email = freshEmail()
    const visitor = new Visitor()
    await visitor.post('/sign-up', { full_name: 'Ada', email, password: PASSWORD })
    const shown = await signIn(visitor, { email, password: PASSWORD })
    expect(shown.status).toBe(401)
    expect(shown.html).toContain('href="/check-your-mail?other"')
  })

  it('says when to come back after too many tries, as the status does', async () => {
    const { email } = await makeUser()
    const visitor = new Visitor()
    const ip = freshIp()
    let shown
    for (let i = 0; i < 12; i++) {
      shown = await visitor.post(
        '/sign-in',
        { email, password: 'wrong' },
        { 'sec-fetch-site': 'same-origin', 'cf-connecting-ip': ip },
      )
    }
    expect(shown?.status).toBe(429)
    expect(Number(shown?.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(shown?.html).toMatch(/Too many attempts\. Please try again in \d+ (second|minute)s?\./)
    expect(shown?.html).toContain(`value="${email}"`)
  })
})

describe('what others wrote', () => {
  it('is text on every page, whatever it looks like', async () => {
    const { visitor } = await signedIn(NASTY)
    await visitor.post('/account', {
      full_name: NASTY,
      bio: `</textarea>${NASTY}`,
      avatar_url: '',
      language: 'en',
      theme: 'dark',
    })
    for (const path of [
      '/account',
      '/account/email',
      '/account/sessions',
      '/account/activity',
      '/welcome',
    ]) {
      const shown = await visitor.open(path, { 'user-agent': NASTY })
      expect([path, shown.status]).toEqual([path, 200])
      expect(shown.html).not.toContain('<script>alert')
    }
    const shown = await visitor.open('/account')
    expect(shown.html).toContain('data-theme="dark"')
    expect(shown.html).toContain('&lt;/textarea&gt;')
  })

  it('may name a picture, which no page loads: its host would learn who looks, and when', async () => {
    const { visitor } = await signedIn()
    const fields = { full_name: 'Ada', bio: '', language: 'en', theme: 'system' }
    await visitor.post('/account', { ...fields, avatar_url: 'https://images.example/ada.png?x=1' })
    const shown = await visitor.open('/account')
    expect(shown.headers.get('content-security-policy')).toContain("img-src 'self';")
    expect(shown.html).toContain('value="https://images.example/ada.png?x=1"')
    expect(shown.html).not.toMatch(/<img|(src|href)="https:\/\/images/)
    const refused = await visitor.post('/account', { ...fields, avatar_url: 'javascript:alert(1)' })
    expect(refused.status).toBe(422)
    expect(refused.html).toContain('Enter an address that starts with https://.')
  })

  it('adds no word to the policy, even where it was stored before such hosts were refused', async () => {
    const { visitor, email } = await signedIn()
    for (const url of ['https://x;form-action/a.png', 'https://*/a.png', 'https://x,y/a.png']) {
      await env.DB.prepare('UPDATE users SET avatar_url = ? WHERE email = ?').bind(url, email).run()
      const shown = await visitor.open('/account')
      expect(shown.status).toBe(200)
      expect(shown.headers.get('content-security-policy')).toContain("img-src 'self';")
    }
  })
})

describe('a message is said once', () => {
  it('on the next page, and cannot be made up', async () => {
    const { visitor } = await signedIn()
    const saved = { full_name: 'Ada', bio: '', avatar_url: '', language: 'en', theme: 'system' }
    await visitor.post('/account', saved)
    expect((await visitor.open('/account')).html).toContain('Your profile has been saved.')
    expect((await visitor.open('/account')).html).not.toContain('Your profile has been saved.')
    visitor.cookies.set(
      'gatehouse-flash',
      'note.eyJrIjoidGVzdDEiLCJhYm91dCI6InNpZ25lZF9vdXQifQ.AAAA',
    )
    expect((await visitor.open('/account')).html).not.toContain('class="flash"')
  })
})

describe('language', () => {
  const titleFor = async (accept: string, visitor = new Visitor()) =>
    part((await visitor.open('/sign-in', { 'accept-language': accept })).html, /<h1>([^<]*)/)

  it('is what the browser asks for, where there is a catalogue', async () => {
    expect(await titleFor('de-AT,de;q=0.9,en;q=0.5')).toBe('Anmelden')
    expect(await titleFor('eo,de;q=0.4,en;q=0.3')).toBe('Anmelden')
    expect(await titleFor('en;q=0.3,de;q=0.2')).toBe('Sign in')
    expect(await titleFor('eo')).toBe('Sign in')
    for (const tag of ['de-CH-1996', 'DE-at', 'de_DE', 'de-Latn-DE-u-co-phonebk', 'de;Q=0.8']) {
      expect(await titleFor(`eo,${tag},en;q=0.1`)).toBe('Anmelden')
    }
    expect(await titleFor('de;q=0')).toBe('Sign in')
    expect(await titleFor(';;;q=x,'.repeat(50))).toBe('Sign in')
  })

  it('is what was chosen by the switch, which comes back to the page', async () => {
    const visitor = new Visitor()
    const to = await visitor.post('/language', { language: 'de', next: '/sign-in?next=%2Faccount' })
    expect([to.status, to.to]).toEqual([303, '/sign-in?next=%2Faccount'])
    expect(await titleFor('en', visitor)).toBe('Anmelden')
    expect(
      (await visitor.post('/language', { language: 'de', next: 'https://evil.example' })).to,
    ).toBe('/')
  })

  it.each(['toString', '__proto__', 'constructor'])(
    'is no name of Object.prototype, such as %s',
    async (language) => {
      expect(await titleFor(language)).toBe('Sign in')
      const { visitor, email } = await signedIn()
      await visitor.post('/language', { language, next: '/' })
      expect(visitor.setCookies.join()).not.toContain(language)
      const row = env.DB.prepare('SELECT language FROM users WHERE email = ?').bind(email)
      expect(await row.first()).toEqual({ language: 'en' })
    },
  )

  // A column holds up to ten characters.
  it.each(['toString', '__proto__', 'valueOf'])(
    'is English where %s was stored as one, and saving the profile heals it',
    async (language) => {
      const { visitor, email } = await signedIn()
      const store = env.DB.prepare('UPDATE users SET language = ? WHERE email = ?')
      await store.bind(language, email).run()
      const shown = await visitor.open('/account')
      expect(shown.html).toContain('<h1>Profile</h1>')
      expect(shown.html).not.toContain(`value="${language}"`)
      await visitor.post('/forgot-password', { email })
      expect((await mailTo(email)).subject).toContain('password')
      const saved = { full_name: 'Ada', bio: '', avatar_url: '', language: 'de', theme: 'system' }
      expect((await visitor.post('/account', saved)).status).toBe(303)
    },
  )

  it('is kept with the account that was made in it, and the mails are in it', async () => {
    const email = freshEmail()
    const visitor = new Visitor()
    await visitor.post('/language', { language: 'de', next: '/' })
    await visitor.post('/sign-up', { full_name: 'Ada Lovelace', email, password: PASSWORD })
    const mail = await mailTo(email)
    expect(mail.subject).toBe('Bestätigen Sie Ihre E-Mail-Adresse für Gatehouse')
    const row = await env.DB.prepare('SELECT language FROM users WHERE email = ?')
      .bind(email)
      .first()
    expect(row).toEqual({ language: 'de' })
  })

  it('of the account wins over the browser, and the switch changes it', async () => {
    const { visitor } = await signedIn()
    const shown = () => visitor.open('/account', { 'accept-language': 'de' })
    expect((await shown()).html).toContain('<h1>Profile</h1>')
    await visitor.post('/language', { language: 'de', next: '/account' })
    expect((await shown()).html).toContain('<h1>Profil</h1>')
  })
})
