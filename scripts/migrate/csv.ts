/** CSV as RFC 4180 has it: quoted cells may hold commas, doubled quotes and line ends. */

export interface Row {
  /** Where the row begins, from 1. */
  readonly line: number
  readonly cells: readonly string[]
  /** The file ended inside quotes: the cells are not to be believed. */
  readonly isBroken: boolean
}

/** A cell and what ends it; a quoted cell is read to its closing quote, or to the end. */
const CELL = /(?:"((?:[^"]|"")*)("?)|((?!")[^,\r\n]*))(,|\r\n|\n|\r|$)/y

/** The rows that are not empty. */
export function parseCsv(text: string): Row[] {
  const rows: Row[] = []
  let cells: string[] = []
  let line = 1
  let began = 1
  let isBroken = false
  CELL.lastIndex = 0
  while (CELL.lastIndex < text.length || cells.length > 0) {
    const match = CELL.exec(text)
    if (!match) throw new SyntaxError(`line ${line}: something stands behind a closing quote`)
    const [whole, quoted, closing, plain = '', end] = match
    cells.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'))
    isBroken ||= quoted !== undefined && closing === ''
    line += whole.split(/\r\n|\n|\r/).length - 1
    if (end === ',') continue
    if (cells.length > 1 || cells[0] !== '') rows.push({ line: began, cells, isBroken })
    cells = []
    began = line
    if (CELL.lastIndex >= text.length) break
  }
  return rows
}
