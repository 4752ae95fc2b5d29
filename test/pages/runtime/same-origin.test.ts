import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { pages } from '../../../src/pages/pages'
import { get } from '../../support/api'
import { mailTo, tokenIn } from '../../support/mailbox'
import { PASSWORD } from '../../support/users'
import { registerByApi } from '../../support/users-by-api'
import { signedIn, Visitor } from '../visitor'

/** An app's own pages post to these, which do no more than their GET (pages/oauth/). */
const posts = pages
  .filter((page) => page.post && !page.isOpenToSites)
  .map((page) => page.path.replaceAll(/:\w+/g, '1'))

it('two pages are open to forms of other sites', () => {
  const open = pages.filter((page) => page.isOpenToSites).map((page) => page.path)
  expect(open).toEqual(['/oauth/authorize', '/oauth/sign-out'])
})

const REFUSED: [string, Record<string, string>][] = [
  ['another site', { 'sec-fetch-site': 'cross-site' }],
  [
    'another site that names our origin',
    { 'sec-fetch-site': 'cross-site', origin: 'http://localhost:8787' },
  ],
  ['a sister host', { 'sec-fetch-site': 'same-site' }],
  ['nowhere, as bookmarks come', { 'sec-fetch-site': 'none' }],
  ['an older browser on another site', { origin: 'https://evil.example' }],
  ['an older browser on our host by another scheme', { origin: 'https://localhost:8787' }],
  ['an opaque origin', { origin: 'null' }],
  ['somebody who says nothing', {}],
  [
    'somebody who names us in the Host alone',
    { host: 'localhost:8787', referer: 'http://localhost:8787/' },
  ],
]

describe.each(posts)('a POST to %s', (path) => {
  it.each(REFUSED)('from %s is 403 and does nothing', async (_, headers) => {
    const shown = await new Visitor().post(path, {}, headers)
    expect(shown.status).toBe(403)
    expect(shown.html).toContain('submitted from another site')
  })

  it('from our own pages goes through', async () => {
    for (const headers of [
      { 'sec-fetch-site': 'same-origin' },
      { origin: 'http://localhost:8787' },
    ]) {
      const shown = await new Visitor().post(path, {}, headers as Record<string, string>)
      expect(shown.status).not.toBe(403)
    }
  })
})

it('the content type makes no difference', async () => {
  for (const type of ['text/plain', 'application/json', 'multipart/form-data; boundary=x']) {
    const headers = { 'sec-fetch-site': 'cross-site', 'content-type': type }
    expect((await new Visitor().post('/sign-in', {}, headers)).status).toBe(403)
  }
})

it('another site signs nobody out', async () => {
  const { visitor } = await signedIn()
  await visitor.post('/sign-out', {}, { 'sec-fetch-site': 'cross-site' })
  expect((await visitor.open('/account')).status).toBe(200)
})

it('Bearer routes ignore cookies, and pages ignore bearer tokens', async () => {
  const { visitor } = await signedIn()
  const cookie = [...visitor.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  expect((await get('/api/v1/users/profile', { headers: { cookie } })).status).toBe(401)
  const value = visitor.cookies.get('gatehouse') ?? ''
  expect((await get('/api/v1/users/profile', { token: value })).status).toBe(401)
  const shown = await new Visitor().open('/account', { authorization: `Bearer ${value}` })
  expect(shown.to).toBe('/sign-in')
})

describe('opening a mailed link changes nothing', () => {
  const userRow = (email: string) =>
    env.DB.prepare('SELECT * FROM users WHERE email = ?').bind(email).first()

  it.each(['/verify-email', '/decline-registration'])('%s', async (path) => {
    const person = await registerByApi()
    const token = tokenIn(await mailTo(person.email), path)
    const before = await userRow(person.email)
    for (let i = 0; i < 3; i++) {
      const shown = await new Visitor().open(`${path}?token=${token}`)
      expect(shown.status).toBe(200)
      expect(shown.html).toContain(`name="token" value="${token}"`)
    }
    expect(await userRow(person.email)).toEqual(before)
    const done = await new Visitor().post(path, { token })
    expect(done.status).toBe(303)
    expect(await userRow(person.email)).not.toEqual(before)
    const again = await new Visitor().post(path, { token })
    expect(again.status).toBe(400)
    expect(again.html).not.toContain(`value="${token}"`)
  })

  it('/reset-password', async () => {
    const { email } = await signedIn()
    await new Visitor().post('/forgot-password', { email })
    const token = tokenIn(await mailTo(email), '/reset-password')
    const before = await userRow(email)
    expect((await new Visitor().open(`/reset-password?token=${token}`)).status).toBe(200)
    expect(await userRow(email)).toEqual(before)
    const refused = await new Visitor().post('/reset-password', { token, new_password: 'short' })
    expect(refused.status).toBe(422)
    expect(refused.html).toContain(`name="token" value="${token}"`)
    const done = await new Visitor().post('/reset-password', {
      token,
      new_password: `New-${PASSWORD}`,
    })
    expect(done.status).toBe(303)
    expect(await userRow(email)).not.toEqual(before)
  })
})
