/** The whole life of a user: with a pointer, by keyboard alone, without any script, in the dark on a phone. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BrowserContextOptions } from 'playwright-core'
import { pathOf, visit } from './support/browser.ts'
import { keyboard, pointer } from './support/hands.ts'
import { newPerson, signIn } from './support/people.ts'
import { mailedPath } from './support/site.ts'

const NEW_PASSWORD = 'Another-Stallion-8'

const WAYS: [string, BrowserContextOptions, typeof pointer][] = [
  ['with scripts', {}, pointer],
  ['by keyboard alone', {}, keyboard],
  ['without JavaScript', { javaScriptEnabled: false }, pointer],
  [
    'in the dark on a small phone',
    { colorScheme: 'dark', viewport: { width: 320, height: 640 } },
    pointer,
  ],
]

for (const [way, options, handsOn] of WAYS) {
  void test(`sign up, confirm, welcome, sign out, forget, reset, change, sessions, leave: ${way}`, async () => {
    const { page, context, faults } = await visit(options)
    const person = newPerson()
    const { type, press, check, choose } = handsOn(page)
    const says = (text: string) => page.getByText(text).first().waitFor()
    const signInBy = async (email: string, password: string) => {
      await type('Email address', email)
      await type('Password', password)
      await press('Sign in')
    }

    await page.goto('/sign-in')
    await press('Create an account')
    await says('Already have an account?')
    await type('Full name', person.name)
    await type('Email address', person.email)
    await type('Password', 'abc')
    await press('Create account')
    await says('Please check the highlighted fields.')
    assert.equal(await page.getByLabel('Full name').inputValue(), person.name)
    assert.equal(await page.getByLabel('Password', { exact: true }).inputValue(), '')
    await type('Password', person.password)
    await press('Create account')
    await says(`We’ve sent a link to ${person.email}`)
    await press('Send again')
    await says('If this address still needs to be confirmed, we’ve sent it a new link.')

    await page.goto(await mailedPath(person.email, '/verify-email'))
    await press('Confirm my email address')
    // The password was typed in this browser.
    await says('Tell us a little about yourself')
    await type('About you', 'I write programs for engines.')
    await press('Save and continue')
    await says('Your profile has been saved.')
    assert.equal(await page.getByLabel('About you').inputValue(), 'I write programs for engines.')
    await choose('Appearance', 'Dark')
    await press('Save changes')
    await says('Your profile has been saved.')
    assert.equal(await page.locator('html').getAttribute('data-theme'), 'dark')
    await press('Sign out')
    await says('You’ve been signed out.')

    await press('Forgot your password?')
    await says('Enter your email address and')
    await type('Email address', person.email)
    await press('Send link')
    await says('If an account with this address exists')
    await page.goto(await mailedPath(person.email, '/reset-password'))
    await type('New password', NEW_PASSWORD)
    await press('Set new password')
    await says('Your password has been changed, and you’re signed in.')
    await says('Member since')
    await press('Sign out')
    await says('You’ve been signed out.')

    await type('Email address', person.email)
    await type('Password', NEW_PASSWORD)
    await check('Keep me signed in on this device')
    await press('Sign in')
    await says('Member since')
    assert.equal(pathOf(page), '/account')
    await press('Email address')
    await says('We’ll send a confirmation link to the new address.')
    const next = { ...person, email: `new-${person.email}` }
    await type('New email address', next.email)
    await press('Change email address')
    await says('We’ve sent a link to your new email address.')
    await page.goto(await mailedPath(next.email, '/confirm-email-change'))
    await press('Use this address')
    await says('Your email address has been changed.')
    await says(next.email)

    const other = await visit(options)
    await signIn(other.page, next, NEW_PASSWORD)
    await page.goto('/account/sessions')
    await press(/^End the session on/)
    await says('The session has ended.')
    await other.page.goto('/account')
    assert.equal(pathOf(other.page), '/sign-in')

    await press('Activity')
    await says('Email address changed')
    await press('Your data')
    await says('Export your data')
    const download = page.waitForEvent('download')
    await press('Download my data')
    assert.equal((await download).suggestedFilename(), 'account.json')

    await press('Delete account')
    await says('This can’t be undone.')
    await check('Yes, permanently delete my account')
    await press('Delete my account')
    await says('Your account has been deleted.')
    await signInBy(next.email, NEW_PASSWORD)
    await says('Incorrect email address or password.')

    assert.deepEqual([...faults, ...other.faults], [])
    await context.close()
    await other.context.close()
  })
}
