/** The whole life of a user, in a browser, with a script that helps and without any script at all. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BrowserContextOptions } from 'playwright-core'
import { pathOf, visit } from './support/browser.ts'
import { newPerson, signIn } from './support/people.ts'
import { mailedPath } from './support/site.ts'

const NEW_PASSWORD = 'Another-Stallion-8'

const WAYS: [string, BrowserContextOptions][] = [
  ['with scripts', {}],
  ['without JavaScript', { javaScriptEnabled: false }],
  ['in the dark on a small phone', { colorScheme: 'dark', viewport: { width: 320, height: 640 } }],
]

for (const [way, options] of WAYS) {
  void test(`sign up, confirm, welcome, sign out, forget, reset, change, sessions, leave: ${way}`, async () => {
    const { page, context, faults } = await visit(options)
    const person = newPerson()
    const button = (name: string) => page.getByRole('button', { name }).click()
    const field = (label: string, text: string) =>
      page.getByLabel(label, { exact: true }).fill(text)
    const says = (text: string) => page.getByText(text).waitFor()

    await page.goto('/')
    // A fresh service first wants its administrator.
    await page.goto('/sign-in')
    await page.getByRole('link', { name: 'Create an account' }).click()
    await field('Full name', person.name)
    await field('Email address', person.email)
    await field('Password', 'abc')
    await button('Create account')
    await says('Please check the fields marked below.')
    assert.equal(await page.getByLabel('Full name').inputValue(), person.name)
    assert.equal(await page.getByLabel('Password', { exact: true }).inputValue(), '')
    await field('Password', person.password)
    await button('Create account')
    await says(`We have sent a link to ${person.email}`)
    await button('Send it again')
    await says('If the address fits, a mail is on its way.')

    await page.goto(await mailedPath(person.email, '/verify-email'))
    await button('Confirm my email address')
    await says('Your email address is confirmed.')

    await signIn(page, person)
    await says('Introduce yourself')
    await page.getByLabel('About you').fill('I write programs for engines.')
    await button('Save and go on')
    await says('Your profile is saved.')
    assert.equal(await page.getByLabel('About you').inputValue(), 'I write programs for engines.')
    await button('Sign out')
    await says('You are signed out.')

    await page.getByRole('link', { name: 'Forgot your password?' }).click()
    await field('Email address', person.email)
    await button('Mail me a link')
    await says('If there is an account with this address')
    await page.goto(await mailedPath(person.email, '/reset-password'))
    await field('New password', NEW_PASSWORD)
    await button('Set new password')
    await says('Your password is changed.')

    await signIn(page, person, NEW_PASSWORD)
    assert.equal(pathOf(page), '/account')
    await page.getByRole('link', { name: 'Email address' }).click()
    const next = { ...person, email: `new-${person.email}` }
    await field('New email address', next.email)
    await field('Current password', NEW_PASSWORD)
    await button('Change address')
    await says('A mail is on its way to the new address.')
    await page.goto(await mailedPath(next.email, '/confirm-email-change'))
    await button('Use this address')
    await says('Your email address is changed.')
    await says(next.email)

    const other = await visit(options)
    await signIn(other.page, next, NEW_PASSWORD)
    await page.goto('/account/sessions')
    await page
      .getByRole('button', { name: /^End the session on/ })
      .first()
      .click()
    await says('The session has ended.')
    await other.page.goto('/account')
    assert.equal(pathOf(other.page), '/sign-in')

    await page.goto('/account/activity')
    await says('Email address changed')
    await page.goto('/account/privacy')
    const download = page.waitForEvent('download')
    await button('Download my data')
    assert.equal((await download).suggestedFilename(), 'account.json')

    await page.getByRole('link', { name: 'Delete account' }).click()
    await field('Current password', NEW_PASSWORD)
    await page.getByLabel('Yes, delete my account for ever').check()
    await button('Delete my account')
    await says('Your account has been deleted.')
    await signIn(page, next, NEW_PASSWORD)
    await says('The email address or the password is not right.')

    assert.deepEqual([...faults, ...other.faults], [])
    await context.close()
    await other.context.close()
  })
}
