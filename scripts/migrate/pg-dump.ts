/**
 * A table's rows in a dump of pg_dump's: the text format of COPY (postgresql.org/docs/current/
 * sql-copy.html, "Text Format"): cells apart by tabs, `\N` for NULL, backslash escapes.
 */
import {
  type Found,
  type LeftOut,
  type Records,
  type SourceFile,
  UnreadableExport,
} from './source.ts'

const COPY = /^COPY ("?\w+"?\."?\w+"?) \(([^)]*)\) FROM stdin;\r?$/
const ESCAPES = new Map(Object.entries({ b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' }))

export const isDump = (file: SourceFile) =>
  /^\ufeff?\s*(?:--|SET |COPY |INSERT |\\restrict )/.test(file.text)

/** Throws UnreadableExport when the dump has no COPY of the table. */
export function readDump(file: SourceFile, table: string): Records {
  const lines = file.text.split('\n')
  const found: Found[] = []
  const leftOut: LeftOut[] = []
  let columns: string[] | undefined
  let hasTable = false
  for (const [index, line] of lines.entries()) {
    if (columns === undefined) {
      const [, name = '', list = ''] = COPY.exec(line) ?? []
      if (name.replaceAll('"', '') !== table) continue
      columns = list.split(',').map((column) => column.trim().replaceAll('"', ''))
      hasTable = true
    } else if (line.trimEnd() === '\\.') {
      columns = undefined
    } else {
      const at = `${file.name}:${index + 1}`
      const cells = line.replace(/\r$/, '').split('\t')
      if (cells.length === columns.length) found.push({ at, fields: named(columns, cells) })
      else leftOut.push({ at, reason: `the row has ${cells.length} cells, not ${columns.length}` })
    }
  }
  if (!hasTable) {
    throw new UnreadableExport(`${file.name} has no "COPY ${table} (...) FROM stdin;"`)
  }
  return { found, leftOut }
}

const named = (columns: readonly string[], cells: readonly string[]) =>
  Object.fromEntries(columns.map((column, i) => [column, unescaped(cells[i] ?? '\\N')]))

const unescaped = (cell: string): string | null =>
  cell === '\\N'
    ? null
    : cell.replace(/\\(.)/gs, (_, letter: string) => ESCAPES.get(letter) ?? letter)
