/** /docs in a browser: it lists every operation, makes calls with a token, and breaks no policy. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AxeBuilder } from '@axe-core/playwright'
import { visit } from './support/browser.ts'
import { overflows, picture } from './support/look.ts'
import { verifiedPerson } from './support/people.ts'
import { base } from './support/site.ts'

interface Document {
  paths: Record<string, object>
}

async function operationCount(): Promise<number> {
  const { paths } = (await (await fetch(`${base}/openapi.json`)).json()) as Document
  return Object.values(paths).flatMap((path) => Object.keys(path)).length
}

void test('/docs lists every operation, and calls this host with the token that is entered', async () => {
  const { page, context, faults } = await visit()
  await page.goto('/docs')
  await page.locator('.opblock').first().waitFor()
  assert.equal(await page.locator('.opblock').count(), await operationCount())
  await picture(page, 'docs')

  const person = await verifiedPerson()
  const answer = await fetch(`${base}/api/v1/auth/login`, {
    method: 'POST',
    body: new URLSearchParams({ username: person.email, password: person.password }),
  })
  const { access_token: token } = (await answer.json()) as { access_token: string }
  await page.getByRole('button', { name: 'Authorize' }).first().click()
  const dialog = page.locator('.modal-ux')
  const byToken = dialog.locator('form').filter({ hasText: 'accessToken' })
  await byToken.locator('input').fill(token)
  await byToken.getByRole('button', { name: 'Apply credentials' }).click()
  await dialog.getByRole('button', { name: 'Close' }).first().click()

  const operation = page.locator('#operations-Profile-getUsersProfile')
  await operation.locator('.opblock-summary-control').click()
  await operation.getByRole('button', { name: 'Try it out' }).click()
  await operation.getByRole('button', { name: 'Execute' }).click()
  const live = operation.locator('.live-responses-table')
  await live.getByText('200', { exact: true }).first().waitFor()
  assert.match(await live.innerText(), new RegExp(person.email))
  await picture(page, 'docs-call')
  assert.deepEqual(faults, [])
  await context.close()
})

void test('/docs can be read and used by everybody, in both schemes and on a phone', async () => {
  for (const colorScheme of ['light', 'dark'] as const) {
    const { page, context, faults } = await visit({ colorScheme })
    await page.goto('/docs')
    await page.locator('.opblock').first().waitFor()
    await page.locator('.opblock-summary-control').first().click()
    await page.locator('.responses-inner').waitFor()
    // The viewer's own <main> lies in ours; it is made a group, which the rule would not have.
    const found = await new AxeBuilder({ page }).disableRules('aria-allowed-role').analyze()
    faults.push(
      ...found.violations.map(
        ({ id, nodes }) => `${id}: ${nodes.map(({ target }) => String(target)).join(' | ')}`,
      ),
    )
    for (const width of [320, 768, 1280]) {
      await page.setViewportSize({ width, height: 800 })
      if (await overflows(page)) faults.push(`/docs is wider than ${width}`)
      await picture(page, `docs-${colorScheme}-${width}`)
    }
    assert.deepEqual(faults, [])
    await context.close()
  }
})
