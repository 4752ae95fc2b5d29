/**
 * `npm run restore -- FOLDER [--remote] [--config FILE]`: restores a backup into a database that
 * has the same migrations and no users. A database that has data is refused. If a restore was
 * interrupted in it, the restore starts over. No Worker may use the database meanwhile
 * (docs/operations.md).
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Manifest, readManifest } from './backup-files.ts'
import { type Layout, MARK, readLayout } from './backup-layout.ts'
import { CliError } from './cli-error.ts'
import { literal, type Place, PLACE_OPTIONS, placeOf, query, runFile } from './d1-query.ts'
import { FILLED, OVERTAKEN, restoreParts, SAVED_TRIGGERS, type Trigger } from './restore-sql.ts'

/** Throws CliError unless the database has exactly the tables and columns of the backup. */
function refuseOther({ migrations, tables }: Layout, manifest: Manifest): void {
  if (migrations.join() !== manifest.migrations.join()) {
    const at = migrations.findIndex((name, i) => name !== manifest.migrations[i])
    const [theirs, ours] = [manifest.migrations, migrations].map(
      (all) => (at < 0 ? all.at(-1) : all[at]) ?? 'none',
    )
    throw new CliError(
      `The backup was made at migration ${theirs}, but the database is at ${ours}. Apply the migrations up to the backup's, restore, then apply the rest.`,
    )
  }
  for (const { name, columns } of manifest.tables) {
    const table = tables.find((each) => each.name === name)
    if (table?.columns.join() !== columns.join()) {
      throw new CliError(
        `The table ${name} differs from the backup's, although the migrations are the same.`,
      )
    }
  }
}

/**
 * Returns the triggers of the tables to fill, including those that an interrupted restore has
 * dropped. Throws CliError when the database is in use.
 */
async function readTriggers(place: Place, { tables, isMarked }: Layout): Promise<Trigger[]> {
  const names = [...tables.map(({ name }) => name), 'role_members'].map(literal).join(', ')
  const [there = [], filled = [], aside = []] = await query(
    place,
    `SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN (${names})`,
    FILLED,
    ...(isMarked ? [SAVED_TRIGGERS] : []),
  )
  if (!isMarked && filled.length > 0) {
    throw new CliError(
      `The database is not empty (${filled.map(({ name }) => name).join(', ')}), and nothing was changed. Restore into a new database with the migrations applied.`,
    )
  }
  const all = [...there, ...aside].map(({ name, sql }) => [String(name), String(sql)] as const)
  return [...new Map(all)].map(([name, sql]) => ({ name, sql }))
}

async function runParts(place: Place, folder: string, parts: AsyncIterable<string>): Promise<void> {
  // In the backup's folder, which is as secret: a killed run leaves its file no less protected.
  const scratch = mkdtempSync(join(folder, '.restore-'))
  const file = join(scratch, 'part.sql')
  try {
    let n = 0
    for await (const part of parts) {
      // wrangler does not run an identical file twice, so each run's file is made unique.
      writeFileSync(file, `-- ${crypto.randomUUID()}\n${part}`, { mode: 0o600 })
      await runFile(place, file)
      n += 1
      console.log(`part ${n} restored`)
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** Compares the rows restored with those in the backup. */
async function check(place: Place, { tables }: Manifest): Promise<void> {
  const counts = await query(
    place,
    ...tables.map(({ name }) => `SELECT count(*) AS n FROM "${name}"`),
  )
  for (const [i, { name, rows, too_large = [] }] of tables.entries()) {
    const n = Number(counts[i]?.[0]?.['n'])
    console.log(
      `${String(n).padStart(9)}  ${name}${n === rows ? '' : `, of ${rows} in the backup`}`,
    )
    for (const key of too_large) console.log(`WARNING: ${name} ${key.join(', ')} was too large.`)
  }
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { ...PLACE_OPTIONS, 'part-bytes': { type: 'string', default: '8000000' } },
  })
  const [folder] = positionals
  if (!folder) throw new CliError('Usage: npm run restore -- FOLDER [--remote] [--config FILE]')
  const place = placeOf(values)
  const manifest = await readManifest(folder)
  const layout = await readLayout(place)
  refuseOther(layout, manifest)
  const triggers = await readTriggers(place, layout)
  if (layout.isMarked)
    console.log('An earlier restore of this database did not finish: starting over.')
  const restore = { id: crypto.randomUUID(), folder, manifest, layout, triggers }
  await runParts(place, folder, restoreParts(restore, Number(values['part-bytes'])))
  await check(place, manifest)
  console.log('\nRestored. Before you let users in, see "After a restore" in docs/operations.md.')
}

const OTHER_AT_WORK =
  'Another restore is running in this database, or has just finished. This one has stopped, and its last part changed nothing. Wait until no restore is running, then check what is in the database.'
/** The other restore has written its own id, or has finished and dropped the table. */
const isOvertaken = ({ message }: CliError): boolean =>
  message.includes(`precondition:${OVERTAKEN}`) || message.includes(`no such table: ${MARK}`)

try {
  await main()
} catch (error) {
  console.error(
    error instanceof CliError ? `\n${isOvertaken(error) ? OTHER_AT_WORK : error.message}` : error,
  )
  process.exitCode = 1
}
