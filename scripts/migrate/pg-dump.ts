/**
 * Reads a table's rows from a dump of pg_dump: the text format of COPY
 * (postgresql.org/docs/current/ sql-copy.html, "Text Format"), with cells separated by tabs, `\N`
 * for NULL, and backslash escapes.
 */
import {
  type Found,
  type LeftOut,
  type Records,
  type SourceFile,
  UnreadableExport,
} from './source.ts'

/** An encoding other than UTF-8 must not be read as UTF-8. */
const ENCODING = /^SET client_encoding = '([^']*)';/m
const COPY = /^COPY ("?\w+"?\."?\w+"?) \(([^)]*)\) FROM stdin;\r?$/
const ESCAPES = new Map(Object.entries({ b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' }))

export const isDump = (file: SourceFile) =>
  /^\ufeff?\s*(?:--|SET |COPY |INSERT |\\restrict )/.test(file.text)

export const hasTable = (file: SourceFile, table: string): boolean =>
  file.text.split('\n').some((line) => nameIn(line) === table)

const nameIn = (line: string) => COPY.exec(line)?.[1]?.replaceAll('"', '')

/**
 * Reads a table. Throws UnreadableExport when the dump has no COPY of it, or is in another
 * encoding.
 */
export function readDump(file: SourceFile, table: string): Records {
  const encoding = ENCODING.exec(file.text)?.[1] ?? 'UTF8'
  if (!/^utf-?8$/i.test(encoding)) {
    const how = 'make it with --encoding=UTF8'
    throw new UnreadableExport(`${file.name} is a dump in ${encoding}: ${how}`)
  }
  const lines = file.text.split('\n')
  const found: Found[] = []
  const leftOut: LeftOut[] = []
  let columns: string[] | undefined
  let isFound = false
  for (const [index, line] of lines.entries()) {
    if (columns === undefined) {
      if (nameIn(line) !== table) continue
      const list = COPY.exec(line)?.[2] ?? ''
      columns = list.split(',').map((column) => column.trim().replaceAll('"', ''))
      isFound = true
    } else if (line.trimEnd() === '\\.') {
      columns = undefined
    } else if (line !== '' || index < lines.length - 1) {
      const at = `${file.name}:${index + 1}`
      const cells = line.replace(/\r$/, '').split('\t')
      if (cells.length === columns.length) found.push({ at, fields: named(columns, cells) })
      else leftOut.push({ at, reason: `the row has ${cells.length} cells, not ${columns.length}` })
    }
  }
  if (columns !== undefined) {
    leftOut.push({ at: file.name, reason: 'the dump ends within the table: rows are missing' })
  }
  if (!isFound) {
    throw new UnreadableExport(`${file.name} has no "COPY ${table} (...) FROM stdin;"`)
  }
  return { found, leftOut }
}

const named = (columns: readonly string[], cells: readonly string[]) =>
  Object.fromEntries(columns.map((column, i) => [column, unescaped(cells[i] ?? '\\N')]))

const unescaped = (cell: string): string | null =>
  cell === '\\N'
    ? null
    : cell.replace(
        /\\(?:([0-7]{1,3})|x([0-9A-Fa-f]{1,2})|(.))/gs,
        (_, octal?: string, hex?: string, letter = '') => {
          if (octal !== undefined) return fromByte(Number.parseInt(octal, 8))
          if (hex !== undefined) return fromByte(Number.parseInt(hex, 16))
          return ESCAPES.get(letter) ?? letter
        },
      )

/**
 * pg_dump does not write such escapes. A single byte above ASCII is not a character, and is
 * reported as garbled.
 */
const fromByte = (byte: number): string => (byte < 0x80 ? String.fromCharCode(byte) : '\ufffd')
