/** A form belongs to the user it was shown to: sent after another user signed in, it changes nothing. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { pages } from '../../../src/pages/pages'
import { rowsOf } from '../../db/rows'
import { pass, STEP_UP_MS, stopClock } from '../../support/clock'
import { mailTo, tokenIn } from '../../support/mailbox'
import { challengeOf, userWithSecondFactor } from '../../support/second-factor'
import { codeAt } from '../../support/totp'
import { freshEmail } from '../../support/users'
import { visitor as staffVisitor, type Visit } from '../admin/site'
import { signedIn, signIn, Visitor } from '../visitor'

stopClock()

const FORMS = /<form\b[^>]*\bmethod="post"[^>]*>.*?<\/form>/gs
const markIn = (html: string) => /name="form_of" value="([\w-]+)"/.exec(html)?.[1] ?? ''

/** The hidden fields of the first form that posts to a path, or to the page itself. */
function hiddenFields(html: string, action?: string): Record<string, string> {
  const form = (html.match(FORMS) ?? []).find((each) =>
    action === undefined ? /<form method="post" class="form"/.test(each) : each.includes(action),
  )
  const inputs = form?.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g) ?? []
  return Object.fromEntries([...inputs].map(([, name = '', value = '']) => [name, value]))
}

describe('every page', () => {
  let admin: Visit
  let target: number
  beforeAll(async () => {
    admin = await staffVisitor('admin')
    target = (await signedInId('Target Person')) ?? 0
  })
  const paths = pages
    .filter(({ access }) => access !== 'anyone')
    .map(({ path }) => path.replace(':id', '{id}').replaceAll(/:\w+/g, 'user'))

  it.each(paths)('marks its forms with the user they are shown to: %s', async (path) => {
    const reply = await admin.open(path.replace('{id}', String(target)))
    if (reply.status !== 200 || !reply.headers.get('content-type')?.includes('html')) return
    const forms = reply.body.match(FORMS) ?? []
    expect(forms.length).toBeGreaterThan(0)
    const mark = markIn(reply.body)
    expect(mark).toMatch(/^[\w-]{22}$/)
    for (const form of forms) expect(form).toContain(mark)
    for (const form of forms.filter((each) => each.includes('type="password"'))) {
      expect(form).toContain('autocomplete="username"')
    }
  })
})

const signedInId = async (name: string) => {
  const { email } = await signedIn(name)
  const [row] = await rowsOf('SELECT id FROM users WHERE email = ?', email)
  return Number(row?.['id'])
}

/** Alice's page is open, and Bob has signed in with the same browser since. */
async function shared(path: string) {
  const alice = await signedIn('Alice First')
  const shown = await alice.visitor.open(path)
  const bob = await signedIn('Bob Second')
  await alice.visitor.post('/sign-out')
  await signIn(alice.visitor, bob)
  const row = () => env.DB.prepare('SELECT * FROM users WHERE email = ?').bind(bob.email).first()
  return { browser: alice.visitor, alice, bob, shown, row }
}

describe("a form of Alice's that is sent after Bob signed in", () => {
  const profile = { full_name: 'Alice Changed', bio: 'I am Alice', language: 'en', theme: 'dark' }

  it('changes nothing of Bob’s, and says why', async () => {
    const { browser, shown, row } = await shared('/account')
    const before = await row()
    const fields = { ...profile, ...hiddenFields(shown.html) }
    expect(fields).toHaveProperty('form_of')
    const refused = await browser.post('/account', fields)
    expect(refused.status).toBe(403)
    expect(refused.html).toContain('You’re now signed in as a different user')
    expect(refused.html).toContain('href="/"')
    expect(await row()).toEqual(before)
    expect((await browser.open('/account')).html).toContain('Bob Second')
  })

  const posts = pages.filter(
    ({ post, access }) => post && access !== 'anyone' && access !== 'visitor',
  )
  it('is refused by every page that acts for a user', async () => {
    const { browser, shown } = await shared('/account')
    const form_of = markIn(shown.html)
    for (const { path } of posts) {
      const refused = await browser.post(path.replaceAll(/:\w+/g, '1'), { form_of })
      // The console refuses Bob first, who is no admin.
      expect([path, refused.status]).toEqual([path, 403])
      if (!path.startsWith('/admin')) {
        expect(refused.html).toContain('You’re now signed in as a different user')
      }
    }
  })

  it('does not sign Bob out, and its language switch leaves Bob’s account alone', async () => {
    const { browser, shown, row } = await shared('/account')
    const form_of = markIn(shown.html)
    expect((await browser.post('/sign-out', { form_of })).status).toBe(403)
    expect((await browser.open('/account')).status).toBe(200)
    const switched = await browser.post('/language', { form_of, language: 'de', next: '/account' })
    expect(switched.to).toBe('/account')
    expect(await row()).toMatchObject({ language: 'en' })
    const own = markIn((await browser.open('/account')).html)
    await browser.post('/language', { form_of: own, language: 'de', next: '/account' })
    expect(await row()).toMatchObject({ language: 'de' })
  })

  it('opened before anybody signed in leaves Bob’s account alone too', async () => {
    const browser = new Visitor()
    const form_of = markIn((await browser.open('/sign-in')).html)
    expect(form_of).toBe('nobody')
    const bob = await signedIn('Bob Second')
    await signIn(browser, bob)
    await browser.post('/language', { form_of, language: 'de', next: '/' })
    const [row] = await rowsOf('SELECT language FROM users WHERE email = ?', bob.email)
    expect(row).toEqual({ language: 'en' })
  })

  it('of the import, by script or without one, imports nothing', async () => {
    const [alice, bob] = [await staffVisitor('admin'), await staffVisitor('admin')]
    const { body: html } = await alice.open('/admin/import')
    const action = /action="(\/admin\/import\?form_of=[\w-]+)"/.exec(html)?.[1] ?? ''
    expect(action).not.toBe('')
    const send = (who: Visit) =>
      who.submit(
        action,
        {},
        { 'sec-fetch-site': 'same-origin', 'content-type': 'application/x-ndjson' },
      )
    expect((await send(bob)).status).toBe(403)
    // Her own empty chunk is refused for being empty.
    expect((await send(alice)).status).toBe(422)
  })

  it('is taken again once she has signed in again herself', async () => {
    const { browser, alice, shown } = await shared('/account')
    await signIn(browser, alice)
    const saved = await browser.post('/account', { ...profile, ...hiddenFields(shown.html) })
    expect(saved.to).toBe('/account')
    const [row] = await rowsOf('SELECT full_name FROM users WHERE email = ?', alice.email)
    expect(row).toEqual({ full_name: 'Alice Changed' })
  })

  it('spends none of Bob’s tries at the second step of a sign-in', async () => {
    const [ada, bob] = [await userWithSecondFactor(), await userWithSecondFactor()]
    const browser = new Visitor()
    await signIn(browser, ada)
    const { html } = await browser.open('/sign-in/second-factor')
    await signIn(browser, bob)
    const fields = hiddenFields(html, 'action="/sign-in/second-factor"')
    expect(fields).toHaveProperty('challenge')
    const code = await codeAt(ada.secret)
    const refused = await browser.post('/sign-in/second-factor', { ...fields, code })
    expect(refused.to).toBe('/sign-in')
    const events = await rowsOf("SELECT 1 FROM audit_log WHERE event LIKE '%wrong%'")
    expect(events).toEqual([])
    expect(await challengeOf(bob)).toBeTruthy()
  })
})

describe('password managers find the account', () => {
  const username = (html: string) =>
    /<input type="text" class="hidden" autocomplete="username" value="([^"]*)"/.exec(html)?.[1]

  it('on the forms of a reset and of an invitation, whose tokens are not spent by looking', async () => {
    const { email } = await signedIn()
    await new Visitor().post('/forgot-password', { email })
    const token = tokenIn(await mailTo(email), '/reset-password')
    for (let n = 0; n < 2; n++) {
      const { html } = await new Visitor().open(`/reset-password?token=${token}`)
      expect(username(html)).toBe(email)
    }
    const other = await new Visitor().open(`/reset-password?token=${'x'.repeat(43)}`)
    expect([other.status, username(other.html)]).toEqual([200, undefined])
    const refused = await new Visitor().post('/reset-password', { token, new_password: 'short' })
    expect(username(refused.html)).toBe(email)

    const invited = freshEmail()
    const admin = await staffVisitor('admin')
    await admin.submit('/admin/users/new', { email: invited, full_name: 'Grace', roles: [] })
    const invitation = tokenIn(await mailTo(invited), '/accept-invitation')
    const page = await new Visitor().open(`/accept-invitation?token=${invitation}`)
    expect(username(page.html)).toBe(invited)
    // A token of another purpose names nobody.
    const swapped = await new Visitor().open(`/accept-invitation?token=${token}`)
    expect(username(swapped.html)).toBeUndefined()
  })

  it('on the forms that change a password or ask for it', async () => {
    const { visitor, email } = await signedIn()
    // After a recent sign-in they ask for no password.
    pass(STEP_UP_MS)
    for (const path of [
      '/account/password',
      '/change-password',
      '/account/email',
      '/account/two-factor',
      '/account/privacy/delete',
    ]) {
      expect(username((await visitor.open(path)).html)).toBe(email)
    }
  })
})
