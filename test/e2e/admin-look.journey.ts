/** Every page of the console, looked at: in both schemes and all widths, in every language, and for operators. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { failSignIns, importLines, makeAdmin, makeLasting, signInAsAdmin } from './support/admin.ts'
import { visit } from './support/browser.ts'
import { writeHistory } from './support/history.ts'
import { otherLanguages } from './support/languages.ts'
import { lookAt, lookAtAll, overflows, picture } from './support/look.ts'
import { verifiedPerson, LONG_NAME, signInToAccount } from './support/people.ts'

before(async () => {
  await makeAdmin()
  await failSignIns(3)
  await makeLasting()
  const { email } = await verifiedPerson(LONG_NAME)
  await failSignIns(12, email)
  const { page, context } = await visit()
  await signInAsAdmin(page, '/admin/import')
  await page.getByLabel('Or paste lines here').fill(importLines(60))
  await page.getByRole('button', { name: 'Import' }).click()
  await page.getByText('The import is complete.').waitFor()
  await context.close()
  await writeHistory()
})

const PAGES: [string, string][] = [
  ['admin', '/admin'],
  ['admin-users', '/admin/users'],
  ['admin-users-none', '/admin/users?search=zzzzz'],
  ['admin-invite', '/admin/users/new'],
  ['admin-user', '/admin/users/5'],
  ['admin-user-long', '/admin/users/2'],
  ['admin-user-edit', '/admin/users/2/edit'],
  ['admin-user-sessions', '/admin/users/1/sessions'],
  ['admin-user-activity', '/admin/users/1/activity'],
  ['admin-roles', '/admin/roles'],
  ['admin-role-new', '/admin/roles/new'],
  ['admin-role', '/admin/roles/edit/moderator'],
  ['admin-audit', '/admin/audit'],
  ['admin-audit-filtered', '/admin/audit?action=auth.signed_in&actor=1&views=true'],
  ['admin-outbox', '/admin/outbox'],
  ['admin-outbox-dead', '/admin/outbox?status=dead'],
  ['admin-import', '/admin/import'],
  ['admin-own-sessions', '/account/sessions'],
]

void test('every page of the console, looked at with all that it can unfold', async () => {
  const { page, context, faults } = await visit()
  await signInAsAdmin(page, '/admin')
  faults.push(...(await lookAtAll(page, PAGES)))
  assert.deepEqual(faults, [])
  await context.close()
})

void test('the console in other languages fits a small phone', async () => {
  const { page, context, faults } = await visit({ viewport: { width: 320, height: 640 } })
  await signInAsAdmin(page, '/admin')
  for (const { code, name: language } of await otherLanguages()) {
    await page.goto('/admin')
    await page.getByRole('button', { name: language, exact: true }).click()
    await page.locator(`html[lang="${code}"]`).waitFor()
    for (const [name, path] of PAGES) {
      await page.goto(path)
      await picture(page, `${name}-${code}-320`)
      if (await overflows(page)) faults.push(`${name} is too wide in ${language}`)
    }
  }
  await page.getByRole('button', { name: 'English' }).click()
  await page.waitForLoadState()
  assert.deepEqual(faults, [])
  await context.close()
})

void test('whoever may only run the system begins with the roles, and reads numbers for names', async () => {
  const { page, context, faults } = await visit()
  await signInAsAdmin(page, '/admin/roles/new')
  await page.getByLabel('Name', { exact: true }).fill('operator')
  await page.getByRole('checkbox', { name: /^admin:system/ }).check()
  await page.getByRole('button', { name: 'Create role' }).click()
  await page.getByText('The role operator has been created.').waitFor()
  const operator = await verifiedPerson('Otto Operator')
  await page.goto(`/admin/users?search=${encodeURIComponent(operator.email)}`)
  await page.getByRole('link', { name: operator.name }).click()
  await page.getByLabel('Choose a role to add').selectOption('operator')
  await page.getByRole('button', { name: 'Add', exact: true }).click()
  await page.getByText('The role operator has been added.').waitFor()

  const theirs = await visit()
  await signInToAccount(theirs.page, operator)
  await theirs.page.getByRole('link', { name: 'Admin', exact: true }).click()
  await theirs.page.getByRole('heading', { name: 'Roles and permissions' }).waitFor()
  await theirs.page.getByRole('link', { name: 'Audit log' }).click()
  await theirs.page.getByRole('cell', { name: 'User 1', exact: true }).first().waitFor()
  faults.push(...(await lookAt(theirs.page, 'operator-audit')))
  assert.deepEqual([...faults, ...theirs.faults], [])
  await theirs.context.close()
  await context.close()
})
