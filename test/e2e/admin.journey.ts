/** The admin console in a browser: what an administrator does, with scripts, without, and by keyboard. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { ADMIN, failSignIns, importLines, setUp, signInAsAdmin } from './admin-site.ts'
import { pathOf, visit } from './support/browser.ts'
import { lookAt, overflows, picture } from './support/look.ts'
import { confirmedPerson, signIn, signInToAccount } from './support/people.ts'

let faultsOfSetUp: string[]
before(async () => {
  faultsOfSetUp = await setUp()
  await failSignIns(3)
})

void test('the first administrator is set up by a page that works once', async () => {
  assert.deepEqual(faultsOfSetUp, [])
  const { page, context } = await visit()
  assert.equal((await page.goto('/setup'))?.status(), 404)
  await context.close()
})

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
  assert.deepEqual(faults, [])
  await context.close()
})

const PAGES: [string, string][] = [
  ['admin', '/admin'],
  ['admin-users', '/admin/users'],
  ['admin-users-none', '/admin/users?search=zzzzz'],
  ['admin-invite', '/admin/users/new'],
  ['admin-user', '/admin/users/5'],
  ['admin-user-edit', '/admin/users/5/edit'],
  ['admin-user-sessions', '/admin/users/1/sessions'],
  ['admin-user-activity', '/admin/users/1/activity'],
  ['admin-roles', '/admin/roles'],
  ['admin-role-new', '/admin/roles/new'],
  ['admin-role', '/admin/roles/edit/moderator'],
  ['admin-audit', '/admin/audit'],
  ['admin-outbox', '/admin/outbox'],
  ['admin-outbox-dead', '/admin/outbox?status=dead'],
  ['admin-import', '/admin/import'],
]

void test('every page of the console, looked at with all that it can unfold', async () => {
  const { page, context, faults } = await visit()
  await signInAsAdmin(page, '/admin')
  for (const [name, path] of PAGES) {
    await page.goto(path)
    await picture(page, `${name}-closed`)
    await page.evaluate(
      "document.querySelectorAll('details').forEach((each) => (each.open = true))",
    )
    faults.push(...(await lookAt(page, name)))
  }
  assert.deepEqual(faults, [])
  await context.close()
})

void test('the console in German fits a small phone', async () => {
  const { page, context, faults } = await visit({ viewport: { width: 320, height: 640 } })
  await signInAsAdmin(page, '/admin')
  await page.getByRole('button', { name: 'Deutsch' }).click()
  await page.getByRole('heading', { name: 'Überblick' }).waitFor()
  for (const [name, path] of PAGES) {
    await page.goto(path)
    await picture(page, `${name}-de-320`)
    if (await overflows(page)) faults.push(`${name} is too wide in German`)
  }
  await page.getByRole('button', { name: 'English' }).click()
  await page.waitForLoadState()
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
  await page.getByLabel('Choose all on this page').check()
  await page.getByRole('button', { name: 'Deactivate' }).click()
  await page.getByRole('heading', { name: 'Deactivate 20 users?' }).waitFor()
  faults.push(...(await lookAt(page, 'admin-bulk')))
  await page.getByRole('button', { name: 'Deactivate' }).click()
  await page.getByText('Deactivated: 20.').waitFor()
  assert.deepEqual(faults, [])
  await context.close()
})

void test('who is deactivated while his page is open lands on sign-in at the next click', async () => {
  const person = await confirmedPerson('Open Page')
  const theirs = await visit()
  await signInToAccount(theirs.page, person)
  const { page, context, faults } = await visit()
  await signInAsAdmin(page, `/admin/users?search=${encodeURIComponent(person.email)}`)
  await page.getByRole('link', { name: person.name }).click()
  await page.locator('summary', { hasText: 'Deactivate' }).click()
  await page.getByRole('button', { name: 'Deactivate this account' }).click()
  await page.getByText('every session has ended').waitFor()
  await theirs.page.getByRole('link', { name: 'Sessions' }).click()
  await theirs.page.waitForURL(/\/sign-in/)
  await signIn(theirs.page, person)
  assert.equal(pathOf(theirs.page), '/sign-in')
  assert.deepEqual([...faults, ...theirs.faults], [])
  await theirs.context.close()
  await context.close()
})

void test('by keyboard alone: a role is given, and the last administrator stays', async () => {
  const { page, context, faults } = await visit()
  await signInAsAdmin(page, '/admin/users/8')
  const tabTo = async (name: string) => {
    for (let stops = 0; stops < 60; stops++) {
      await page.keyboard.press('Tab')
      const at = String(
        await page.evaluate(
          "document.activeElement.labels?.[0]?.textContent ?? document.activeElement.innerText ?? ''",
        ),
      )
      if (at.trim().startsWith(name)) return
    }
    throw new Error(`Tab never came to ${name}`)
  }
  await tabTo('Choose a role')
  await page.keyboard.type('admin')
  await tabTo('Add')
  await page.keyboard.press('Enter')
  await page.getByText('The role admin is added.').waitFor()
  await page.getByRole('button', { name: 'Remove the role admin' }).focus()
  await page.keyboard.press('Enter')
  await page.getByText('The role admin is removed.').waitFor()

  await page.goto('/admin/users/1')
  await tabTo('Delete')
  await page.keyboard.press('Enter')
  await tabTo('Delete for good')
  await page.keyboard.press('Enter')
  await page.getByText('The last active administrator must stay.').waitFor()
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
  await page.getByRole('button', { name: 'Send the invitation' }).click()
  await page.getByText('The invitation for Ida Noddack is on its way.').waitFor()
  await page.goto('/admin/import')
  await page.getByLabel('Or paste lines here').fill('{"email":"x@example.com"}')
  await page.getByRole('button', { name: 'Import' }).click()
  await page.getByText('full_name: Please fill this in.').waitFor()
  await page.goto('/admin/users')
  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Download as CSV' }).click()
  assert.match((await download).suggestedFilename(), /^users-[\d-]+\.csv$/)
  assert.deepEqual(faults, [])
  await context.close()
})
