/**
 * `npm run backup -- [--remote] [--config FILE] [--to FOLDER]`: every table that is not made from
 * others, page by page, into a folder of its own. Nothing is written to the database and nothing
 * waits for it. What fits one page a table is one snapshot; of a larger database each page is as of
 * its own moment, and what a later page no longer fits to is left out (docs/operations.md).
 */
import { parseArgs } from 'node:util'
import { makeFolder, tableFile, writeManifest } from './backup-files.ts'
import { fitter } from './backup-fit.ts'
import { readLayout, type Table } from './backup-layout.ts'
import { literal, type Place, PLACE_OPTIONS, placeOf, query, quoted, type Row } from './d1-query.ts'
import { Refusal } from './refusal.ts'

const FIRST_PAGE_ROWS = 2_000
const MAX_PAGE_ROWS = 20_000
const PAGE_BYTES = 4_000_000
/** D1 takes no statement above 100 KB. */
const MAX_ROW_BYTES = 90_000

function pageOf({ name, columns, key }: Table, after: Row | undefined, rows: number): string {
  const last = after && key.map((column) => literal(after[column] ?? null)).join(', ')
  return `SELECT ${quoted(columns)} FROM "${name}"
    ${last ? `WHERE (${quoted(key)}) > (${last})` : ''} ORDER BY ${quoted(key)} LIMIT ${rows}`
}

type Fit = ReturnType<typeof fitter>

async function copy(place: Place, folder: string, table: Table, fit: Fit, first: readonly Row[]) {
  const { name, columns } = table
  const file = tableFile(folder, name)
  let page = first
  let limit = FIRST_PAGE_ROWS
  let tooLarge = 0
  for (;;) {
    const lines = page.flatMap((row) => {
      const fitted = fit(table, row)
      return fitted ? JSON.stringify(columns.map((column) => fitted[column])) : []
    })
    const kept = lines.filter((line) => Buffer.byteLength(line) <= MAX_ROW_BYTES)
    tooLarge += lines.length - kept.length
    file.append(kept)
    if (page.length < limit) break
    const bytes = lines.reduce((sum, line) => sum + line.length, 1)
    limit = Math.max(1, Math.min(MAX_PAGE_ROWS, Math.floor((page.length * PAGE_BYTES) / bytes)))
    page = (await query(place, pageOf(table, page.at(-1), limit)))[0] ?? []
  }
  const kept = { name, columns, ...file.close() }
  console.log(`${String(kept.rows).padStart(9)}  ${name}`)
  if (tooLarge > 0)
    console.log(`WARNING: ${tooLarge} rows of ${name} are too large to be restored.`)
  return kept
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { ...PLACE_OPTIONS, to: { type: 'string' } } })
  const place = placeOf(values)
  const made_at = new Date().toISOString()
  const folder = values.to ?? `backups/${made_at.replaceAll(':', '-')}`
  const { migrations, tables } = await readLayout(place)
  makeFolder(folder)
  const firsts = await query(
    place,
    ...tables.map((table) => pageOf(table, undefined, FIRST_PAGE_ROWS)),
  )
  const fit = fitter(tables)
  const kept = []
  for (const [i, table] of tables.entries()) {
    kept.push(await copy(place, folder, table, fit, firsts[i] ?? []))
  }
  // Last, when they can only be too high.
  const [sequences = []] = await query(place, 'SELECT name, seq FROM sqlite_sequence')
  writeManifest(folder, {
    made_at,
    migrations,
    sequences: Object.fromEntries(
      sequences
        .filter(({ name }) => tables.some((table) => table.name === name))
        .map(({ name, seq }) => [String(name), Number(seq)]),
    ),
    tables: kept,
  })
  console.log(`\n${folder} holds all of it, with everybody's data: keep it as you keep a password.`)
}

try {
  await main()
} catch (error) {
  console.error(error instanceof Refusal ? `\n${error.message}` : error)
  process.exitCode = 1
}
