/** The document as it is served: by the rules of redocly.yaml, and the client's types are made from it. */
import { readFileSync } from 'node:fs'
import { lintFromString, loadConfig } from '@redocly/openapi-core'
import { beforeAll, expect, it } from 'vitest'
import { apiTypes } from '../../packages/client/generate.ts'
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
}, 60_000)

it('one with faults would not', async () => {
  const faults = [
    ['"summary":"Sign in",', '', 'operation-summary'],
    ['"remember_me":true}', '"remember_me":1}', 'media-type-examples'],
    ['"tags":["Sessions"]', '"tags":["Else"]', 'tag-defined'],
    ['schemas/Problem"', 'schemas/Nothing"', 'no-unresolved-refs'],
  ] as const
  let faulty = document
  for (const [from, to] of faults) {
    expect(faulty).toContain(from)
    faulty = faulty.replace(from, to)
  }
  const said = (await complaints(faulty)).join('\n')
  for (const [, , rule] of faults) expect(said).toContain(rule)
}, 60_000)

it('the types of @gatehouse/client are made from it (npm run generate:client)', async () => {
  const types = await apiTypes(JSON.parse(document) as Record<string, unknown>)
  const file = `${import.meta.dirname}/../../packages/client/src/api.ts`
  expect(readFileSync(file, 'utf8') === types, 'run npm run generate:client').toBe(true)
})
