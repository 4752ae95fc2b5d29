/**
 * Comma-separated values (RFC 4180): CRLF after every record, quotes where they are needed. A cell that
 * a spreadsheet would take for a formula is defused by a leading apostrophe (OWASP, CSV injection).
 */

export type Cell = string | number | boolean | null

const FORMULA = /^[=+\-@\t\r]/
const NEEDS_QUOTES = /[",\r\n]/

/** One record with its line end. */
export const csvLine = (cells: readonly Cell[]): string => `${cells.map(toField).join(',')}\r\n`

function toField(cell: Cell): string {
  if (typeof cell !== 'string') return String(cell ?? '')
  const text = FORMULA.test(cell) ? `'${cell}` : cell
  return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
