/** Without a mouse: Tab, Enter and Space alone, with the focus in sight all the way. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { pathOf, visit } from './support/browser.ts'
import { newPerson } from './support/people.ts'
import { mailedPath } from './support/site.ts'

const FOCUSED = `(() => {
  const at = document.activeElement
  const style = getComputedStyle(at)
  const box = at.getBoundingClientRect()
  return {
    name: at.labels?.[0]?.innerText ?? at.getAttribute('aria-label') ?? at.innerText ?? '',
    isBody: at === document.body,
    isSeen: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 && box.width > 0,
  }
})()`

interface Focused {
  name: string
  isBody: boolean
  isSeen: boolean
}

const focused = (page: Page): Promise<Focused> => page.evaluate(FOCUSED)

/** Tabs to what has a name, every stop on the way being visible. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let stops = 0; stops < 40; stops++) {
    const at = await focused(page)
    if (at.name.trim().startsWith(name)) return
    await page.keyboard.press('Tab')
    const now = await focused(page)
    if (!now.isBody) assert.ok(now.isSeen, `the focus on "${now.name}" is not to be seen`)
  }
  throw new Error(`Tab never came to ${name} on ${page.url()}`)
}

void test('sign up, confirm, sign in, change the profile, end the session', async () => {
  const { page, context, faults } = await visit()
  const person = newPerson()
  const type = async (label: string, text: string) => {
    await tabTo(page, label)
    await page.keyboard.press('Control+A')
    await page.keyboard.type(text)
  }
  const press = async (name: string, key = 'Enter') => {
    await tabTo(page, name)
    const gone = page.waitForEvent('framenavigated')
    await page.keyboard.press(key)
    await gone
    await page.waitForLoadState()
  }

  await page.goto('/sign-up')
  assert.equal((await focused(page)).name, 'Full name')
  await type('Full name', person.name)
  await type('Email address', person.email)
  await type('Password', person.password)
  await press('Create account')
  assert.equal(pathOf(page), '/check-your-mail')

  await page.goto(await mailedPath(person.email, '/verify-email'))
  await press('Confirm my email address', 'Space')
  assert.equal(pathOf(page), '/sign-in')
  assert.equal((await focused(page)).name, 'Email address')

  await type('Email address', person.email)
  await type('Password', person.password)
  await tabTo(page, 'Keep me signed in')
  await page.keyboard.press('Space')
  await page.keyboard.press('Enter')
  await page.waitForURL('**/welcome')
  await press('Skip for now')

  await page.keyboard.press('Tab')
  assert.equal((await focused(page)).name, 'Skip to content')
  await page.keyboard.press('Enter')
  await type('Full name', 'Grace Hopper')
  await tabTo(page, 'Appearance')
  await page.keyboard.press('End')
  await press('Save changes')
  await page.getByText('Your profile is saved.').waitFor()
  assert.equal(await page.evaluate('document.documentElement.dataset.theme'), 'dark')
  await press('Sign out')
  assert.equal(pathOf(page), '/sign-in')
  assert.deepEqual(faults, [])
  await context.close()
})

void test('the first refused field has the focus, and its error is read with it', async () => {
  const { page, context } = await visit()
  await page.goto('/sign-up')
  await page.getByLabel('Full name').fill('Ada Lovelace')
  await page.getByLabel('Email address').fill('nothing')
  await page.getByRole('button', { name: 'Create account' }).click()
  await page.getByText('This does not look like an email address.').waitFor()
  assert.equal((await focused(page)).name, 'Email address')
  const described = await page.evaluate(
    "document.getElementById(document.activeElement.getAttribute('aria-describedby')).innerText",
  )
  assert.equal(described, 'This does not look like an email address.')
  assert.match(await page.title(), /^Error: /)
  await context.close()
})
