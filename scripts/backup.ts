/**
 * `npm run backup -- [--remote] [--config FILE] [--to FOLDER]`: copies every table that is not
 * derived from others, page by page, into a new folder. It writes nothing to the database and
 * blocks nothing. If each table fits one page, the backup is one snapshot. In a larger database,
 * each page is from the time it was read, and rows that no longer fit the earlier pages are left
 * out (docs/operations.md). Exits 1 when rows are missing that should be there; the manifest names
 * them.
 */
import { parseArgs } from 'node:util'
import { makeFolder, tableFile, writeManifest } from './backup-files.ts'
import { fitter } from './backup-fit.ts'
import { readLayout, type Table } from './backup-layout.ts'
import { CliError } from './cli-error.ts'
import {
  literal,
  type Place,
  PLACE_OPTIONS,
  placeOf,
  query,
  quoted,
  type Row,
  type Value,
} from './d1-query.ts'

const FIRST_PAGE_ROWS = 2_000
const MAX_PAGE_ROWS = 20_000
const PAGE_BYTES = 4_000_000
/** D1 rejects statements above 100 KB. */
const MAX_ROW_BYTES = 90_000

function pageOf(table: Table, after: Row | undefined, rows: number): string {
  const { name, columns, key, only = '1' } = table
  const last = after && key.map((column) => literal(after[column] ?? null)).join(', ')
  return `SELECT ${quoted(columns)} FROM "${name}"
    WHERE ${only} ${last ? `AND (${quoted(key)}) > (${last})` : ''} ORDER BY ${quoted(key)} LIMIT ${rows}`
}

/** Returns the bytes that a row takes in a restore's statement. */
const weightOf = ({ columns }: Table, row: Row): number =>
  Buffer.byteLength(columns.map((column) => literal(row[column] ?? null)).join(', '))

type Fit = ReturnType<typeof fitter>

async function copy(place: Place, folder: string, table: Table, fit: Fit, first: readonly Row[]) {
  const { name, columns, key } = table
  const file = tableFile(folder, name)
  let page = first
  let limit = FIRST_PAGE_ROWS
  const too_large: Value[][] = []
  for (;;) {
    let bytes = 1
    const lines = page.flatMap((row) => {
      const weight = weightOf(table, row)
      bytes += weight
      // Before the row counts as read, so that rows that refer to it are left out too.
      if (weight > MAX_ROW_BYTES) {
        too_large.push(key.map((column) => row[column] ?? null))
        return []
      }
      const fitted = fit(table, row)
      return fitted ? JSON.stringify(columns.map((column) => fitted[column])) : []
    })
    file.append(lines)
    if (page.length < limit) break
    limit = Math.max(1, Math.min(MAX_PAGE_ROWS, Math.floor((page.length * PAGE_BYTES) / bytes)))
    page = (await query(place, pageOf(table, page.at(-1), limit)))[0] ?? []
  }
  const kept = { name, columns, ...file.close(), ...(too_large.length > 0 && { too_large }) }
  console.log(`${String(kept.rows).padStart(9)}  ${name}`)
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
  // Read them last: then they can only be too high, which does no harm.
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
  const missing = kept.flatMap(({ name, too_large = [] }) =>
    too_large.map((keys) => `${name} ${keys.join(', ')}`),
  )
  const what = missing.length > 0 ? 'the rest' : 'everything'
  console.log(`\n${folder} holds ${what}, including personal data: keep it as safe as a password.`)
  if (missing.length === 0) return
  throw new CliError(
    `NOT IN THE BACKUP, because D1 does not accept statements with rows this large:\n${missing.join('\n')}`,
  )
}

try {
  await main()
} catch (error) {
  console.error(error instanceof CliError ? `\n${error.message}` : error)
  process.exitCode = 1
}
