/** Passkeys from the first to the last, with Chromium's virtual authenticators. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { authenticators } from './support/authenticator.ts'
import { pathOf, visit } from './support/browser.ts'
import { keyboard, pointer } from './support/hands.ts'
import { lookAt } from './support/look.ts'
import { signInToAccount, verifiedPerson } from './support/people.ts'

const WAYS: [string, typeof pointer][] = [
  ['with a pointer', pointer],
  ['by keyboard alone', keyboard],
]
const says = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor()
const signedOut = async (page: Page) => {
  await page.goto('/account')
  await page.getByRole('button', { name: 'Sign out' }).click()
  await says(page, 'You’ve been signed out.')
}
const isIn = (page: Page) => page.waitForURL((url) => !url.pathname.startsWith('/sign-in'))

/** The browser offers a passkey at once where nobody has to touch the device. */
async function addPasskey(page: Page): Promise<void> {
  await page.goto('/account/passkeys')
  await page.getByRole('button', { name: 'Add a passkey' }).click()
}

for (const [way, handsOn] of WAYS) {
  void test(`add, sign in by button, rename, remove: ${way}`, async () => {
    const { page, context, faults } = await visit()
    const device = await (await authenticators(page)).plugIn()
    const { type, press } = handsOn(page)
    const person = await verifiedPerson()

    await signInToAccount(page, person)
    await press('Passkeys')
    await says(page, 'You don’t have a passkey yet.')
    await press('Add a passkey')
    await says(page, 'Save your recovery codes')
    assert.equal((await page.locator('#codes li').allTextContents()).length, 10)
    await press('I’ve saved the codes')
    await says(page, 'Synced')
    await says(page, 'This device')
    assert.equal((await device.credentials()).length, 1)

    await press('Add a passkey')
    await says(page, 'This device already has a passkey for your account.')

    // Without a touch autofill waits, and the button takes its place.
    await device.isTouched(false)
    await press('Sign out')
    await says(page, 'You’ve been signed out.')
    await press('Sign in with a passkey')
    await device.isTouched(true)
    await isIn(page)

    await page.goto('/account/passkeys')
    await press(/^Manage the passkey/)
    await type('Name', 'Ada’s laptop')
    await press('Save changes')
    await says(page, 'The passkey has been renamed.')
    await press('Manage the passkey Ada’s laptop')
    await press('Remove passkey')
    await says(page, 'The passkey has been removed.')
    await says(page, 'You don’t have a passkey yet.')
    assert.deepEqual(faults, [])
    await context.close()
  })
}

void test('looks', async () => {
  const { page, context, faults } = await visit()
  const device = await (await authenticators(page)).plugIn()
  await signInToAccount(page, await verifiedPerson())
  faults.push(...(await lookAt(page, 'passkey-offer')))
  await page.goto('/account/passkeys')
  faults.push(...(await lookAt(page, 'passkeys-none')))
  await addPasskey(page)
  await says(page, 'Save your recovery codes')
  faults.push(...(await lookAt(page, 'passkeys-codes')))
  await page.goto('/account/passkeys')
  await says(page, 'This device')
  faults.push(...(await lookAt(page, 'passkeys-list')))
  await page.getByRole('link', { name: /^Manage the passkey/ }).click()
  faults.push(...(await lookAt(page, 'passkey-one')))
  await device.isTouched(false)
  await signedOut(page)
  faults.push(...(await lookAt(page, 'passkey-sign-in')))
  assert.equal(pathOf(page), '/sign-in')
  assert.deepEqual(faults, [])
  await context.close()
})
