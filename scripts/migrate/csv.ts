/**
 * CSV as RFC 4180 has it: quoted cells may hold separators, doubled quotes and line ends. The separator
 * is a comma, a semicolon (spreadsheets where the comma is in numbers), a tab or a bar.
 */

export interface Row {
  /** Where the row begins, from 1. */
  readonly line: number
  /** null for an unquoted cell that says null. */
  readonly cells: readonly (string | null)[]
  /** The file ended inside quotes: the cells are not to be believed. */
  readonly isBroken: boolean
}

export type Separator = (typeof SEPARATORS)[number]
const SEPARATORS = [',', ';', '\t', '|'] as const

/** What programs write for a value that is not there. In quotes it is a text: somebody may be called so. */
const NOTHING = new Set(['null', 'NULL', '\\N'])

/** A cell and what ends it; a quoted cell is read to its closing quote, or to the end. */
const cellEndedBy = (separator: Separator) => {
  const end = separator === '|' ? String.raw`\|` : separator
  return new RegExp(`(?:"((?:[^"]|"")*)("?)|((?!")[^${end}\\r\\n]*))(${end}|\\r\\n|\\n|\\r|$)`, 'y')
}

/** The rows that are not empty. Throws SyntaxError where a closing quote does not end its cell. */
export function parseCsv(text: string, separator: Separator = ','): Row[] {
  const cell = cellEndedBy(separator)
  const rows: Row[] = []
  let cells: (string | null)[] = []
  let line = 1
  let began = 1
  let isBroken = false
  while (cell.lastIndex < text.length || cells.length > 0) {
    const match = cell.exec(text)
    if (!match) throw new SyntaxError(`line ${line}: something stands behind a closing quote`)
    const [whole, quoted, closing, plain = '', end] = match
    if (quoted !== undefined) cells.push(quoted.replaceAll('""', '"'))
    else cells.push(NOTHING.has(plain) ? null : plain)
    isBroken ||= quoted !== undefined && closing === ''
    line += whole.split(/\r\n|\n|\r/).length - 1
    if (end === separator) continue
    if (cells.length > 1 || cells[0] !== '') rows.push({ line: began, cells, isBroken })
    cells = []
    began = line
    if (cell.lastIndex >= text.length) break
  }
  return rows
}

/** The separator that the first line has most of, outside of quotes. */
export function separatorOf(text: string): Separator {
  const [first = ''] = text
    .replace(/"(?:[^"]|"")*"/g, '')
    .trimStart()
    .split(/[\r\n]/, 1)
  const count = (separator: string) => first.split(separator).length
  return SEPARATORS.toSorted((a, b) => count(b) - count(a))[0] ?? ','
}
