/** The first minutes of an installation: the page that makes its administrator, and works once. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ADMIN } from './support/admin.ts'
import { visit } from './support/browser.ts'
import { keyboard } from './support/hands.ts'
import { lookAt } from './support/look.ts'
import { SETUP_TOKEN } from './support/site.ts'

void test('a fresh service leads to its setup, which by keyboard alone makes the administrator, once', async () => {
  const { page, context, faults } = await visit()
  const { type, press } = keyboard(page)
  await page.goto('/')
  faults.push(...(await lookAt(page, 'setup')))
  await type('Setup token', 'wrong')
  await type('Full name', ADMIN.name)
  await type('Email address', ADMIN.email)
  await type('Password', ADMIN.password)
  await press('Create administrator')
  await page.getByText('Incorrect setup token.').first().waitFor()
  faults.push(...(await lookAt(page, 'setup-refused')))
  // What was typed is still there, to be corrected.
  assert.equal(await page.getByLabel('Setup token').inputValue(), 'wrong')
  await type('Setup token', SETUP_TOKEN)
  await type('Password', ADMIN.password)
  await press('Create administrator')
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  assert.equal((await page.goto('/setup'))?.status(), 404)
  await page.getByRole('heading', { name: 'Setup is complete' }).waitFor()
  faults.push(...(await lookAt(page, 'setup-done')))
  await page.goto('/account')
  await page.getByRole('link', { name: 'Admin', exact: true }).click()
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  assert.deepEqual(faults, [])
  await context.close()
})
