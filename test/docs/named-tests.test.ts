/** The tests that SECURITY.md, docs/promises.md and the list of attacks name as proofs exist. */
import { expect, test } from 'vitest'
import promises from '../../docs/promises.md?raw'
import security from '../../SECURITY.md?raw'
import attacks from '../conformance/README.md?raw'

const texts = import.meta.glob<string>('../**/*.test.ts', {
  query: '?raw',
  import: 'default',
  eager: true,
})
const files = Object.keys(texts).map((path) =>
  path.replace(/^\.\.\//, 'test/').replace(/^\.\//, 'test/docs/'),
)

/** A name may end in a slash or contain stars. */
function exists(name: string): boolean {
  const pattern = name.replaceAll('.', '\\.').replaceAll('*', '[^/]*').replace(/\/$/, '/.*')
  return files.some((file) => new RegExp(`^${pattern}(/.*)?$`).test(file))
}

const PAGES = {
  'SECURITY.md': security,
  'docs/promises.md': promises,
  'test/conformance/README.md': attacks,
}

test.each(Object.entries(PAGES))('every test that %s names', (_, page) => {
  const names = Array.from(
    page.matchAll(/`(test\/[^` ]+(?:\/|\.test\.ts|\*))`/g),
    ([, name = '']) => name,
  )
  expect(names.length).toBeGreaterThan(20)
  expect(names.filter((name) => !exists(name))).toEqual([])
})
