/** docs/architecture.md names every folder of src/ and every trigger of the database, and no other. */
import { expect, test } from 'vitest'
import page from '../../docs/architecture.md?raw'
import { rowsOf } from '../db/rows'

const chapter = (title: string) => page.split(`\n## ${title}\n`)[1]?.split('\n## ')[0] ?? ''
/** The names in code of the first column of a chapter's tables. */
const named = (title: string) =>
  Array.from(chapter(title).matchAll(/^\| (`.*?`) \|/gm), ([, cell = '']) =>
    Array.from(cell.matchAll(/`(.+?)`/g), ([, name = '']) => name),
  ).flat()

test('every trigger of the migrated database is listed with what it does', async () => {
  const triggers = await rowsOf<{ name: string }>(
    "SELECT name FROM sqlite_schema WHERE type = 'trigger'",
  )
  expect(triggers.length).toBeGreaterThan(30)
  expect(named('Triggers in D1').toSorted()).toEqual(triggers.map(({ name }) => name).toSorted())
})

const sources = import.meta.glob<string>('../../src/**/*.{ts,tsx,txt}', {
  query: '?raw',
  import: 'default',
  eager: true,
})
const folders = new Set(
  Object.keys(sources).flatMap((path) => {
    const parts = path.split('/src/')[1]?.split('/').slice(0, -1) ?? []
    return parts.map((_, i) => `${parts.slice(0, i + 1).join('/')}/`)
  }),
)

test('every folder of src/ is listed, and no other', () => {
  expect(named('Folders of src/').toSorted()).toEqual([...folders].toSorted())
})
