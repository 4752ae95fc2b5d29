/** Every decision record has a date and a status, and the index lists it under its own title. */
import { expect, test } from 'vitest'
import index from '../../docs/decisions/README.md?raw'

const records = Object.entries(
  import.meta.glob<string>('../../docs/decisions/0*.md', {
    query: '?raw',
    import: 'default',
    eager: true,
  }),
).map(([path, text]) => ({ file: path.slice(path.lastIndexOf('/') + 1), text }))

const row = ({ file, text }: (typeof records)[number]) => {
  const [, number, title] = /^# (\d+)\. (.+)$/m.exec(text) ?? []
  const [, date, status] =
    /^\*\*Date\.\*\* (\d{4}-\d\d-\d\d)\. \*\*Status\.\*\* (\w.+)$/m.exec(text) ?? []
  return { file, number: Number(number), title, date, status: status?.slice(0, 8) }
}

test('the index lists every record with its number, title, date and status, in order', () => {
  const listed = Array.from(
    index.matchAll(/^\| (\d+) \| \[(.+)\]\((.+)\) \| (.+) \| (.+) \|$/gm),
    ([, number, title, file, date, status]) => ({
      file,
      number: Number(number),
      title,
      date,
      status: status?.slice(0, 8),
    }),
  )
  expect(records.length).toBeGreaterThan(10)
  expect(listed).toEqual(records.map(row))
  expect(listed.map(({ number }) => number)).toEqual(records.map((_, i) => i + 1))
})
