/**
 * Applies the migrations to the local D1 database. Asking wrangler takes two seconds even if there
 * is nothing to do, so a stamp next to the database records what was applied last. Deleting the
 * database deletes the stamp too. The stamp only saves time: wrangler keeps the actual list of
 * applied migrations.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { CliError } from './cli-error.ts'
import { isStopping, startWrangler } from './dev-process.ts'

const STATE = '.wrangler/state/v3/d1'
const STAMP = `${STATE}/.migrations-applied`

/** Includes what determines the location of the database: its id and wrangler's version. */
function fingerprint(): string {
  const migrations = readdirSync('migrations', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.sql'))
    .toSorted()
    .map((name) => `migrations/${name}`)
  const hash = createHash('sha256')
  for (const file of [...migrations, 'wrangler.toml', 'package-lock.json']) {
    const content = readFileSync(file)
    hash.update(`${file} ${content.length}\n`).update(content)
  }
  return hash.digest('hex')
}

function lastApplied(): string | undefined {
  try {
    return readFileSync(STAMP, 'utf8')
  } catch {
    return undefined
  }
}

/** Applies the migrations if needed. Throws CliError with wrangler's output when one fails. */
export async function applyMigrations(): Promise<void> {
  const wanted = fingerprint()
  if (lastApplied() === wanted) return
  console.log('Applying the database migrations ...')
  const lines: string[] = []
  const code = await startWrangler(
    ['d1', 'migrations', 'apply', 'DB', '--env=', '--local'],
    (line) => lines.push(line),
  )
  if (isStopping()) return
  if (code !== 0) throw new CliError(`${lines.join('\n')}\nThe database migrations failed.`)
  mkdirSync(STATE, { recursive: true })
  writeFileSync(STAMP, wanted)
}
