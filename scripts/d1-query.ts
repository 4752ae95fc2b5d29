/**
 * Runs queries and SQL files on D1 through `wrangler d1 execute`, which reaches the local and the
 * remote database alike. Each call is one transaction. wrangler's own export is not used: it
 * refuses a database with a search index, and has left remote databases unusable.
 */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { CliError } from './cli-error.ts'

const run = promisify(execFile)
const WRANGLER = join(import.meta.dirname, '../node_modules/wrangler/bin/wrangler.js')
const MAX_OUTPUT_BYTES = 256 * 1024 * 1024

/** The database: the binding DB on this machine, or that of the environment `production`. */
export interface Place {
  readonly isRemote: boolean
  readonly config: string
  /** The folder of the local database, if it is not .wrangler/state. */
  readonly persistTo?: string | undefined
}

/** The command line options that select the database, for parseArgs. */
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

/** Returns the rows of each statement. Throws CliError with wrangler's output. */
export async function query(place: Place, ...statements: string[]): Promise<Row[][]> {
  const text = await execute(place, ['--json', '--command', statements.join(';\n')])
  const results = JSON.parse(text) as { results: Row[] }[]
  return results.map(({ results: rows }) => rows)
}

/** Runs a file of statements, all or none. Throws CliError with wrangler's output. */
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
      // wrangler logs the rows, so a quiet log level would suppress them.
      env: { ...process.env, WRANGLER_LOG: 'log', WRANGLER_SEND_METRICS: 'false' },
    })
    return stdout
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    throw new CliError(`wrangler d1 execute failed:\n${`${stdout}\n${stderr}`.trim()}`)
  }
}

/** Returns an SQL literal. Values are text or integers, because the tables are STRICT. */
export function literal(value: Value): string {
  if (value === null) return 'NULL'
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new CliError(`${value} is not an integer`)
    return String(value)
  }
  // SQLite reads the text of a statement only up to the first NUL.
  return value.includes('\0')
    ? `CAST(X'${Buffer.from(value).toString('hex')}' AS TEXT)`
    : `'${value.replaceAll("'", "''")}'`
}

export const quoted = (names: readonly string[]): string =>
  names.map((name) => `"${name}"`).join(', ')
