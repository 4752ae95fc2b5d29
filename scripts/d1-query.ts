/**
 * D1 from the command line: queries and files of statements through `wrangler d1 execute`, which finds
 * the local database and the remote one alike. Each call is one transaction. wrangler's own export is
 * not used: it refuses a database that has a search index, and has left remote ones unusable.
 */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Refusal } from './refusal.ts'

const run = promisify(execFile)
const WRANGLER = join(import.meta.dirname, '../node_modules/wrangler/bin/wrangler.js')
const MAX_OUTPUT_BYTES = 256 * 1024 * 1024

/** Which database: the binding DB of this machine, or that of the environment `production`. */
export interface Place {
  readonly isRemote: boolean
  readonly config: string
  /** Where the local database lies, if not in .wrangler/state. */
  readonly persistTo?: string | undefined
}

/** The options of a command that say which database, for parseArgs. */
export const PLACE_OPTIONS = {
  remote: { type: 'boolean', default: false },
  config: { type: 'string', default: 'wrangler.toml' },
  'persist-to': { type: 'string' },
} as const

export const placeOf = (options: {
  remote: boolean
  config: string
  'persist-to'?: string | undefined
}): Place => ({
  isRemote: options.remote,
  config: options.config,
  persistTo: options['persist-to'],
})

export type Value = string | number | null
export type Row = Readonly<Record<string, Value>>

/** The rows of each statement. Throws Refusal with what wrangler says. */
export async function query(place: Place, ...statements: string[]): Promise<Row[][]> {
  const text = await execute(place, ['--json', '--command', statements.join(';\n')])
  const results = JSON.parse(text) as { results: Row[] }[]
  return results.map(({ results: rows }) => rows)
}

/** Runs a file of statements, all or none. Throws Refusal with what wrangler says. */
export async function runFile(place: Place, file: string): Promise<void> {
  await execute(place, ['--file', file])
}

async function execute(place: Place, what: string[]): Promise<string> {
  const where = place.isRemote
    ? ['--remote', '--env', 'production']
    : ['--local', '--env=', ...(place.persistTo ? ['--persist-to', place.persistTo] : [])]
  const args = ['d1', 'execute', 'DB', ...where, '--config', place.config, '--yes', ...what]
  try {
    const { stdout } = await run(process.execPath, [WRANGLER, ...args], {
      maxBuffer: MAX_OUTPUT_BYTES,
      // Rows are what wrangler logs, and so nothing if it is told to be quiet.
      env: { ...process.env, WRANGLER_LOG: 'log', WRANGLER_SEND_METRICS: 'false' },
    })
    return stdout
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    throw new Refusal(`wrangler d1 execute failed:\n${`${stdout}\n${stderr}`.trim()}`)
  }
}

/** A literal of SQL. Values are text or whole numbers, as the tables are STRICT. */
export function literal(value: Value): string {
  if (value === null) return 'NULL'
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new Refusal(`${value} is no whole number`)
    return String(value)
  }
  // SQLite reads a statement's text up to its first NUL.
  return value.includes('\0')
    ? `CAST(X'${Buffer.from(value).toString('hex')}' AS TEXT)`
    : `'${value.replaceAll("'", "''")}'`
}

export const quoted = (names: readonly string[]): string =>
  names.map((name) => `"${name}"`).join(', ')
