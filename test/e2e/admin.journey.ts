/** The admin console in a browser: what an administrator does, with scripts, without, and by keyboard. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { ADMIN, importLines, makeAdmin, signInAsAdmin } from './support/admin.ts'
import { pathOf, visit } from './support/browser.ts'
import { keyboard, pointer } from './support/hands.ts'
import { lookAt } from './support/look.ts'
import { verifiedPerson, signIn, signInToAccount } from './support/people.ts'

before(makeAdmin)

void test('an import of 1,000 users shows how far it is, and names the bad lines', async () => {
  const { page, context, faults } = await visit()
  await signInAsAdmin(page, '/admin/import')
  const buffer = Buffer.from(importLines(1000))
  await page
    .getByLabel('File')
    .setInputFiles({ name: 'users.ndjson', mimeType: 'text/plain', buffer })
  await page.getByRole('button', { name: 'Import' }).click()
  await page.getByText('The import is complete.').waitFor()
  assert.equal(await page.locator('[data-part=imported]').textContent(), '996')
  assert.equal(await page.locator('[data-part=refused]').textContent(), '4')
  await page.getByRole('cell', { name: '250', exact: true }).waitFor()
  faults.push(...(await lookAt(page, 'admin-import-done')))
  // The same file again changes nothing, and each line says why.
  await page
    .getByLabel('File')
    .setInputFiles({ name: 'users.ndjson', mimeType: 'text/plain', buffer })
  await page.getByRole('button', { name: 'Import' }).click()
  await page.locator('[data-part=skipped]').filter({ hasText: '996' }).waitFor()
  await page.getByText('The import is complete.').waitFor()
  await page.getByRole('columnheader', { name: 'Reason for skipping' }).waitFor()
  faults.push(...(await lookAt(page, 'admin-import-skipped')))
  assert.deepEqual(faults, [])
  await context.close()
})

void test('an import of a file that is not UTF-8 says so, and changes no name', async () => {
  const { page, context, faults } = await visit()
  await signInAsAdmin(page, '/admin/import')
  const buffer = Buffer.from('{"email":"jose@example.com","full_name":"Jos\u00e9"}', 'latin1')
  await page
    .getByLabel('File')
    .setInputFiles({ name: 'users.ndjson', mimeType: 'text/plain', buffer })
  await page.getByRole('button', { name: 'Import' }).click()
  await page.getByText('The file is not valid UTF-8.').waitFor()
  assert.equal(await page.locator('[data-part=imported]').textContent(), '0')
  assert.deepEqual(faults, [])
  await context.close()
})

void test('the search finds as one types, and several at once are deactivated', async () => {
  const { page, context, faults } = await visit()
  await signInAsAdmin(page, '/admin/users')
  await page.getByLabel('Search').pressSequentially('perlman')
  await page.waitForURL(/search=perlman/)
  await page.getByLabel('Status').selectOption('active')
  await page.waitForURL(/status=active/)
  await page.getByLabel('Select all on this page').check()
  await page.getByRole('button', { name: 'Deactivate' }).click()
  await page.getByRole('heading', { name: 'Deactivate 20 users?' }).waitFor()
  faults.push(...(await lookAt(page, 'admin-bulk')))
  await page.getByRole('button', { name: 'Deactivate' }).click()
  await page.getByText('Users deactivated: 20.').waitFor()
  assert.deepEqual(faults, [])
  await context.close()
})

for (const [way, handsOn] of [
  ['with a pointer', pointer],
  ['by keyboard alone', keyboard],
] as const) {
  void test(`a user who is deactivated with a page open lands on sign-in at the next click: ${way}`, async () => {
    const person = await verifiedPerson('Open Page')
    const theirs = await visit()
    await signInToAccount(theirs.page, person)
    const { page, context, faults } = await visit()
    await signInAsAdmin(page, `/admin/users?search=${encodeURIComponent(person.email)}`)
    const { press } = handsOn(page)
    await press(person.name)
    await page.getByRole('heading', { name: 'Actions' }).waitFor()
    await press('Deactivate')
    await press('Deactivate this account')
    await page.getByText('all sessions have ended').waitFor()
    await theirs.page.getByRole('link', { name: 'Sessions' }).click()
    await theirs.page.waitForURL(/\/sign-in/)
    await signIn(theirs.page, person)
    assert.equal(pathOf(theirs.page), '/sign-in')
    assert.deepEqual([...faults, ...theirs.faults], [])
    await theirs.context.close()
    await context.close()
  })
}

void test('by keyboard alone: search, invite, import, roles, and the last administrator stays', async () => {
  const { page, context, faults } = await visit()
  const { type, press, check, choose } = keyboard(page)
  const says = (text: string) => page.getByText(text).first().waitFor()
  await signInAsAdmin(page, '/admin')
  await press('Users')
  await page.getByRole('heading', { name: 'Users', exact: true }).waitFor()
  await type('Search', ADMIN.email)
  await page.waitForURL(/search=/)
  await press('Invite a user')
  await says('mails a link to choose a password')
  await type('Email address', 'emmy@example.com')
  await type('Full name', 'Emmy Noether')
  await check('moderator')
  await press('Send invitation')
  await says('We’ve sent the invitation to Emmy Noether.')
  await choose('Choose a role to add', 'admin')
  await press('Add')
  await says('The role admin has been added.')
  await press('Remove the role admin')
  await says('The role admin has been removed.')

  await press('Import')
  await page.getByRole('heading', { name: 'Import users' }).waitFor()
  await type('Or paste lines here', '{"email":"ida@example.com","full_name":"Ida Noddack"}')
  await press('Import')
  await says('The import is complete.')

  await press('Roles')
  await press('New role')
  await says('A role can only have permissions')
  await type('Name', 'editor')
  await check('read:all')
  await press('Create role')
  await says('The role editor has been created.')

  await page.goto('/admin/users/1')
  await press('Delete')
  await press('Delete permanently')
  await says('There must be at least one active administrator.')
  faults.push(...(await lookAt(page, 'admin-refused')))
  assert.deepEqual(faults, [])
  await context.close()
})

void test('without JavaScript: search, invite, import, export', async () => {
  const { page, context, faults } = await visit({ javaScriptEnabled: false })
  await signInAsAdmin(page, '/admin/users')
  await page.getByLabel('Search').fill(ADMIN.email)
  await page.getByRole('button', { name: 'Apply' }).click()
  await page.getByText('1 user', { exact: true }).waitFor()
  await page.getByRole('link', { name: 'Invite a user' }).click()
  await page.getByLabel('Email address').fill('invited@example.com')
  await page.getByLabel('Full name').fill('Ida Noddack')
  await page.getByRole('button', { name: 'Send invitation' }).click()
  await page.getByText('We’ve sent the invitation to Ida Noddack.').waitFor()
  await page.goto('/admin/import')
  await page.getByLabel('Or paste lines here').fill('{"email":"x@example.com"}')
  await page.getByRole('button', { name: 'Import' }).click()
  await page.getByText('full_name: This field is required.').waitFor()
  await page.goto('/admin/users')
  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Download as CSV' }).click()
  assert.match((await download).suggestedFilename(), /^users-[\d-]+\.csv$/)
  assert.deepEqual(faults, [])
  await context.close()
})
