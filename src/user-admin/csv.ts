/**
 * CSV (RFC 4180): CRLF after every record, quotes only where they are needed. Text that a
 * spreadsheet would read as a formula is escaped with a leading apostrophe (OWASP, CSV injection).
 * This applies at the start of a cell, and also inside it, after a character that another locale or
 * import setting reads as the end of a cell (`;`, `|`, tab) or of a row. Removing these apostrophes
 * restores the text.
 */

export type Cell = string | number | boolean | null

/**
 * Includes the full-width forms, which spreadsheets in East Asian locales treat as the ASCII ones.
 */
const FORMULA =
  /^(?=[=+\-@\uff1d\uff0b\uff0d\uff20\t\r])|(?<=[;|\t\r\n]["']*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])/g
const NEEDS_QUOTES = /[",;\r\n]/

/** One record, including its line ending. */
export const csvLine = (cells: readonly Cell[]): string => `${cells.map(toField).join(',')}\r\n`

function toField(cell: Cell): string {
  if (typeof cell !== 'string') return String(cell ?? '')
  const text = cell.replaceAll(FORMULA, "'")
  return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
