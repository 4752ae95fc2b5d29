/** A person is "the user" or "they" in everything that people read. */
import { globSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const PLACES = [
  '*.md',
  '.github/**/*.{md,yml}',
  'docs/**/*.md',
  'bench/*.md',
  'bench/{cost,growth,report,rows,runtime,scale,size,throughput,workers}/**/*.ts',
  'examples/**/*.{md,ts,js,mjs}',
  'packages/client/*.{md,ts}',
  // api.ts is made from the API document.
  'packages/client/src/!(api).ts',
  'scripts/**/*.{ts,mjs,sql}',
]

it('no text says he, his or him', () => {
  const files = PLACES.flatMap((pattern) => globSync(pattern)).filter(
    (file) => !file.includes('node_modules'),
  )
  expect(files.length).toBeGreaterThan(100)
  const found = files.flatMap((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .flatMap((line, i) =>
        /\b(he|his|him|himself)\b/i.test(line) ? `${file}:${i + 1} ${line.trim()}` : [],
      ),
  )
  expect(found).toEqual([])
})
