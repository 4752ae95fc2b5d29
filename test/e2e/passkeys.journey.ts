/** Passkeys from the first to the last, with Chromium's virtual authenticators. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { codeAt } from '../support/totp.ts'
import { makeAdmin, signInAsAdmin } from './support/admin.ts'
import { askedOn, authenticators, autofillWaits, type Device } from './support/authenticator.ts'
import { pathOf, visit } from './support/browser.ts'
import { keyboard, pointer } from './support/hands.ts'
import { lookAt } from './support/look.ts'
import {
  newPerson,
  type Person,
  signIn,
  signInToAccount,
  verifiedPerson,
} from './support/people.ts'
import { mailedPath, postForm } from './support/site.ts'

before(makeAdmin)

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

async function eventually(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await holds()); tries++) {
    assert.ok(tries < 100, 'it never came')
    await setTimeout(50)
  }
}

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })

/** Presses the button while autofill waits, which the button takes the place of. */
async function pressToSignIn(page: Page, device: Device): Promise<void> {
  await autofillWaits(page)
  await device.isTouched(true)
  await button(page, 'Sign in with a passkey').click()
}

/** The first one of an account, which comes with recovery codes. */
async function addPasskey(page: Page): Promise<void> {
  await page.goto('/account/passkeys')
  await button(page, 'Add a passkey').click()
  await says(page, 'Save your recovery codes')
}

/** Somebody with a passkey on the devices of a page, signed in by password. */
async function withPasskey(page: Page): Promise<Person> {
  const person = await verifiedPerson()
  await signInToAccount(page, person)
  await addPasskey(page)
  return person
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
    await autofillWaits(page)
    await device.isTouched(true)
    await press('Sign in with a passkey')
    await isIn(page)

    await page.goto('/account/passkeys')
    await press(/^Manage the passkey/)
    await type('Name', 'Ada’s laptop')
    await press('Save changes')
    await says(page, 'The passkey has been renamed.')
    await press('Manage the passkey Ada’s laptop')
    // It opened this session, which ends with it.
    await device.isTouched(false)
    await press('Remove passkey')
    await says(page, 'The passkey has been removed.')
    assert.equal(pathOf(page), '/sign-in')
    assert.deepEqual(faults, [])
    await context.close()
  })
}

void test('the button keeps the user signed in, and autofill needs no press', async () => {
  const { page, context, faults } = await visit()
  const device = await (await authenticators(page)).plugIn()
  await withPasskey(page)
  await device.isTouched(false)
  await signedOut(page)
  await page.getByLabel('Keep me signed in').check()
  await pressToSignIn(page, device)
  await isIn(page)
  const cookies = await context.cookies()
  const session = cookies.find(({ name }) => name === 'gatehouse')
  assert.ok((session?.expires ?? 0) > Date.now() / 1000)

  // A user who chose it in the field has touched the device already.
  await context.clearCookies()
  await page.goto('/sign-in?next=%2Faccount%2Factivity')
  await page.waitForURL((url) => url.pathname === '/account/activity')
  assert.deepEqual(faults, [])
  await context.close()
})

const LATE_AUTOFILL = `PublicKeyCredential.isConditionalMediationAvailable = () =>
  new Promise((resolve) => setTimeout(() => resolve(true), 1000))`

void test('autofill that is ready late does not take the dialog from the button', async () => {
  const { page, context, faults } = await visit()
  const device = await (await authenticators(page)).plugIn()
  await withPasskey(page)
  await device.isTouched(false)
  await page.addInitScript(LATE_AUTOFILL)
  await signedOut(page)
  await button(page, 'Sign in with a passkey').click()
  // The page's own question is answered before this one.
  await page.evaluate('PublicKeyCredential.isConditionalMediationAvailable()')
  assert.deepEqual(await askedOn(page), ['button'])
  await device.isTouched(true)
  await button(page, 'Sign in with a passkey').click()
  await isIn(page)
  assert.deepEqual(faults, [])
  await context.close()
})

void test('a passkey is the second step behind a password', async () => {
  const { page, context, faults } = await visit()
  const { plugIn, session } = await authenticators(page)
  const device = await plugIn()
  const person = await verifiedPerson()
  await signInToAccount(page, person)
  await page.goto('/account/two-factor')
  await button(page, 'Set up').click()
  const secret = ((await page.locator('#secret').textContent()) ?? '').replaceAll(' ', '')
  await page.getByLabel('Six-digit code').fill(await codeAt(secret))
  await button(page, 'Turn on').click()
  await says(page, 'Save your recovery codes')
  await page.goto('/account/passkeys')
  await button(page, 'Add a passkey').click()
  await says(page, 'Your passkey has been added.')
  // The passkey is a whole sign-in, so a touch would not leave time for the password.
  await device.isTouched(false)
  await signedOut(page)
  await signIn(page, person)
  await page.waitForURL((url) => url.pathname === '/sign-in/second-factor')
  faults.push(...(await lookAt(page, 'passkey-second-step')))
  // Behind a password it need not have verified its user.
  const bits = { authenticatorId: device.id, isBadUV: true }
  await session.send('WebAuthn.setResponseOverrideBits', bits)
  await device.isTouched(true)
  await button(page, 'Use a passkey').click()
  await isIn(page)
  assert.deepEqual(faults, [])
  await context.close()
})

void test('step-up asks for the passkey in place, and goes on', async () => {
  const { page, context, faults } = await visit()
  const device = await (await authenticators(page)).plugIn()
  const person = await withPasskey(page)
  await device.isTouched(false)
  await signedOut(page)
  // By password alone the session is weaker than what the account can give.
  await signInToAccount(page, person)
  await device.isTouched(true)
  await page.goto('/account/passkeys')
  faults.push(...(await lookAt(page, 'passkeys-confirm')))
  await device.verifiesUser(false)
  await button(page, 'Confirm with a passkey').click()
  await says(page, 'No passkey was used.')
  await device.verifiesUser(true)
  await page.goto('/account/passkeys')
  await page.getByRole('link', { name: /^Manage the passkey/ }).click()
  faults.push(...(await lookAt(page, 'passkey-one-confirm')))
  await page.goto('/confirm-identity')
  faults.push(...(await lookAt(page, 'confirm-identity')))
  await page.goto('/account/email')
  faults.push(...(await lookAt(page, 'account-email-confirm')))
  const next = newPerson().email
  await page.getByLabel('New email address').fill(next)
  await button(page, 'Confirm with a passkey').click()
  await says(page, 'We’ve sent a link to your new email address.')
  await page.goto('/account/passkeys')
  await button(page, 'Add a passkey').waitFor()
  assert.deepEqual(faults, [])
  await context.close()
})

void test('the browser learns what became of passkeys', async () => {
  const { page, context, faults } = await visit()
  const { plugIn, events } = await authenticators(page)
  const device = await plugIn()
  const person = await withPasskey(page)
  const [credential] = await device.credentials()
  const id = credential?.credentialId ?? ''
  await page.goto('/account')
  await page.getByLabel('Full name').fill('Ada King')
  await button(page, 'Save changes').click()
  await says(page, 'Your profile has been saved.')
  await page.goto('/account/passkeys')
  await eventually(() => events.some((event) => event.name === 'updated'))
  assert.equal((await device.credentials())[0]?.userDisplayName, 'Ada King')
  assert.equal((await device.credentials())[0]?.userName, person.email)

  // A removed one disappears from the device with the list.
  await page.getByRole('link', { name: /^Manage the passkey/ }).click()
  await button(page, 'Remove passkey').click()
  await says(page, 'The passkey has been removed.')
  await eventually(async () => (await device.credentials()).length === 0)

  // One that the device still has is refused at sign-in, and disappears then.
  assert.ok(credential)
  await device.isTouched(false)
  await signedOut(page)
  await device.put(credential)
  await pressToSignIn(page, device)
  await says(page, 'This passkey is not known here.')
  faults.push(...(await lookAt(page, 'passkey-unknown')))
  await eventually(async () => (await device.credentials()).length === 0)
  assert.ok(events.some((event) => event.name === 'deleted' && event.credentialId === id))
  assert.deepEqual(faults, [])
  await context.close()
})

void test('a copy is refused, and so is a passkey that did not verify its user', async () => {
  const { page, context, faults } = await visit()
  const { plugIn, session } = await authenticators(page)
  const original = await plugIn({ isSynced: false })
  await withPasskey(page)
  const [copied] = await original.credentials()
  assert.ok(copied)
  await page.goto('/account/passkeys')
  await says(page, 'Only on one device')
  const signInByButton = async () => {
    await original.isTouched(false)
    await signedOut(page)
    await pressToSignIn(page, original)
  }
  await signInByButton()
  await isIn(page)

  const bits = { authenticatorId: original.id, isBadUV: true }
  await session.send('WebAuthn.setResponseOverrideBits', bits)
  await signInByButton()
  await says(page, 'This passkey could not be used.')
  await session.send('WebAuthn.setResponseOverrideBits', { ...bits, isBadUV: false })

  await original.remove()
  const thief = await plugIn({ isSynced: false })
  await thief.put({ ...copied, signCount: 0 })
  await page.goto('/sign-in')
  await says(page, 'This passkey could not be used.')
  assert.equal(pathOf(page), '/sign-in/passkey')
  await context.close()
  assert.deepEqual(faults, [])
})

void test('an administrator removes a passkey', async () => {
  const { page, context, faults } = await visit()
  const device = await (await authenticators(page)).plugIn()
  const person = await withPasskey(page)

  const admin = await visit()
  await signInAsAdmin(admin.page, `/admin/users?search=${encodeURIComponent(person.email)}`)
  await admin.page
    .getByRole('link', { name: person.email })
    .or(admin.page.getByRole('link', { name: person.name }))
    .first()
    .click()
  await says(admin.page, 'Chrome on Linux')
  admin.faults.push(...(await lookAt(admin.page, 'admin-user-passkeys')))
  admin.page.on('dialog', (dialog) => void dialog.accept())
  await admin.page.getByRole('button', { name: 'Remove the passkey Chrome on Linux' }).click()
  await says(admin.page, 'The passkey has been removed.')
  await says(admin.page, 'This user has no passkeys.')
  await admin.page.goto('/admin')
  await says(admin.page, 'with a passkey: ')
  assert.deepEqual(admin.faults, [])
  await admin.context.close()

  await device.isTouched(false)
  await signedOut(page)
  await pressToSignIn(page, device)
  await says(page, 'This passkey is not known here.')
  assert.deepEqual(faults, [])
  await context.close()
})

void test('a passkey instead of a password, at verification and by invitation', async () => {
  const { page, context, faults } = await visit()
  const device = await (await authenticators(page)).plugIn()
  const signInWith = async () => {
    await page.getByRole('link', { name: 'I’ve saved the codes' }).click()
    await pressToSignIn(page, device)
    await isIn(page)
  }
  const { name: full_name, email, password } = newPerson()
  await postForm('/sign-up', { full_name, email, password })
  await page.goto(await mailedPath(email, '/verify-email'))
  faults.push(...(await lookAt(page, 'passkey-verify')))
  await button(page, 'Use a passkey instead').click()
  await says(page, 'Save your recovery codes')
  faults.push(...(await lookAt(page, 'passkey-verified')))
  await device.isTouched(false)
  await signInWith()
  await page.goto('/account/passkeys')
  // Without a password the last passkey stays.
  await page.getByRole('link', { name: /^Manage the passkey/ }).click()
  await button(page, 'Remove passkey').click()
  await says(page, 'This is your only way to sign in.')
  faults.push(...(await lookAt(page, 'passkey-last')))
  await device.isTouched(false)
  await signedOut(page)

  const invited = newPerson('Emmy Noether')
  const admin = await visit()
  await signInAsAdmin(admin.page, '/admin/users/new')
  await admin.page.getByLabel('Email address').fill(invited.email)
  await admin.page.getByLabel('Full name').fill(invited.name)
  await button(admin.page, 'Send invitation').click()
  await says(admin.page, 'We’ve sent the invitation')
  await admin.context.close()
  await device.isTouched(true)
  await page.goto(await mailedPath(invited.email, '/accept-invitation'))
  faults.push(...(await lookAt(page, 'passkey-invitation')))
  await button(page, 'Use a passkey instead').click()
  await says(page, 'Save your recovery codes')
  assert.equal((await device.credentials()).length, 2)
  // The new passkey has signed in.
  await page.getByRole('link', { name: 'I’ve saved the codes' }).click()
  await page.waitForURL((url) => url.pathname === '/welcome')
  assert.deepEqual(faults, [])
  await context.close()
})

void test('the offer of a passkey is not made again for a while', async () => {
  const { page, context, faults } = await visit()
  await authenticators(page)
  const person = await verifiedPerson()
  await signInToAccount(page, person)
  await says(page, 'Sign in faster next time')
  await button(page, 'Not now').click()
  await page.waitForURL((url) => url.pathname === '/account')
  assert.equal(await page.getByText('Sign in faster next time').count(), 0)
  assert.deepEqual(faults, [])
  await context.close()
})

void test('without scripts no passkey is offered, and the rest works', async () => {
  const { page, context, faults } = await visit({ javaScriptEnabled: false })
  await page.goto('/sign-in')
  assert.equal(await button(page, 'Sign in with a passkey').count(), 0)
  await signInToAccount(page, await verifiedPerson())
  assert.equal(await page.getByText('Sign in faster next time').isVisible(), false)
  await page.goto('/account/passkeys')
  await says(page, 'To add a passkey, use a browser')
  assert.deepEqual(faults, [])
  await context.close()
})

void test('the link in the email removes a passkey that the user did not add', async () => {
  const { page, context, faults } = await visit()
  const device = await (await authenticators(page)).plugIn()
  const person = await withPasskey(page)
  // Else autofill presents the removed passkey.
  await device.isTouched(false)
  await page.goto(await mailedPath(person.email, '/undo-sign-in-method'))
  faults.push(...(await lookAt(page, 'undo-passkey')))
  await button(page, 'Remove').click()
  await says(page, 'The way to sign in has been removed')
  faults.push(...(await lookAt(page, 'undone-passkey')))
  assert.equal(pathOf(page), '/sign-in')
  await signInToAccount(page, person)
  await page.goto('/account/passkeys')
  await says(page, 'You don’t have a passkey yet.')
  assert.deepEqual(faults, [])
  await context.close()
})

void test('looks', async () => {
  const { page, context, faults } = await visit()
  const device = await (await authenticators(page)).plugIn()
  await signInToAccount(page, await verifiedPerson())
  faults.push(...(await lookAt(page, 'passkey-offer')))
  await page.goto('/account/passkeys')
  faults.push(...(await lookAt(page, 'passkeys-none')))
  await addPasskey(page)
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
