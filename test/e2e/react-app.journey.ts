/** examples/react-app in a browser: React in development, whose effects run twice, and the real service. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Page, Request } from 'playwright-core'
import { startExample } from '../../examples/react-app/start.ts'
import { ACCOUNT } from '../../scripts/local-app.ts'
import { type Visit, visit } from './support/browser.ts'
import { picture } from './support/look.ts'

const example = await startExample()
after(() => example.stop())

const open = async (): Promise<Visit> => {
  const made = await visit({ baseURL: example.origin }, [example.origin, example.service.base])
  await made.page.goto('/')
  return made
}

/** Signs in on the service's page, which the browser has been sent to. */
async function signIn(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL(`${example.service.base}/**`)
  await page.getByLabel('Email address').fill(ACCOUNT.email)
  await page.getByLabel('Password', { exact: true }).fill(ACCOUNT.password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByText(`Hello, ${ACCOUNT.full_name}`).waitFor()
}

const isTokenRequest = (request: Request) => request.url().endsWith('/oauth/token')

void test('a user signs in, reloads, opens a second tab and signs out in both', async () => {
  const { page, context, faults } = await open()
  const asked: (string | null)[] = []
  context.on('request', (request) => {
    if (isTokenRequest(request))
      asked.push(new URLSearchParams(request.postData() ?? '').get('grant_type'))
  })
  await page.getByText('You are signed out.').waitFor()
  await page.goto('/?mine=1#part')
  await signIn(page)
  assert.equal(page.url(), `${example.origin}/?mine=1#part`)
  assert.deepEqual(asked, ['authorization_code'])

  await page.reload()
  await page.getByText(`Hello, ${ACCOUNT.full_name}`).waitFor()
  await page.getByRole('button', { name: 'Who am I?' }).click()
  await page.getByText(`You are ${ACCOUNT.email}`).waitFor()
  await picture(page, 'react-app')

  const second = await context.newPage()
  await second.goto('/')
  await second.getByText(`Hello, ${ACCOUNT.full_name}`).waitFor()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.waitForURL(`${example.origin}/`)
  await page.getByText('You are signed out.').waitFor()
  await second.getByText('You are signed out.').waitFor()
  assert.deepEqual(asked, ['authorization_code'])

  // The service has forgotten the browser, too.
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByLabel('Password', { exact: true }).waitFor()
  assert.deepEqual(faults, [])
  await context.close()
})

void test('two tabs renew at once, again and again, and use no refresh token twice', async () => {
  const { page, context, faults } = await open()
  await signIn(page)
  const second = await context.newPage()
  await second.goto('/')
  const used: string[] = []
  context.on('request', (request) => {
    const token = isTokenRequest(request)
      ? new URLSearchParams(request.postData() ?? '').get('refresh_token')
      : null
    if (token !== null) used.push(token)
  })
  const rounds = 5
  for (let round = 1; round <= rounds; round++) {
    const tabs = [page, second]
    await Promise.all(
      tabs.map((tab) => tab.getByRole('button', { name: 'Renew the token' }).click()),
    )
    await Promise.all(
      tabs.map((tab) =>
        tab.getByText(`The token is another one (renewed ${round} times)`).waitFor(),
      ),
    )
  }
  assert.ok(used.length >= rounds, `${used.length} renewals`)
  assert.equal(new Set(used).size, used.length)
  for (const tab of [page, second]) {
    await tab.getByRole('button', { name: 'Who am I?' }).click()
    await tab.getByText(`You are ${ACCOUNT.email}`).waitFor()
  }
  assert.deepEqual(faults, [])
  await context.close()
})

void test('a user who disconnects the app is signed out of it', async () => {
  const { page, context, faults } = await open()
  await signIn(page)
  const account = await context.newPage()
  await account.goto(`${example.service.base}/account/apps`)
  account.on('dialog', (dialog) => void dialog.accept())
  await account.getByRole('button', { name: 'Disconnect A React app' }).click()
  await account.getByText('No app uses your account.').waitFor()
  await page.getByRole('button', { name: 'Who am I?' }).click()
  await page.getByText('You are signed out.').waitFor()
  assert.deepEqual(faults, [])
  await context.close()
})

void test('an unsolicited answer signs nobody in, and shows an error', async () => {
  const { page, context, faults } = await open()
  await page.goto('/?code=1&state=forged&iss=x')
  await page.getByRole('alert').waitFor()
  assert.equal(page.url(), `${example.origin}/`)
  await page.getByText('You are signed out.').waitFor()
  assert.deepEqual(faults, [])
  await context.close()
})
