/** The console about apps and APIs: every page looked at, and an app that is created by keyboard. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeAdmin, signInAsAdmin } from './support/admin.ts'
import { makeApps, METADATA_ID } from './support/apps.ts'
import { pathOf, visit } from './support/browser.ts'
import { keyboard, pointer } from './support/hands.ts'
import { otherLanguages } from './support/languages.ts'
import { lookAt, lookAtAll, overflows, picture } from './support/look.ts'

await makeAdmin()
{
  const { page, context } = await visit()
  await signInAsAdmin(page, '/admin/apps')
  await picture(page, 'admin-apps-none')
  await context.close()
}
const apps = await makeApps()

const PAGES: [string, string][] = [
  ['admin-apps', '/admin/apps'],
  ['admin-apps-kinds', '/admin/apps/new'],
  ['admin-apps-new-web', '/admin/apps/new?kind=web'],
  ['admin-apps-new-native', '/admin/apps/new?kind=native'],
  ['admin-apps-new-machine', '/admin/apps/new?kind=machine'],
  ['admin-app-web', `/admin/apps/${apps.web}`],
  ['admin-app-third-party', `/admin/apps/${apps.thirdParty}`],
  ['admin-app-native', `/admin/apps/${apps.device}`],
  ['admin-app-machine', `/admin/apps/${apps.service}`],
  ['admin-app-metadata', `/admin/apps/${encodeURIComponent(METADATA_ID)}`],
  ['admin-app-logouts', `/admin/apps/${apps.web}/logout-deliveries`],
  ['admin-app-logouts-none', `/admin/apps/${apps.thirdParty}/logout-deliveries`],
  ['admin-apis', '/admin/apps/resources'],
  ['admin-api-new', '/admin/apps/resources/new'],
  ['admin-api', `/admin/apps/resources/edit/${apps.api}`],
]

void test('every page about apps, with all that it can unfold', async () => {
  const { page, context, faults } = await visit()
  await signInAsAdmin(page, '/admin/apps')
  faults.push(...(await lookAtAll(page, PAGES)))
  assert.deepEqual(faults, [])
  await context.close()
})

void test('secrets of apps and APIs, shown once', async () => {
  const { page, context, faults } = await visit()
  const { type, press } = pointer(page)
  await signInAsAdmin(page, '/admin/apps/new?kind=machine')
  await type('Name', 'Nightly export')
  await press('Create app')
  await page.getByText('Store the secret now').waitFor()
  faults.push(...(await lookAt(page, 'admin-app-secret')))
  await press('I’ve stored it')
  await page.getByRole('heading', { name: 'Nightly export' }).waitFor()

  await page.locator('summary', { hasText: 'Replace the secret' }).click()
  await page.getByRole('button', { name: 'Replace the secret' }).click()
  await page.getByText('The previous secret still works until').waitFor()
  faults.push(...(await lookAt(page, 'admin-app-rotated')))
  await press('I’ve stored it')
  await page.getByText('The previous secret still works until').waitFor()

  await page.goto('/admin/apps/resources/new')
  await type('Identifier', 'not a URI')
  await type('Name', 'Invoices')
  await type('Token lifetime in minutes', '5')
  await press('Create API')
  await page.getByRole('alert').waitFor()
  faults.push(...(await lookAt(page, 'admin-api-refused')))
  await type('Identifier', 'https://api.example.com/invoices')
  await type('Token lifetime in minutes', '10')
  await press('Create API')
  await page.getByText('Store the secret now').waitFor()
  faults.push(...(await lookAt(page, 'admin-api-secret')))
  assert.deepEqual(faults, [])
  await context.close()
})

void test('redirect URIs are checked while they are typed, and the app is created by keyboard', async () => {
  const { page, context, faults } = await visit()
  await signInAsAdmin(page, '/admin/apps')
  const { type, press } = keyboard(page)
  await press('New app')
  await page.waitForURL('**/admin/apps/new')
  await press('App in the browser')
  await page.waitForURL('**/admin/apps/new?kind=spa')
  const checks = page.locator('.uri-checks').first().getByRole('listitem')
  await type('Name', 'Shop at home')
  await type('Redirect URIs', 'http://shop.example.com/\nhttps://shop.example.com/')
  await checks.filter({ hasText: 'http://shop.example.com/ Addresses must start with' }).waitFor()
  await checks.filter({ hasText: 'https://shop.example.com/ can be used' }).waitFor()
  faults.push(...(await lookAt(page, 'admin-apps-checked')))
  await press('Create app')
  await page.getByRole('alert').waitFor()
  assert.equal(pathOf(page), '/admin/apps/new')
  faults.push(...(await lookAt(page, 'admin-apps-refused')))
  await type('Redirect URIs', 'https://shop.example.com/')
  await checks.filter({ hasText: 'http://shop.example.com/' }).waitFor({ state: 'detached' })
  assert.deepEqual(await checks.allInnerTexts(), ['https://shop.example.com/ can be used'])
  await press('Create app')
  await page.getByText('has been created').waitFor()
  assert.deepEqual(faults, [])
  await context.close()
})

void test('the pages about apps in other languages fit a small phone', async () => {
  const { page, context, faults } = await visit({ viewport: { width: 320, height: 640 } })
  await signInAsAdmin(page, '/admin/apps')
  for (const { code, name: language } of await otherLanguages()) {
    await page.goto('/admin/apps')
    await page.getByRole('button', { name: language, exact: true }).click()
    await page.locator(`html[lang="${code}"]`).waitFor()
    for (const [name, path] of PAGES) {
      await page.goto(path)
      await picture(page, `${name}-${code}-320`)
      if (await overflows(page)) faults.push(`${name} is too wide in ${language}`)
    }
  }
  assert.deepEqual(faults, [])
  await context.close()
})
