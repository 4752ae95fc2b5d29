/** The README's pictures. `npm run docs:pictures` keeps them in docs/images; else they go to .screenshots. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { ADMIN, importLines, makeAdmin, signInAsAdmin } from './support/admin.ts'
import { visit } from './support/browser.ts'
import { writeHistory } from './support/history.ts'
import { readmePicture } from './support/look.ts'
import { verifiedPerson, signIn, signInToAccount } from './support/people.ts'

const NAMES = [
  'Radia Perlman',
  'Ángela Ruiz Robles',
  'Alan Turing',
  'Đặng Thái Sơn',
  'Emmy Noether',
  'Mary Somerville',
  'Katherine Johnson',
  'Edsger Dijkstra',
  'Hedy Lamarr',
  'Ida Noddack',
  'Srinivasa Ramanujan',
]

before(async () => {
  await makeAdmin()
  const { page, context } = await visit()
  await signInAsAdmin(page, '/admin/import')
  await page.getByLabel('Or paste lines here').fill(importLines(240, NAMES))
  await page.getByRole('button', { name: 'Import' }).click()
  await page.getByText('The import is complete.').waitFor()
  await context.close()
  await writeHistory()
})

void test('the pages of people, as the README shows them', async () => {
  const { page, context, faults } = await visit()
  await page.goto('/sign-in')
  await page.getByLabel('Email address').fill('ada@example.com')
  await readmePicture(page, 'sign-in')
  const person = await verifiedPerson('Ada Lovelace')
  const phone = await visit({
    userAgent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Safari/605.1',
  })
  await signIn(phone.page, person)
  await phone.context.close()
  await signInToAccount(page, person)
  await page.goto('/account/sessions')
  await readmePicture(page, 'sessions', 'dark')
  assert.deepEqual(faults, [])
  await context.close()
})

void test('the console, as the README shows it', async () => {
  const { page, context, faults } = await visit()
  await signInAsAdmin(page, '/admin')
  await readmePicture(page, 'overview')
  await page.goto('/admin/users')
  await readmePicture(page, 'users')
  await page.goto('/admin/users?search=radia&status=active')
  await page.getByRole('link', { name: 'Radia Perlman' }).first().click()
  await page.getByRole('heading', { name: 'Actions' }).waitFor()
  await page.locator('summary', { hasText: /^Deactivate/ }).click()
  await readmePicture(page, 'user', 'dark')
  await page.goto('/admin/audit')
  await page.getByText(ADMIN.email).first().waitFor()
  await readmePicture(page, 'audit')
  assert.deepEqual(faults, [])
  await context.close()
})
