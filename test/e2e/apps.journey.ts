/**
 * An app on another origin signs its users in here, in Chromium: sign-in, second factor and consent, by redirect,
 * by popup and by a posted form. Chromium stops redirects to other sites behind our forms, and cuts a popup from
 * its opener, unless each answer on the way is right.
 */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { codeAt, STEP_MS } from '../support/totp.ts'
import { ADMIN, makeAdmin, registerApp } from './support/admin.ts'
import { pathOf, visit } from './support/browser.ts'
import { type ClientApp, startClientApp } from './support/client-app.ts'
import { keyboard, pointer } from './support/hands.ts'
import { lookAt } from './support/look.ts'
import { serveDocument } from './support/metadata-document.ts'
import { LONG_NAME, type Person, signInToAccount, verifiedPerson } from './support/people.ts'
import { base, mailedPath } from './support/site.ts'

await makeAdmin()

async function api(method: string, path: string, body: object, token?: string) {
  const answered = await fetch(`${base}/api/v1${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  })
  if (!answered.ok) throw new Error(`${path} answered ${answered.status}`)
  return (await answered.json()) as Record<string, string>
}
const tokenOf = async ({ email, password }: Person) =>
  (await api('POST', '/auth/login', { username: email, password }))['access_token']

const adminToken = (await tokenOf(ADMIN)) ?? ''
const third = await startClientApp(adminToken, { name: 'Photo Prints', first_party: false })
const own = await startClientApp(adminToken, { name: 'Orders', first_party: true })
after(() => [third, own].forEach((app) => app.stop()))

const visitApp = async (app: ClientApp, more?: Record<string, string>) => {
  const visited = await visit({}, [base, app.origin])
  await visited.page.goto(`${app.origin}/?request=${encodeURIComponent(app.request(more))}`)
  return { ...visited, ...pointer(visited.page) }
}
const says = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor()

async function signIn(page: Page, person: Person): Promise<void> {
  const { type, press } = pointer(page)
  await type('Email address', person.email)
  await type('Password', person.password)
  await press('Sign in')
}

void test('sign-in, second factor and consent, by redirect; later at once', async () => {
  const person = await verifiedPerson()
  const token = (await tokenOf(person)) ?? ''
  const { secret = '' } = await api(
    'POST',
    '/users/2fa/setup',
    { password: person.password },
    token,
  )
  await api(
    'POST',
    '/users/2fa/enable',
    { code: await codeAt(secret, Date.now() - STEP_MS) },
    token,
  )
  const { page, context, faults, type, press } = await visitApp(third)

  await press('Sign in')
  await says(page, 'Continue to Photo Prints')
  faults.push(...(await lookAt(page, 'apps-sign-in')))
  await signIn(page, person)
  await says(page, 'Enter the code from your authenticator app')
  await type('Six-digit code', await codeAt(secret))
  await press('Continue')
  await page.waitForURL((url) => url.pathname !== '/sign-in/second-factor')
  if (pathOf(page) === '/welcome') await press('Skip for now')
  await says(page, 'Allow Photo Prints to use your account?')
  await says(page, person.email)
  await says(page, new URL(third.origin).host)
  faults.push(...(await lookAt(page, 'apps-consent')))
  await press('Allow')
  await says(page, `GET signed in: ${person.email}`)

  await page.goto(`${base}/account/apps`)
  await says(page, 'Photo Prints')
  faults.push(...(await lookAt(page, 'account-apps-connected')))

  // Remembered: a redirect, without a page of ours in between.
  await page.goto(`${third.origin}/?request=${encodeURIComponent(third.request())}`)
  await press('Sign in')
  await says(page, `GET signed in: ${person.email}`)

  // A form of the app's, and an answer that is posted.
  const posted = third.request({ response_mode: 'form_post' })
  await page.goto(`${third.origin}/?request=${encodeURIComponent(posted)}`)
  await press('Sign in by form')
  await says(page, `POST signed in: ${person.email}`)
  assert.deepEqual(faults, [])
  await context.close()
})

void test('a popup keeps its opener through all pages', async () => {
  const person = await verifiedPerson()
  const { page, context, faults, press } = await visitApp(third)
  const opening = page.waitForEvent('popup')
  await press('Sign in by popup')
  const popup = await opening
  await says(popup, 'Continue to Photo Prints')
  await pointer(popup).press('Deutsch')
  await says(popup, 'Weiter zu Photo Prints')
  await pointer(popup).press('English')
  await signIn(popup, person)
  await popup.waitForURL((url) => url.pathname !== '/sign-in')
  if (pathOf(popup) === '/welcome') await pointer(popup).press('Skip for now')
  await says(popup, 'Allow Photo Prints to use your account?')
  assert.equal(await popup.evaluate('opener !== null'), true)
  const closing = popup.waitForEvent('close')
  await pointer(popup).press('Don’t allow')
  await closing
  await says(page, 'popup: GET access_denied')
  assert.deepEqual(faults, [])
  await context.close()
})

void test('a first-party app asks nothing, and prompt=login asks for the password again', async () => {
  const person = await verifiedPerson()
  const { page, context, faults, press, type } = await visitApp(own)
  await press('Sign in')
  await signIn(page, person)
  await page.waitForURL((url) => url.pathname !== '/sign-in')
  if (pathOf(page) === '/welcome') await press('Skip for now')
  await says(page, `GET signed in: ${person.email}`)

  await setTimeout(50)
  await page.goto(own.request({ prompt: 'login' }))
  await says(page, 'Orders asks you to confirm that it’s you.')
  faults.push(...(await lookAt(page, 'apps-confirm')))
  await type('Current password', person.password)
  await press('Confirm')
  await says(page, `GET signed in: ${person.email}`)

  await page.goto(own.request({ prompt: 'select_account' }))
  faults.push(...(await lookAt(page, 'apps-select')))
  await press(`Continue as ${person.name}`)
  await says(page, `GET signed in: ${person.email}`)
  assert.deepEqual(faults, [])
  await context.close()
})

void test('a sign-up that began at an app ends there, by the link in the email', async () => {
  const { page, context, faults, press, type } = await visitApp(own, { prompt: 'create' })
  const email = 'new-user-of-an-app@example.com'
  await press('Sign in')
  await says(page, 'Continue to Orders')
  await type('Full name', 'Radia Perlman')
  await type('Email address', email)
  await type('Password', ADMIN.password)
  await press('Create account')
  await says(page, 'Check your email')
  await page.goto(await mailedPath(email, '/verify-email'))
  await press('Confirm my email address')
  await page.waitForURL((url) => url.pathname !== '/verify-email')
  if (pathOf(page) === '/welcome') await press('Skip for now')
  await says(page, `GET signed in: ${email}`)
  assert.deepEqual(faults, [])
  await context.close()
})

void test('a request that is wrong shows a page that fits every screen', async () => {
  const { page, context, faults } = await visit()
  await page.goto(own.request({ redirect_uri: 'https://evil.example/' }))
  await says(page, 'This sign-in can’t continue')
  faults.push(...(await lookAt(page, 'apps-refused')))
  assert.equal(pathOf(page), '/oauth/authorize')
  assert.deepEqual(faults, [])
  await context.close()
})

void test('a device signs in with a code, and another is refused', async () => {
  const client_id = await registerApp({ name: 'Television', kind: 'native', device_flow: true })
  const newCode = async (): Promise<string> => {
    const body = new URLSearchParams({ client_id, scope: 'openid profile offline_access' })
    const answered = await fetch(`${base}/oauth/device`, { method: 'POST', body })
    return ((await answered.json()) as { user_code: string }).user_code
  }
  const { page, context, faults } = await visit()
  const { type, press } = keyboard(page)
  await signInToAccount(page, await verifiedPerson())
  await page.goto('/device')
  await type('Code', 'BCDF-GHJK')
  await press('Continue')
  await page.getByRole('alert').waitFor()
  faults.push(...(await lookAt(page, 'device-refused')))
  await page.goto(`/device?user_code=${await newCode()}`)
  await press('Continue')
  await says(page, 'Sign in to Television on your device?')
  faults.push(...(await lookAt(page, 'device-decide')))
  await press('Allow')
  await says(page, 'You can go back to your device')
  faults.push(...(await lookAt(page, 'device-allowed')))
  await page.goto(`/device?user_code=${await newCode()}`)
  await press('Continue')
  await press('Don’t allow')
  await says(page, 'The device can’t sign in')
  faults.push(...(await lookAt(page, 'device-denied')))
  assert.deepEqual(faults, [])
  await context.close()
})

void test('an app that nobody has registered, and an app that the user may not use', async () => {
  const { page, context, faults, press } = await visitApp(own)
  await press('Sign in')
  await signIn(page, await verifiedPerson(LONG_NAME))
  await page.waitForURL((url) => url.pathname !== '/sign-in')
  if (pathOf(page) === '/welcome') await press('Skip for now')
  await says(page, 'GET signed in')

  const document = await serveDocument()
  await page.goto(own.request({ client_id: document.clientId, redirect_uri: document.redirectUri }))
  await says(page, 'This app hasn’t been reviewed')
  faults.push(...(await lookAt(page, 'apps-consent-unknown')))
  document.stop()

  const forAdmins = await registerApp({
    name: 'Back office',
    kind: 'web',
    redirect_uris: [`${own.origin}/callback`],
    required_permission: 'admin:users',
  })
  await page.goto(own.request({ client_id: forAdmins }))
  await says(page, 'You don’t have access to Back office')
  faults.push(...(await lookAt(page, 'apps-not-allowed')))

  await page.goto('/oauth/sign-out')
  await says(page, 'Sign out?')
  faults.push(...(await lookAt(page, 'apps-sign-out')))
  await keyboard(page).press('Sign out')
  await says(page, 'You’re signed out')
  assert.deepEqual(faults, [])
  await context.close()
})
