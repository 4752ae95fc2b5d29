/**
 * Comma-separated values (RFC 4180): CRLF after every record, quotes where they are needed. What a
 * spreadsheet would take for a formula is defused by an apostrophe before it (OWASP, CSV injection): at
 * the start of a cell, and inside it behind what another locale or import setting takes for the end of
 * a cell (`;`, `|`, tab) or of a row. A reader gets the text back by taking out each such apostrophe.
 */

export type Cell = string | number | boolean | null

/** Also the full-width forms, which spreadsheets of East Asian locales read as the plain ones. */
const FORMULA =
  /^(?=[=+\-@\uff1d\uff0b\uff0d\uff20\t\r])|(?<=[;|\t\r\n]["']*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])/g
const NEEDS_QUOTES = /[",;\r\n]/

/** One record with its line end. */
export const csvLine = (cells: readonly Cell[]): string => `${cells.map(toField).join(',')}\r\n`

function toField(cell: Cell): string {
  if (typeof cell !== 'string') return String(cell ?? '')
  const text = cell.replaceAll(FORMULA, "'")
  return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
