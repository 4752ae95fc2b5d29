/** The line that docs/migrate/README.md shows is one that the import takes. */
import { expect, test } from 'vitest'
import page from '../../docs/migrate/README.md?raw'
import { readLines } from '../../src/user-admin/import-lines'

test('the line for "from anything else" goes in as it stands, on one line', () => {
  const [, shown = ''] = /^```json\n([^]*?)^```$/m.exec(page) ?? []
  const hash = '$2b$06$6WAFtwTDt2EbTiSdrTe0ae39JNJgbsBzRFaqqJcbko1BfLp6FB746'
  const line = shown.replaceAll('\n', ' ').replace('$2b$10$...', () => hash)
  const { users, errors } = readLines(line, new Set(['moderator']))
  expect(errors).toEqual([])
  expect(users).toMatchObject([{ fullName: 'Ada Lovelace', hashedPassword: hash }])
})
