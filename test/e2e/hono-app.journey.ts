/** examples/hono-app in a browser: a Worker that renders pages, and the real service, which ends its sessions. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Page } from 'playwright-core'
import { startExample } from '../../examples/hono-app/start.ts'
import { importLine } from '../../scripts/smoke/verification.ts'
import { type Visit, visit } from './support/browser.ts'
import { picture } from './support/look.ts'

const PASSWORD = 'Correct-Horse-7'
const PATIENCE_MS = 30_000
const { origin, service, stop } = await startExample()
after(stop)

let people = 0
/** Somebody who is no admin. */
async function newUser(): Promise<{ id: number; email: string }> {
  people += 1
  const email = `person${people}@example.com`
  await service.ask('POST', '/admin/import', importLine({ email, password: PASSWORD }))
  const { items } = await service.ask('GET', `/admin/users?search=${email}`)
  const [found] = items as { id: number }[]
  return { id: found?.id ?? 0, email }
}

const open = (): Promise<Visit> => visit({ baseURL: origin }, [origin, service.base])

async function signIn(page: Page, email: string): Promise<void> {
  await page.getByLabel('Email address').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  const skip = page.getByRole('link', { name: 'Skip for now' })
  await skip.or(page.getByText('The notes of')).first().waitFor()
  // The first sign-in of a user has a welcome on its way.
  if ((await skip.count()) > 0) await skip.click()
}

void test('a user signs in from a page, stays signed in over a reload, and signs out', async () => {
  const { email } = await newUser()
  const { page, context, faults } = await open()
  await page.goto('/notes')
  await signIn(page, email)
  await page.getByText(`The notes of ${email}`).waitFor()
  assert.equal(page.url(), `${origin}/notes`)
  await page.reload()
  await page.getByText(`The notes of ${email}`).waitFor()
  const cookies = (await context.cookies(origin)).filter(({ name }) => name.startsWith('gatehouse'))
  assert.deepEqual(
    cookies.map(({ name, httpOnly, sameSite }) => [name, httpOnly, sameSite]),
    [['gatehouse', true, 'Lax']],
  )
  console.log(`session cookie: ${cookies[0]?.value.length} bytes`)
  await page.goto('/')
  await picture(page, 'hono-app')
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.waitForURL(`${origin}/`)
  await page.getByText('You are signed out.').waitFor()
  await page.getByRole('link', { name: 'Sign in' }).click()
  await page.getByLabel('Password', { exact: true }).waitFor()
  assert.deepEqual(faults, [])
  await context.close()
})

void test('two tabs that sign in at once both arrive', async () => {
  const { email } = await newUser()
  const { page, context, faults } = await open()
  const second = await context.newPage()
  await Promise.all([page.goto('/notes'), second.goto('/notes')])
  await signIn(page, email)
  await page.getByText(`The notes of ${email}`).waitFor()
  await signIn(second, email)
  await second.getByText(`The notes of ${email}`).waitFor()
  await page.reload()
  await page.getByText(`The notes of ${email}`).waitFor()
  assert.deepEqual(faults, [])
  await context.close()
})

void test('an admin revokes the sessions: the app hears of it and signs the user out', async () => {
  const { id, email } = await newUser()
  const [one, two] = [await open(), await open()]
  for (const { page } of [one, two]) {
    await page.goto('/notes')
    await signIn(page, email)
    await page.getByText(`The notes of ${email}`).waitFor()
  }
  await service.ask('DELETE', `/admin/users/${id}/sessions`)
  for (const { page, context, faults } of [one, two]) {
    const end = Date.now() + PATIENCE_MS
    do {
      await page.goto('/')
      await page.getByRole('heading', { name: 'A Hono app' }).waitFor()
    } while ((await page.getByText('You are signed out.').count()) === 0 && Date.now() < end)
    await page.getByText('You are signed out.').waitFor()
    await page.goto('/notes')
    await page.getByLabel('Password', { exact: true }).waitFor()
    assert.deepEqual(faults, [])
    await context.close()
  }
})
