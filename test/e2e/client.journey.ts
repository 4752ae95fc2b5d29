/** examples/client-in-a-page in a browser: a page of another origin, which the service must know. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { servePage } from '../../examples/client-in-a-page/server.ts'
import { ACCOUNT, startExample } from '../../examples/client-in-a-page/start.ts'
import { visit } from './support/browser.ts'
import { picture } from './support/look.ts'

const example = await startExample(0)
after(() => example.stop())

void test('a page of an allowed origin signs in, calls, hears of problems and signs out', async () => {
  const { page, context, faults } = await visit({ baseURL: example.origin }, [
    example.origin,
    example.service.base,
  ])
  await page.goto('/')
  await page.getByLabel('Email').fill(ACCOUNT.email)
  await page.getByLabel('Password').fill('Wrong-Horse-7')
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByText('Incorrect email or password').waitFor()

  await page.getByLabel('Password').fill(ACCOUNT.password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByText('Hello, Ada Lovelace').waitFor()
  await page.getByRole('button', { name: 'Load sessions' }).click()
  await page.getByText('This page, since').waitFor()
  await picture(page, 'client-in-a-page')

  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByLabel('Email').waitFor()
  assert.equal(await page.evaluate('localStorage.length + sessionStorage.length'), 0)
  assert.deepEqual(faults, [])
  await context.close()
})

void test('a page of any other origin cannot read an answer: unreachable', async () => {
  const stranger = await servePage(0)
  stranger.pointTo(example.service.base)
  const { page, context } = await visit({ baseURL: stranger.origin })
  await page.goto('/')
  await page.getByLabel('Email').fill(ACCOUNT.email)
  await page.getByLabel('Password').fill(ACCOUNT.password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByText('The service cannot be reached').waitFor()
  await context.close()
  stranger.stop()
})
