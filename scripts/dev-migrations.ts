/**
 * Brings the local D1 database up to date. Asking wrangler costs two seconds even when there is
 * nothing to do, so a stamp beside the database remembers what was applied last; whoever deletes the
 * database deletes the stamp with it. The stamp only ever saves time: wrangler itself keeps the
 * list of what was applied.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { isStopping, startWrangler } from './dev-process.ts'
import { Refusal } from './refusal.ts'

const STATE = '.wrangler/state/v3/d1'
const STAMP = `${STATE}/.migrations-applied`

/** Also over what decides where the database lies: its id, and wrangler's version. */
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

/** Throws Refusal with wrangler's own words when a migration fails. */
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
  if (code !== 0) throw new Refusal(`${lines.join('\n')}\nThe database migrations failed.`)
  mkdirSync(STATE, { recursive: true })
  writeFileSync(STAMP, wanted)
}
