/** What is sent to a page does not come back many times as large: one quote takes five or six characters. */
import { describe, expect, it } from 'vitest'
import { freshEmail, staff } from '../support/users'
import { signedIn, signIn, Visitor } from './visitor'

/** As a body three bytes each. */
const flood = "'".repeat(20_000)
const SENT = 60_000

const OPEN: [string, string][] = [
  ['/sign-up', 'full_name'],
  ['/sign-up', 'email'],
  ['/sign-in', 'email'],
  ['/check-your-mail', 'email'],
  ['/forgot-password', 'email'],
  ['/reset-password', 'token'],
  ['/accept-invitation', 'full_name'],
  ['/verify-email', 'token'],
  ['/confirm-email-change', 'token'],
]

describe('a refused form', () => {
  it.each(OPEN)('of %s comes back no larger than it was sent: %s', async (path, name) => {
    const shown = await new Visitor().post(path, { [name]: flood })
    expect(shown.status).toBeGreaterThanOrEqual(400)
    expect(shown.html.length).toBeLessThan(SENT / 2)
  })

  it('of an account or of the console comes back no larger either', async () => {
    const { visitor } = await signedIn()
    for (const name of ['full_name', 'bio', 'avatar_url']) {
      const shown = await visitor.post('/account', { [name]: flood })
      expect([name, shown.status]).toEqual([name, 422])
      expect(shown.html.length).toBeLessThan(SENT)
    }
    const root = new Visitor()
    await signIn(root, await staff('admin'))
    for (const name of ['full_name', 'email']) {
      const shown = await root.post('/admin/users/new', { [name]: flood })
      expect([name, shown.status]).toEqual([name, 422])
      expect(shown.html.length).toBeLessThan(SENT / 2)
    }
  })

  it('still holds a text that is too long, to be shortened', async () => {
    const { visitor } = await signedIn()
    const bio = `${'long '.repeat(500)}end`
    const fields = { full_name: 'Ada', avatar_url: '', language: 'en', theme: 'system' }
    const shown = await visitor.post('/account', { ...fields, bio })
    expect([shown.status, shown.html]).toEqual([422, expect.stringContaining(`>${bio}</textarea>`)])
  })
})

describe('the address of a page', () => {
  const query = "'".repeat(15_000)

  it.each(['/sign-in?next=/', '/sign-in?x=', '/forgot-password?email=', '/verify-email?token='])(
    'does not make it large: %s',
    async (path) => {
      const shown = await new Visitor().open(path + query)
      expect(shown.status).toBe(200)
      expect(shown.html.length).toBeLessThan(query.length)
    },
  )

  it('is where the language switch comes back to, unless it is too long for that', async () => {
    const next = async (path: string) =>
      /name="next" value="([^"]*)"/.exec((await new Visitor().open(path)).html)?.[1]
    const email = freshEmail()
    expect(await next(`/forgot-password?email=${email}`)).toBe(`/forgot-password?email=${email}`)
    expect(await next(`/forgot-password?email=${query}`)).toBe('/forgot-password')
  })
})
