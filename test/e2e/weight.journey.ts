/** What a page costs over the wire, that nothing of it jumps, and that comforts do what they promise. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { makeAdmin, signInAsAdmin } from './support/admin.ts'
import { visit } from './support/browser.ts'
import { verifiedPerson, signInToAccount } from './support/people.ts'

const BUDGET_BYTES = 60 * 1024
const SHIFT = `new Promise((resolve) => {
  let total = 0
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) total += entry.value
  }).observe({ type: 'layout-shift', buffered: true })
  setTimeout(() => resolve(total), 300)
})`

const PLACES: [path: string, who: 'nobody' | 'person' | 'admin'][] = [
  ['/sign-in', 'nobody'],
  ['/sign-up', 'nobody'],
  ['/account', 'person'],
  ['/account/two-factor', 'person'],
  ['/account/sessions', 'person'],
  ['/account/apps', 'person'],
  ['/admin', 'admin'],
  ['/admin/users', 'admin'],
  ['/admin/audit', 'admin'],
  ['/admin/roles', 'admin'],
]

before(makeAdmin)

for (const [path, who] of PLACES) {
  void test(`the first visit of ${path} weighs little and does not jump`, async (t) => {
    const { page, context, faults } = await visit()
    if (who === 'person') await signInToAccount(page, await verifiedPerson())
    if (who === 'admin') await signInAsAdmin(page, '/account')
    const session = await context.newCDPSession(page)
    await session.send('Network.enable')
    await session.send('Network.clearBrowserCache')
    let bytes = 0
    let requests = 0
    session.on('Network.loadingFinished', (event) => {
      bytes += event.encodedDataLength
      requests += 1
    })
    await page.goto(path, { waitUntil: 'networkidle' })
    t.diagnostic(`weight: ${path} ${(bytes / 1024).toFixed(1)} KiB in ${requests} requests`)
    assert.ok(bytes > 2000 && bytes < BUDGET_BYTES, `${bytes} bytes`)
    assert.ok(Number(await page.evaluate(SHIFT)) < 0.01)
    assert.deepEqual(faults, [])
    await context.close()
  })
}

void test('password rules are ticked off as one types, and a password can be looked at', async () => {
  const { page, context, faults } = await visit()
  await page.goto('/sign-up')
  const met = () => page.locator('.rules .is-met').count()
  const field = page.getByLabel('Password', { exact: true })
  assert.equal(await met(), 0)
  await field.fill('Abcdef12')
  assert.equal(await met(), 4)
  await field.fill('Abcdef12!')
  assert.equal(await met(), 5)
  await page.getByRole('button', { name: 'Show password' }).click()
  assert.equal(await field.getAttribute('type'), 'text')
  await page.getByRole('button', { name: 'Hide password' }).click()
  assert.equal(await field.getAttribute('type'), 'password')
  assert.deepEqual(faults, [])
  await context.close()
})

void test('the language switch turns the page, and stays', async () => {
  const { page, context, faults } = await visit()
  await page.goto('/sign-in?next=%2Faccount%2Femail')
  await page.getByRole('button', { name: 'Deutsch' }).click()
  await page.getByRole('heading', { name: 'Anmelden' }).waitFor()
  assert.match(page.url(), /next=%2Faccount%2Femail$/)
  assert.equal(await page.evaluate('document.documentElement.lang'), 'de')
  await page.getByRole('link', { name: 'Konto erstellen' }).click()
  await page.getByRole('heading', { name: 'Konto erstellen' }).waitFor()
  assert.deepEqual(faults, [])
  await context.close()
})
