/** Two-factor sign-in with a real code, computed from what the QR code says. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { codeAt, STEP_MS } from '../support/totp.ts'
import { pathOf, visit } from './support/browser.ts'
import { confirmedPerson, signIn, signInToAccount } from './support/people.ts'

void test('set up, sign in by code and by recovery code, turn off', async () => {
  const { page, context, faults } = await visit({
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  const person = await confirmedPerson()
  const button = (name: string) => page.getByRole('button', { name, exact: true }).click()
  const says = (text: string) => page.getByText(text).waitFor()
  // Each step is good for one code, and a code of the next step is taken early.
  let step = -1
  const code = (secret: string) => codeAt(secret, Date.now() + STEP_MS * step++)

  await signInToAccount(page, person)
  await page.getByRole('link', { name: 'Two-factor sign-in' }).click()
  await page.getByLabel('Current password').fill(person.password)
  await button('Set up')
  await page.getByRole('img', { name: /QR code/ }).waitFor()
  const uri = await page.getByRole('link', { name: /Open it in an app/ }).getAttribute('href')
  const secret = new URL(uri ?? '').searchParams.get('secret') ?? ''
  assert.equal((await page.locator('#secret').textContent())?.replaceAll(' ', ''), secret)

  await page.getByLabel('Six-digit code').fill('000000')
  await button('Turn on')
  await says('This code is not right')
  await page.getByRole('img', { name: /QR code/ }).waitFor()
  await page.getByLabel('Six-digit code').fill(await code(secret))
  await button('Turn on')
  await says('Save your recovery codes')
  const codes = await page.locator('#codes li').allTextContents()
  assert.equal(codes.length, 10)
  await button('Copy')
  await page.getByRole('button', { name: 'Copied' }).waitFor()
  assert.equal(await page.evaluate('navigator.clipboard.readText()'), codes.join('\n'))
  const downloading = page.waitForEvent('download')
  await page.getByRole('link', { name: 'Download' }).click()
  const file = await readFile(await (await downloading).path(), 'utf8')
  assert.ok(codes.every((each) => file.includes(each)))
  await page.getByRole('link', { name: 'I have saved them' }).click()
  await says('10 recovery codes are left.')
  await button('Sign out')

  await signIn(page, person)
  assert.equal(pathOf(page), '/sign-in/second-factor')
  assert.ok(!page.url().includes('challenge'))
  await page.getByLabel('Six-digit code').fill(await code(secret))
  await button('Continue')
  await page.goto('/account')
  assert.equal(pathOf(page), '/account')
  await button('Sign out')

  await signIn(page, person)
  await page.getByRole('link', { name: 'Use a recovery code instead' }).click()
  await page.getByLabel('Recovery code').fill((codes[0] ?? '').toLowerCase())
  await button('Continue')
  await page.goto('/account/two-factor')
  await says('9 recovery codes are left.')

  const off = page.locator('section', { hasText: 'Turn it off' })
  await off.getByLabel('Current password').fill(person.password)
  await off.getByLabel('Code or recovery code').fill(await code(secret))
  await button('Turn off')
  await says('Two-factor sign-in is off.')
  assert.deepEqual(faults, [])
  await context.close()
})
