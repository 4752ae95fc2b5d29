/** Formats rows for a terminal: columns as wide as needed, and control characters replaced. */

const textOf = (value: unknown): string => {
  if (value === null || value === undefined) return ''
  if (Array.isArray(value)) return value.map(textOf).join(' ')
  return typeof value === 'string' ? value : JSON.stringify(value)
}

const STEERING = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/** A user's name must not be able to colour, move or clear the operator's terminal. */
const printable = (value: unknown): string => textOf(value).replaceAll(STEERING, '?')

/** The same for text of several lines, such as a refusal that quotes the request. */
export const printableLines = (text: string): string => text.split('\n').map(printable).join('\n')

/** JSON without control characters: JSON.stringify leaves DEL, C1 and bidi controls as they are. */
export const printableJson = (value: unknown): string =>
  JSON.stringify(value).replaceAll(STEERING, (each) =>
    Array.from({ length: each.length }, (_, at) => each.charCodeAt(at))
      .map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`)
      .join(''),
  )

/** Returns a header line with the column names and a line for each row. */
export function table(
  rows: readonly Record<string, unknown>[],
  columns: readonly string[],
): string {
  const cells = [
    columns.map((name) => name.toUpperCase()),
    ...rows.map((row) => columns.map((name) => printable(row[name]))),
  ]
  const widths = columns.map((_, at) => Math.max(...cells.map((line) => line[at]?.length ?? 0)))
  return cells
    .map((line) =>
      line
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** Returns one object, with a line for each of its fields. */
export function card(thing: Record<string, unknown>): string {
  const width = Math.max(...Object.keys(thing).map((name) => name.length))
  return Object.entries(thing)
    .map(([name, value]) => `${name.padEnd(width)}  ${printable(value)}`)
    .join('\n')
}
