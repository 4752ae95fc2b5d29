/** Exports as records, each with the place where it stood. What is no record is reported, never dropped. */
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
  /** The user of the record, where the record names one. */
  readonly id?: string | undefined
  /** The user is blocked, also if they come in by another record. */
  readonly isBlocked?: boolean
  /** The user must not come in by another record either. */
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

/** Merges what several files say. */
export const together = (all: readonly Records[]): Records => ({
  found: all.flatMap(({ found }) => found),
  leftOut: all.flatMap(({ leftOut }) => leftOut),
})

/**
 * Objects of JSON: a list, an object that has the list under one of these keys, or an object a line.
 * Throws UnreadableExport for a file that does not look like JSON.
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

/** An object a line. */
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
 * Records with the header's names; an empty cell is the empty text, and one that says NULL is null.
 * Throws UnreadableExport for a file that is empty, is no CSV, has a column twice, or lacks one of
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

/** Rows of a file without a header, where the last columns may be missing. */
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
  // Spreadsheets write `sep=;` into a first line of its own.
  const [mark = ''] = /^sep=.(?=\r?\n)/.exec(whole) ?? []
  const text = whole.slice(mark.length)
  try {
    return parseCsv(text, separatorOf(text))
  } catch (error) {
    throw new UnreadableExport(`${file.name}: ${error instanceof Error ? error.message : 'no CSV'}`)
  }
}

/** The objects of a list, by their place in it. */
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

/** Throws UnreadableExport when the file is not JSON. */
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
