/** oidc-client-ts in a browser: a page of another site signs in by redirect and by popup, and renews its token. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Page } from 'playwright-core'
import { makeAdmin, registerApp } from './support/admin.ts'
import { pathOf, visit } from './support/browser.ts'
import { type Person, verifiedPerson } from './support/people.ts'
import { base } from './support/site.ts'
import { serveSpa } from './support/spa.ts'

const spa = await serveSpa()
after(() => spa.stop())
await makeAdmin()
const client_id = await registerApp({
  name: 'Board',
  kind: 'spa',
  redirect_uris: [`${spa.origin}/`, `${spa.origin}/popup`],
  post_logout_redirect_uris: [`${spa.origin}/`],
})
spa.configure({ authority: base, client_id })

const visitSpa = () => visit({ baseURL: spa.origin }, [spa.origin, base])

/** Signs in by Gatehouse's form, for the first time. */
async function signInAt(page: Page, { email, password }: Person): Promise<void> {
  await page.getByLabel('Email address').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('link', { name: 'Skip for now' }).click()
}

const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()
const says = (page: Page, text: string) => page.getByText(text).waitFor()

void test('sign-in by redirect, a reload, renewal by the refresh token, and sign-out', async () => {
  const { page, context, faults } = await visitSpa()
  const person = await verifiedPerson()
  await page.goto('/')
  await says(page, 'Signed out')
  await press(page, 'Sign in')
  await signInAt(page, person)
  await says(page, `Signed in as ${person.email}`)
  assert.equal(new URL(page.url()).search, '')
  await page.reload()
  await says(page, `Signed in as ${person.email}`)

  const token = await page.locator('#token').textContent()
  const renewing = page.waitForResponse(`${base}/oauth/token`)
  await press(page, 'Renew')
  assert.equal((await renewing).status(), 200)
  await page.waitForFunction(`document.getElementById('token').textContent !== '${token}'`)
  await says(page, `Signed in as ${person.email}`)

  // The app revokes its tokens first, and then sends its user to sign out of Gatehouse too.
  await press(page, 'Sign out')
  await page.waitForURL(`${spa.origin}/`)
  await says(page, 'Signed out')
  await press(page, 'Sign in')
  await page.getByLabel('Email address').waitFor()
  assert.equal(pathOf(page), '/sign-in')
  assert.deepEqual(faults, [])
  await context.close()
})

void test('sign-in in a window that closes by itself, and a second one without a question', async () => {
  const { page, context, faults } = await visitSpa()
  const person = await verifiedPerson()
  await page.goto('/')
  await says(page, 'Signed out')
  for (const isFirst of [true, false]) {
    const opening = page.waitForEvent('popup')
    await press(page, 'Sign in in a window')
    const popup = await opening
    const closing = popup.isClosed() ? undefined : popup.waitForEvent('close')
    if (isFirst) await signInAt(popup, person)
    await closing
    await says(page, `Signed in as ${person.email}`)
    await page.evaluate('sessionStorage.clear()')
    await page.reload()
    await says(page, 'Signed out')
  }
  assert.deepEqual(faults, [])
  await context.close()
})
