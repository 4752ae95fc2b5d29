/** What password managers look for: the page that changes the password, and whose password a form takes. */
import { describe, expect, test } from 'vitest'
import { pages } from '../../../src/pages/pages'
import { get } from '../../support/api'
import { resetToken } from '../../support/credentials'
import { mailTo, tokenIn } from '../../support/mailbox'
import { freshEmail, makeUser, staff } from '../../support/users'
import { signedIn, Visitor } from '../visitor'

describe('the change-password URL', () => {
  test('leads to the page that changes the password', async () => {
    const { visitor } = await signedIn()
    const shown = await visitor.open('/.well-known/change-password')
    expect([shown.status, shown.to]).toEqual([303, '/account/password'])
    expect((await visitor.follow(shown)).html).toContain('autocomplete="new-password"')
    // Strangers sign in first, and come back to it.
    const stranger = new Visitor()
    expect((await stranger.open('/account/password')).to).toBe(
      '/sign-in?next=%2Faccount%2Fpassword',
    )
  })

  test('can be believed: what does not exist is 404', async () => {
    const none = '/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200'
    expect((await get(none)).status).toBe(404)
    expect((await new Visitor().open(none)).status).toBe(404)
  })
})

describe('a form with a password', () => {
  /** The forms of a page that have a password, without their buttons. */
  const withPassword = (html: string): string[] =>
    [...html.matchAll(/<form\b[\s\S]*?<\/form>/g)]
      .map(([form]) => form)
      .filter((form) => /autocomplete="(current|new)-password"/.test(form))

  test('names its user, on every page of visitors who are not signed in', async () => {
    const { email } = await makeUser()
    const reset = await resetToken(email)
    const [address, root] = [freshEmail(), await staff('admin')]
    await root.asks('POST', '/admin/users', { email: address, full_name: 'Ada Lovelace' })
    const invitation = tokenIn(await mailTo(address), '/accept-invitation')
    const tokens: Record<string, string> = {
      '/reset-password': reset,
      '/accept-invitation': invitation,
    }
    const seen: string[] = []
    for (const { path, access } of pages) {
      if (access !== 'anyone' && access !== 'visitor') continue
      const { html } = await new Visitor().open(`${path}?token=${tokens[path] ?? 'x'}`)
      for (const form of withPassword(html)) {
        expect(form, path).toMatch(/autocomplete="username( webauthn)?"/)
        seen.push(path)
      }
    }
    expect(seen).toEqual(
      expect.arrayContaining(['/sign-up', '/sign-in', '/reset-password', '/accept-invitation']),
    )
  })
})
