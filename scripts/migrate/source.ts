/** Exports as records, each with the place where it stood. What is no record is told, never dropped. */
import { parseCsv } from './csv.ts'

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

/** An object a line. */
export function readNdjson(file: SourceFile): Records {
  const found: Found[] = []
  const leftOut: LeftOut[] = []
  for (const [index, line] of withoutMark(file.text).split('\n').entries()) {
    if (line.trim() === '') continue
    const at = `${file.name}:${index + 1}`
    const fields = parseOrUndefined(line)
    if (isFields(fields)) found.push({ at, fields })
    else leftOut.push({ at, reason: 'the line is not a JSON object' })
  }
  return { found, leftOut }
}

/** Records with the header's names; an empty cell is the empty text. */
export function readCsv(file: SourceFile): Records {
  const [header, ...rows] = rowsOf(file)
  if (!header) throw new UnreadableExport(`${file.name} is empty`)
  const found: Found[] = []
  const leftOut: LeftOut[] = []
  for (const { line, cells, isBroken } of rows) {
    const at = `${file.name}:${line}`
    if (isBroken || cells.length !== header.cells.length) {
      const reason = `the row has ${cells.length} cells, the header ${header.cells.length}`
      leftOut.push({ at, reason: isBroken ? 'the row ends inside quotes' : reason })
      continue
    }
    const named = header.cells.map((name, i) => [name, cells[i]] as const)
    found.push({ at, fields: Object.fromEntries(named) })
  }
  return { found, leftOut }
}

function rowsOf(file: SourceFile) {
  try {
    return parseCsv(withoutMark(file.text))
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

const withoutMark = (text: string) => text.replace(/^\ufeff/, '')

function parseOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
