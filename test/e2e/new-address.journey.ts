/** The mail to a wanted address: its page in a session of the account, elsewhere, and for strangers. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { pathOf, visit } from './support/browser.ts'
import { keyboard } from './support/hands.ts'
import { lookAt } from './support/look.ts'
import { verifiedPerson, signInToAccount } from './support/people.ts'
import { mailedPath } from './support/site.ts'

/** Asks for a new address, right after signing in, and returns the path of the link that was mailed to it. */
async function askForAddress(page: Page, address: string): Promise<string> {
  await page.goto('/account/email')
  await page.getByLabel('New email address').fill(address)
  await page.getByRole('button', { name: 'Change email address' }).click()
  await page.getByText('We’ve sent a link to your new email address.').waitFor()
  return mailedPath(address, '/confirm-email-change')
}

void test('in a session of the account one button verifies', async () => {
  const { page, context, faults } = await visit()
  const person = await verifiedPerson()
  await signInToAccount(page, person)
  await page.goto(await askForAddress(page, `own-${person.email}`))
  await page.getByRole('button', { name: 'Use this address' }).waitFor()
  assert.equal(await page.getByLabel('Password for this account').count(), 0)
  faults.push(...(await lookAt(page, 'confirm-email-change-own')))
  await page.getByRole('button', { name: 'Use this address' }).click()
  await page.getByText('Your email address has been changed.').waitFor()
  assert.deepEqual(faults, [])
  await context.close()
})

void test('elsewhere the password of the account verifies, by keyboard alone', async () => {
  const { page, context, faults } = await visit()
  const person = await verifiedPerson()
  await signInToAccount(page, person)
  const link = await askForAddress(page, `elsewhere-${person.email}`)
  const elsewhere = await visit()
  const { type, press } = keyboard(elsewhere.page)
  await elsewhere.page.goto(link)
  faults.push(...(await lookAt(elsewhere.page, 'confirm-email-change-elsewhere')))
  assert.ok(!(await elsewhere.page.content()).includes(person.email))
  await type('Password for this account', 'Wrong-Horse-7')
  await press('Use this address')
  await elsewhere.page.locator('#f-password-error').waitFor()
  faults.push(...(await lookAt(elsewhere.page, 'confirm-email-change-refused')))
  await type('Password for this account', person.password)
  await press('Use this address')
  await elsewhere.page.getByText('Your email address has been changed.').waitFor()
  assert.equal(pathOf(elsewhere.page), '/sign-in')
  assert.deepEqual([...faults, ...elsewhere.faults], [])
  await elsewhere.context.close()
  await context.close()
})

void test('a stranger to the account says that it is not theirs, and the link is void', async () => {
  const { page, context, faults } = await visit()
  const person = await verifiedPerson()
  await signInToAccount(page, person)
  const link = await askForAddress(page, `strange-${person.email}`)
  const stranger = await visit()
  await stranger.page.goto(link.replace('/confirm-', '/decline-'))
  faults.push(...(await lookAt(stranger.page, 'decline-email-change-open')))
  await stranger.page.goto(link)
  await stranger.page.getByRole('button', { name: 'This isn’t my account' }).click()
  await stranger.page.getByText('The account keeps its current address.').waitFor()
  await stranger.page.goto(link)
  await stranger.page.getByText('This link has expired or has already been used.').waitFor()
  await page.goto('/account/activity')
  await page.getByText('Email address change declined by the recipient').first().waitFor()
  assert.deepEqual([...faults, ...stranger.faults], [])
  await stranger.context.close()
  await context.close()
})
