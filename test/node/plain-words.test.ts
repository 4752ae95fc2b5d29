/**
 * A person is "the user" or "they". No source, document or served text calls a person "he", and no
 * identifier does (`notHimself`). test/openapi/plain-words.test.ts checks the OpenAPI document.
 */
import { globSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { wordsForHim } from '../support/plain-words.ts'

const files = [
  '{README,CONTRIBUTING,SECURITY}.md',
  '{src,docs,scripts,packages,examples}/**/*.{ts,tsx,js,mjs,md,sql,html,css,toml,json}',
]
  .flatMap((pattern) => globSync(pattern))
  .filter((file) => !/(^|\/)(node_modules|dist)\//.test(file))

it('reads the whole product', () => {
  expect(files).toEqual(
    expect.arrayContaining([
      'README.md',
      'docs/concepts.md',
      'examples/protected-worker/src/index.ts',
      'packages/client/src/api.ts',
      'scripts/deploy.ts',
      'src/index.ts',
      'src/texts/en/mail.ts',
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
