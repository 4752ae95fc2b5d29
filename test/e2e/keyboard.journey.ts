/** Where the focus is when a page opens, and after a refusal. Whole journeys by keyboard stand with the others. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { visit } from './support/browser.ts'
import { focused, keyboard } from './support/hands.ts'
import { verifiedPerson, signInToAccount } from './support/people.ts'

/** Waits until the focus stands on a field: the browser sets it a moment after the page is there. */
async function focusOn(page: Page, label: string): Promise<void> {
  // Not waitForFunction: it looks again by eval, which the page's policy forbids.
  const read = () => page.evaluate('document.activeElement?.labels?.[0]?.innerText')
  for (let tries = 0; tries < 100 && (await read()) !== label; tries++) {
    await page.waitForTimeout(50)
  }
  assert.equal(await read(), label)
}

void test('the first field has the focus, and after a refusal the first refused one', async () => {
  const { page, context } = await visit()
  await page.goto('/sign-in')
  await focusOn(page, 'Email address')
  await page.goto('/sign-up')
  await focusOn(page, 'Full name')
  const { type, press } = keyboard(page)
  await type('Full name', 'Ada Lovelace')
  await type('Email address', 'nothing')
  await press('Create account')
  await page.getByText('Enter a valid email address.').waitFor()
  await focusOn(page, 'Email address')
  const described = await page.evaluate(
    "document.getElementById(document.activeElement.getAttribute('aria-describedby')).innerText",
  )
  assert.equal(described, 'Enter a valid email address.')
  assert.match(await page.title(), /^Error: /)
  await context.close()
})

void test('the first stop of a page leads past its navigation', async () => {
  const { page, context, faults } = await visit()
  await signInToAccount(page, await verifiedPerson())
  await page.keyboard.press('Tab')
  const first = await focused(page)
  assert.equal(first.name, 'Skip to content')
  assert.ok(first.isSeen)
  await page.keyboard.press('Enter')
  await page.keyboard.press('Tab')
  assert.equal(await page.evaluate("document.activeElement.closest('main') !== null"), true)
  assert.deepEqual(faults, [])
  await context.close()
})
