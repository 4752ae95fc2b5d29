import { describe, expect, it } from 'vitest'
import { call } from '../../support/api'
import { makeUser } from '../../support/users'
import { postSignIn } from '../../support/users-by-api'
import { fetchWith } from '../../support/worker'
import { signedIn, signedUp, signIn, Visitor } from '../visitor'

const sessionCookie = ({ setCookies }: Visitor) =>
  setCookies.find((line) => line.startsWith('gatehouse=')) ?? ''

describe('the session cookie', () => {
  it('ends with the browser, or lives as long as a remembered session', async () => {
    const person = await signedUp()
    await signIn(person.visitor, person)
    expect(sessionCookie(person.visitor)).toMatch(
      /^gatehouse=page\.[\w.-]+; Path=\/; HttpOnly; SameSite=Lax$/,
    )
    const other = new Visitor()
    await signIn(other, person, { remember_me: 'true' })
    expect(sessionCookie(other)).toContain(`Max-Age=${30 * 86_400};`)
  })

  it('is of this host alone and Secure over https', async () => {
    const { email, password } = await makeUser()
    const reply = await fetchWith(
      { PUBLIC_URL: 'https://id.example', PASSWORD_HASH_ROUNDS: '6' },
      '/sign-in',
      {
        method: 'POST',
        headers: { 'sec-fetch-site': 'same-origin' },
        body: new URLSearchParams({ email, password }),
      },
    )
    expect(reply.status).toBe(303)
    const cookie = reply.headers.getSetCookie().find((line) => line.startsWith('__Host-gatehouse='))
    expect(cookie).toMatch(/; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
  })

  it('of another sort, forged or cut opens nothing', async () => {
    const person = await makeUser()
    const api = await postSignIn(person, { remember_me: true })
    const { visitor } = await signedIn()
    const good = visitor.cookies.get('gatehouse') ?? ''
    const [kind, payload, mac] = good.split('.')
    const bad = [
      api.body.refresh_token,
      api.body.access_token,
      `${kind}.${payload}.${'A'.repeat(43)}`,
      `${kind}.${payload}`,
      `${kind}.${payload?.slice(0, -2)}.${mac}`,
      'x'.repeat(3000),
    ]
    for (const value of bad) {
      const thief = new Visitor()
      thief.cookies.set('gatehouse', value)
      const shown = await thief.open('/account')
      expect([shown.status, shown.to]).toEqual([303, '/sign-in'])
      expect(thief.cookies.has('gatehouse')).toBe(false)
    }
    visitor.cookies.set('gatehouse', good)
    expect((await visitor.open('/account')).status).toBe(200)
  })
})

describe('at the next click', () => {
  it('a session that was revoked elsewhere lands on sign-in, and comes back from there', async () => {
    const person = await signedIn()
    const { visitor } = person
    const api = await postSignIn(person)
    const token = api.body.access_token
    expect((await call('DELETE', '/api/v1/users/sessions', undefined, { token })).status).toBe(204)
    const shown = await visitor.open('/account/activity?x=1')
    expect([shown.status, shown.to]).toEqual([303, '/sign-in?next=%2Faccount%2Factivity%3Fx%3D1'])
    expect((await visitor.open(shown.to ?? '')).html).toContain('Please sign in to continue.')
    const back = await visitor.post(shown.to ?? '', {
      email: person.email,
      password: person.password,
    })
    expect(decodeURIComponent(back.to ?? '')).toContain('/account/activity?x=1')
  })

  it('a form of a revoked session changes nothing', async () => {
    const person = await signedIn('Grace Hopper')
    const token = (await postSignIn(person)).body.access_token
    await call('DELETE', '/api/v1/users/sessions', undefined, { token })
    const shown = await person.visitor.post('/account', {
      full_name: 'Eve',
      language: 'en',
      theme: 'dark',
    })
    expect(shown.to).toBe('/sign-in')
    const { body } = await call('GET', '/api/v1/users/profile', undefined, { token })
    expect(body.full_name).toBe('Grace Hopper')
  })

  it('who signed out is signed out, whatever the browser still holds', async () => {
    const { visitor } = await signedIn()
    const cookie = visitor.cookies.get('gatehouse') ?? ''
    expect((await visitor.post('/sign-out')).to).toBe('/sign-in')
    visitor.cookies.set('gatehouse', cookie)
    expect((await visitor.open('/account')).to).toBe('/sign-in')
  })
})

describe('signing in', () => {
  it('by another account in the same browser revokes the session before', async () => {
    const ada = await signedIn()
    const before = ada.visitor.cookies.get('gatehouse') ?? ''
    const bob = await makeUser()
    await signIn(ada.visitor, bob)
    expect((await ada.visitor.open('/account')).html).toContain(bob.email)
    const old = new Visitor()
    old.cookies.set('gatehouse', before)
    expect((await old.open('/account')).to).toBe('/sign-in')
  })

  it('for the first time leads to the welcome, which can be skipped, and later straight on', async () => {
    const person = await signedUp()
    expect((await signIn(person.visitor, person)).to).toBe('/welcome')
    const welcome = await person.visitor.open('/welcome')
    expect(welcome.html).toContain('<a href="/account">Skip for now</a>')
    const saved = await person.visitor.post('/welcome', {
      bio: 'Engines',
      avatar_url: '',
      language: 'en',
    })
    expect(saved.to).toBe('/account')
    expect((await signIn(new Visitor(), person)).to).toBe('/account')
  })

  const NEXT: [string, string][] = [
    ['/account/sessions', '/account/sessions'],
    ['/account/activity?cursor=x', '/account/activity?cursor=x'],
    ['https://evil.example/', '/account'],
    ['//evil.example', '/account'],
    ['/\\evil.example', '/account'],
    ['\\\\evil.example', '/account'],
    ['/x/..//evil.example', '/account'],
    ['/./%2e%2e//evil.example', '/account'],
    ['javascript:alert(1)', '/account'],
    ['/\t/evil.example', '/account'],
    [' /account/email', '/account'],
    ['', '/account'],
    ['account', '/account'],
  ]
  it.each(NEXT)('with next=%s leads to %s', async (next, to) => {
    const person = await signedIn()
    await person.visitor.post('/account', {
      full_name: 'Ada',
      language: 'en',
      theme: 'system',
      bio: 'x',
    })
    const query = `?next=${encodeURIComponent(next)}`
    const shown = await signIn(new Visitor(), person, {}, query)
    expect([shown.status, shown.to]).toEqual([303, to])
    expect((await person.visitor.open(`/sign-in${query}`)).to).toBe(to)
  })
})
