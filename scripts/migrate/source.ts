/**
 * Reads exports as records, each with its location. Anything that is not a record is reported,
 * never dropped silently.
 */
import { parseCsv, type Row, separatorOf } from './csv.ts'
import { parseJson } from './json.ts'

export interface SourceFile {
  readonly name: string
  readonly text: string
}

export type Fields = Readonly<Record<string, unknown>>

export interface Found {
  readonly at: string
  readonly fields: Fields
}

export interface LeftOut {
  readonly at: string
  readonly reason: string
  /** The user of the record, if the record names one. */
  readonly id?: string | undefined
  /** The user is blocked, even if they are imported from another record. */
  readonly isBlocked?: boolean
  /** The user must not be imported from another record either. */
  readonly isGone?: boolean
}

export interface Records {
  readonly found: readonly Found[]
  readonly leftOut: readonly LeftOut[]
}

/** A file that cannot be read at all. Its message names the file. */
export class UnreadableExport extends Error {
  override readonly name = 'UnreadableExport'
}

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Merges the records of several files. */
export const together = (all: readonly Records[]): Records => ({
  found: all.flatMap(({ found }) => found),
  leftOut: all.flatMap(({ leftOut }) => leftOut),
})

/**
 * Reads objects from JSON: a list, an object with the list under one of these keys, or one object
 * per line. Throws UnreadableExport for a file that does not look like JSON.
 */
export function readObjects(file: SourceFile, ...keys: readonly string[]): Records {
  if (!looksLikeJson(file)) {
    const what = looksLikeCsv(file) ? 'CSV, not JSON' : 'not JSON'
    throw new UnreadableExport(`${file.name} is ${what}`)
  }
  const whole = parseOrUndefined(withoutMark(file.text))
  if (Array.isArray(whole)) return readList(file.name, whole)
  const key = isFields(whole) ? keys.find((each) => Array.isArray(whole[each])) : undefined
  if (isFields(whole) && key !== undefined) {
    return readList(`${file.name}:${key}`, whole[key] as readonly unknown[])
  }
  return readNdjson(file)
}

/** Reads one object per line. */
function readNdjson(file: SourceFile): Records {
  const found: Found[] = []
  const leftOut: LeftOut[] = []
  const lines = withoutMark(file.text).split('\n')
  const isIndented = /^\s*[[{]\s*$/.test(lines.find((line) => line.trim() !== '') ?? '')
  if (isIndented) throw new UnreadableExport(`${file.name} is not JSON: it is damaged or cut off`)
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue
    const at = `${file.name}:${index + 1}`
    const fields = parseOrUndefined(line)
    if (isFields(fields)) found.push({ at, fields })
    else leftOut.push({ at, reason: 'the line is not a JSON object' })
  }
  return { found, leftOut }
}

/**
 * Reads records named by the header. An empty cell is an empty text, and an unquoted NULL is null.
 * Throws UnreadableExport for a file that is empty or not CSV, has a column twice, or lacks one of
 * `needed`.
 */
export function readCsv(file: SourceFile, ...needed: readonly string[]): Records {
  const [header, ...rows] = rowsOf(file)
  if (!header) throw new UnreadableExport(`${file.name} is empty`)
  const names = header.cells.map((name, i) => name?.trim() || `(column ${i + 1})`)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) throw new UnreadableExport(`${file.name} has the column ${twice} twice`)
  const missing = needed.filter((name) => !names.includes(name))
  if (missing.length > 0) {
    throw new UnreadableExport(`${file.name} has no column ${missing.join(', ')} in its first line`)
  }
  return named(file, names, rows)
}

/** Reads a file without a header, where the last columns may be missing. */
export const readRows = (file: SourceFile, names: readonly string[], least: number): Records =>
  named(file, names, rowsOf(file), least)

function named(
  file: SourceFile,
  names: readonly string[],
  rows: readonly Row[],
  least = names.length,
): Records {
  const found: Found[] = []
  const leftOut: LeftOut[] = []
  for (const { line, cells, isBroken } of rows) {
    const at = `${file.name}:${line}`
    if (isBroken || cells.length > names.length || cells.length < least) {
      const reason = `the row has ${cells.length} cells, the header ${names.length}`
      leftOut.push({ at, reason: isBroken ? 'the row ends inside quotes' : reason })
      continue
    }
    found.push({ at, fields: Object.fromEntries(names.map((name, i) => [name, cells[i]])) })
  }
  return { found, leftOut }
}

function rowsOf(file: SourceFile): Row[] {
  const whole = withoutMark(file.text)
  // Spreadsheets add a first line `sep=;`.
  const [mark = ''] = /^sep=.(?=\r?\n)/.exec(whole) ?? []
  const text = whole.slice(mark.length)
  try {
    return parseCsv(text, separatorOf(text))
  } catch (error) {
    throw new UnreadableExport(`${file.name}: ${error instanceof Error ? error.message : 'no CSV'}`)
  }
}

/** Reads the objects of a list, located by their index. */
export function readList(name: string, list: readonly unknown[]): Records {
  const found: Found[] = []
  const leftOut: LeftOut[] = []
  for (const [index, fields] of list.entries()) {
    const at = `${name}[${index}]`
    if (isFields(fields)) found.push({ at, fields })
    else leftOut.push({ at, reason: 'it is not an object' })
  }
  return { found, leftOut }
}

/** Parses a file. Throws UnreadableExport when it is not JSON. */
export function readJson(file: SourceFile): unknown {
  const value = parseOrUndefined(withoutMark(file.text))
  if (value === undefined) throw new UnreadableExport(`${file.name} is not JSON`)
  return value
}

export const looksLikeJson = (file: SourceFile) => /^\ufeff?\s*[[{]/.test(file.text)

const looksLikeCsv = (file: SourceFile) => /^[^\n]*[,;\t|][^\n]*\r?\n/.test(file.text)

const withoutMark = (text: string) => text.replace(/^\ufeff/, '')

function parseOrUndefined(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}
