/** Every page for people, looked at: no axe-core violation, nothing wider than the window, pictures. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codeAt } from '../support/totp.ts'
import { visit } from './support/browser.ts'
import { otherLanguages } from './support/languages.ts'
import { lookAt, overflows, picture } from './support/look.ts'
import { verifiedPerson, keepForeignPreferences, LONG_NAME, signIn } from './support/people.ts'

const OUTSIDE: [string, string][] = [
  ['sign-in', '/sign-in'],
  ['sign-up', '/sign-up'],
  ['check-your-mail', '/check-your-mail'],
  ['forgot-password', '/forgot-password'],
  ['forgot-password-sent', '/forgot-password/sent'],
  ['reset-password', '/reset-password?token=x'],
  ['verify-email', '/verify-email?token=x'],
  ['decline-registration', '/decline-registration?token=x'],
  ['confirm-email-change', '/confirm-email-change?token=x'],
  ['decline-email-change', '/decline-email-change?token=x'],
  ['undo-email-change', '/undo-email-change?token=x'],
  ['undo-sign-in-method', '/undo-sign-in-method?token=x'],
  ['accept-invitation', '/accept-invitation?token=x'],
  ['app-signed-out', '/oauth/sign-out'],
  ['not-found', '/nothing-here'],
]

void test('pages of people who are not signed in', async () => {
  const { page, context, faults } = await visit()
  for (const [name, path] of OUTSIDE) {
    await page.goto(path)
    faults.push(...(await lookAt(page, name)))
  }
  await page.goto('/sign-in')
  await page.getByLabel('Email address').fill('nobody@example.com')
  await page.getByLabel('Password', { exact: true }).fill('wrong')
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  faults.push(...(await lookAt(page, 'sign-in-refused')))
  await page.goto('/sign-up')
  await page.getByLabel('Full name').fill('A')
  await page.getByLabel('Email address').fill('not an address')
  await page.getByLabel('Password', { exact: true }).fill('short')
  await page.getByRole('button', { name: 'Create account' }).click()
  faults.push(...(await lookAt(page, 'sign-up-refused')))
  await page.goto('/verify-email?token=x')
  await page.getByRole('button', { name: 'Confirm my email address' }).click()
  faults.push(...(await lookAt(page, 'verify-email-spent')))
  assert.deepEqual(faults, [])
  await context.close()
})

const INSIDE: [string, string][] = [
  ['account', '/account'],
  ['account-password', '/account/password'],
  ['account-email', '/account/email'],
  ['account-passkeys', '/account/passkeys'],
  ['account-two-factor', '/account/two-factor'],
  ['account-sessions', '/account/sessions'],
  ['account-apps', '/account/apps'],
  ['account-activity', '/account/activity'],
  ['account-privacy', '/account/privacy'],
  ['account-delete', '/account/privacy/delete'],
  ['change-password', '/change-password'],
  ['device', '/device'],
  ['device-code', '/device?user_code=BCDF-GHJK'],
  ['app-sign-out', '/oauth/sign-out'],
]

void test('pages of one\u2019s own account', async () => {
  const { page, context, faults } = await visit()
  const person = await verifiedPerson()
  const phone = await visit({
    userAgent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Safari/605.1',
  })
  await signIn(phone.page, person)
  await phone.context.close()
  await signIn(page, person)
  await page.goto('/welcome')
  faults.push(...(await lookAt(page, 'welcome')))
  await page.waitForTimeout(1500)
  for (const [name, path] of INSIDE) {
    await page.goto(path)
    faults.push(...(await lookAt(page, name)))
  }
  await page.goto('/admin')
  faults.push(...(await lookAt(page, 'forbidden')))
  await keepForeignPreferences(person)
  await page.goto('/account')
  faults.push(...(await lookAt(page, 'account-preferences')))
  await page.getByRole('button', { name: 'Remove the setting editor' }).click()
  await page.getByText('Your profile has been saved.').waitFor()
  await page.goto('/account/password')
  await page.getByLabel('Current password').fill('wrong')
  await page.getByLabel('New password').fill('short')
  await page.getByRole('button', { name: 'Change password' }).click()
  faults.push(...(await lookAt(page, 'account-password-refused')))
  await page.goto('/account/two-factor')
  await page.getByRole('button', { name: 'Set up' }).click()
  faults.push(...(await lookAt(page, 'two-factor-scan')))
  const secret = ((await page.locator('#secret').textContent()) ?? '').replaceAll(' ', '')
  await page.getByLabel('Six-digit code').fill(await codeAt(secret))
  await page.getByRole('button', { name: 'Turn on' }).click()
  faults.push(...(await lookAt(page, 'two-factor-codes')))
  await page.goto('/account/two-factor')
  faults.push(...(await lookAt(page, 'two-factor-on')))
  await page.locator('summary', { hasText: 'Turn off two-factor authentication' }).click()
  await page.getByRole('button', { name: 'Turn off' }).click()
  faults.push(...(await lookAt(page, 'two-factor-refused')))
  await page.getByRole('button', { name: 'Sign out' }).click()
  faults.push(...(await lookAt(page, 'signed-out')))
  await signIn(page, person)
  faults.push(...(await lookAt(page, 'second-factor')))
  assert.deepEqual(faults, [])
  await context.close()
})

void test('the longer words of other languages fit a small phone, on every page', async () => {
  const person = await verifiedPerson(LONG_NAME)
  for (const { code, name: language } of await otherLanguages()) {
    const { page, context, faults } = await visit({
      locale: code,
      viewport: { width: 320, height: 640 },
    })
    const look = async ([name, path]: [string, string]) => {
      await page.goto(path)
      assert.equal(await page.evaluate('document.documentElement.lang'), code)
      await picture(page, `${name}-${code}-320`)
      if (await overflows(page)) faults.push(`${name} is too wide in ${language}`)
    }
    for (const each of OUTSIDE) await look(each)
    await page.goto('/sign-in')
    await page.locator('input[name="email"]').fill(person.email)
    await page.locator('input[name="password"]').fill(person.password)
    await page.locator('input[name="password"]').press('Enter')
    await page.waitForURL((url) => url.pathname !== '/sign-in')
    await page.goto('/account')
    await page.getByRole('button', { name: language, exact: true }).click()
    await page.waitForLoadState()
    for (const each of INSIDE) await look(each)
    assert.deepEqual(faults, [])
    await context.close()
  }
})
