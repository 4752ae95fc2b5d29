/**
 * Parses CSV as in RFC 4180: quoted cells may contain separators, doubled quotes and line ends. The
 * separator is a comma, a semicolon (spreadsheets in locales with a decimal comma), a tab or a
 * vertical bar.
 */

export interface Row {
  /** The line where the row begins, from 1. */
  readonly line: number
  /** null for an unquoted cell with the text null. */
  readonly cells: readonly (string | null)[]
  /** The file ended inside quotes, so the cells are unreliable. */
  readonly isBroken: boolean
}

export type Separator = (typeof SEPARATORS)[number]
const SEPARATORS = [',', ';', '\t', '|'] as const

/** What programs write for a missing value. In quotes it is text: it may be somebody's name. */
const NOTHING = new Set(['null', 'NULL', '\\N'])

/**
 * A cell and what ends it. A quoted cell extends to its closing quote, or to the end of the file.
 */
const cellEndedBy = (separator: Separator) => {
  const end = separator === '|' ? String.raw`\|` : separator
  return new RegExp(`(?:"((?:[^"]|"")*)("?)|((?!")[^${end}\\r\\n]*))(${end}|\\r\\n|\\n|\\r|$)`, 'y')
}

/**
 * Returns the rows that are not empty. Throws SyntaxError where a closing quote does not end its
 * cell.
 */
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

/** Returns the separator that is most frequent in the first line, outside quotes. */
export function separatorOf(text: string): Separator {
  const [first = ''] = text
    .replace(/"(?:[^"]|"")*"/g, '')
    .trimStart()
    .split(/[\r\n]/, 1)
  const count = (separator: string) => first.split(separator).length
  return SEPARATORS.toSorted((a, b) => count(b) - count(a))[0] ?? ','
}
