/** The page that the mail to a wanted address leads to, for the account's user and for strangers to it. */
import { describe, expect, it } from 'vitest'
import { rowsOf } from '../../db/rows'
import { stopClock } from '../../support/clock'
import { changeToken, profileOf, WRONG_PASSWORD } from '../../support/credentials'
import { freshEmail, PASSWORD, signedInUser, type SignedInUser } from '../../support/users'
import { Visitor } from '../visitor'

stopClock()

const PATH = '/confirm-email-change'
const masked = ({ email }: { email: string }) => {
  const [local = '', domain = ''] = email.split('@')
  return `${local[0]}•••@${domain[0]}••.com`
}
const linkOf = async (who: SignedInUser, address = freshEmail()) => {
  const token = await changeToken(who, address)
  return { address, token, href: `${PATH}?token=${token}` }
}
async function browserOf({ email, password }: SignedInUser): Promise<Visitor> {
  const visitor = new Visitor()
  expect((await visitor.post('/sign-in', { email, password })).status).toBe(303)
  return visitor
}
const isPasswordAsked = (html: string) => html.includes('autocomplete="current-password"')

describe('in a session of the account', () => {
  it('one button confirms, and the account is named masked', async () => {
    const ada = await signedInUser()
    const { address, token, href } = await linkOf(ada)
    const browser = await browserOf(ada)
    const { status, html } = await browser.open(href)
    expect([status, isPasswordAsked(html)]).toEqual([200, false])
    expect(html).toContain(masked(ada))
    expect(html).not.toContain('This isn’t my account')
    expect((await browser.post(PATH, { token })).to).toBe('/sign-in')
    expect((await profileOf(ada)).email).toBe(address)
  })
})

describe('elsewhere', () => {
  it('the password is asked for, beside the masked account; opening changes nothing', async () => {
    const [ada, eve] = [await signedInUser(), await signedInUser()]
    const { href } = await linkOf(ada)
    for (const browser of [new Visitor(), await browserOf(eve)]) {
      const { status, html } = await browser.open(href)
      expect([status, isPasswordAsked(html)]).toEqual([200, true])
      expect(html).toContain(`value="${masked(ada)}" autocomplete="username"`)
      expect(html).toContain('This isn’t my account')
      expect(html).not.toContain(ada.email)
    }
    expect((await profileOf(ada)).email).toBe(ada.email)
  })

  it('a wrong or missing password is named in the form, which can be sent again', async () => {
    const ada = await signedInUser()
    const { address, token } = await linkOf(ada)
    const visitor = new Visitor()
    const missing = await visitor.post(PATH, { token, password: '' })
    expect([missing.status, missing.html.includes('This field is required.')]).toEqual([422, true])
    const wrong = await visitor.post(PATH, { token, password: WRONG_PASSWORD })
    expect([wrong.status, wrong.html.includes('id="f-password-error"')]).toEqual([400, true])
    expect(wrong.html).toContain(`name="token" value="${token}"`)
    expect(wrong.html).not.toContain(WRONG_PASSWORD)
    expect((await visitor.post(PATH, { token, password: PASSWORD })).to).toBe('/sign-in')
    expect((await profileOf(ada)).email).toBe(address)
  })

  it('whoever does not know the account declines, without signing in', async () => {
    const ada = await signedInUser()
    const { token, href } = await linkOf(ada)
    const stranger = new Visitor()
    const { html } = await stranger.open(href)
    expect(html).toContain('action="/decline-email-change"')
    const declined = await stranger.post('/decline-email-change', { token })
    expect(declined.to).toBe('/sign-in')
    const { html: after } = await stranger.follow(declined)
    expect(after).toContain('The account keeps its current address.')
    expect(await rowsOf('SELECT 1 FROM one_time_tokens WHERE user_id = ?', ada.id)).toEqual([])
    expect((await stranger.open(href)).html).toContain('expired or has already been used')
    const again = await stranger.post('/decline-email-change', { token })
    expect([again.status, again.html.includes('You don’t need to do anything else')]).toEqual([
      400,
      true,
    ])
  })
})
