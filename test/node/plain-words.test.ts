/**
 * A person is "the user" or "they". No source, test, document or served text calls a person "he",
 * and no identifier does (`notHimself`). test/openapi/plain-words.test.ts checks the OpenAPI
 * document.
 */
import { globSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { wordsForHim } from '../support/plain-words.ts'

/** Files that hold the words themselves, or somebody else's data. */
const EXEMPT = [
  'test/{node,openapi,support}/plain-words{,.test}.ts',
  // A name that a user typed: `He said "hi"`.
  'test/user-search/search.test.ts',
  // Base64 happens to hold `He`.
  'test/migrate/fixtures/keycloak/engines-realm.json',
].flatMap((pattern) => globSync(pattern))

const files = [
  '{README,CONTRIBUTING,SECURITY}.md',
  '{src,docs,scripts,packages,examples,test}/**/*.{ts,tsx,js,mjs,md,sql,html,css,toml,json}',
]
  .flatMap((pattern) => globSync(pattern))
  .filter((file) => !/(^|\/)(node_modules|dist)\//.test(file) && !EXEMPT.includes(file))

it('reads the whole product and its tests', () => {
  expect(files).toEqual(
    expect.arrayContaining([
      'README.md',
      'docs/concepts.md',
      'examples/protected-worker/src/index.ts',
      'packages/client/src/api.ts',
      'scripts/deploy.ts',
      'src/index.ts',
      'src/texts/en/mail.ts',
      'test/rbac/outranked.test.ts',
    ]),
  )
})

it('no line calls a person he', () => {
  const found = files.flatMap((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .flatMap((line, i) => wordsForHim(line).map((word) => `${file}:${i + 1}: ${word}`)),
  )
  expect(found).toEqual([])
})
