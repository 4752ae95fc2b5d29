/** The document as it is served, held against the rules of redocly.yaml: not even a warning. */
import { lintFromString, loadConfig } from '@redocly/openapi-core'
import { beforeAll, expect, it } from 'vitest'
import { servedDocument } from '../../scripts/openapi-document.ts'

let document: string
beforeAll(async () => {
  document = JSON.stringify(await servedDocument())
}, 60_000)

async function complaints(source: string): Promise<string[]> {
  const config = await loadConfig({ configPath: 'redocly.yaml' })
  const problems = await lintFromString({ source, config })
  return problems.map(
    ({ ruleId, message, location }) => `${ruleId}: ${message} (${location[0]?.pointer})`,
  )
}

it('the API document passes the linter without a warning', async () => {
  expect(await complaints(document)).toEqual([])
})

it.each([
  ['without a summary', '"summary":"Sign in",', '', 'operation-summary'],
  [
    'with an example that is none',
    '"remember_me":true}',
    '"remember_me":1}',
    'media-type-examples',
  ],
  ['with a tag that is not described', '"tags":["Sessions"]', '"tags":["Else"]', 'tag-defined'],
  ['with a reference to nothing', 'schemas/Problem"', 'schemas/Nothing"', 'no-unresolved-refs'],
])('one %s would not', async (_, from, to, rule) => {
  expect(document).toContain(from)
  expect((await complaints(document.replace(from, to))).join('\n')).toContain(rule)
})
