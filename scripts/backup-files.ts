/**
 * A backup on disk: a folder with a file of rows for each table, one JSON array per line, and a
 * manifest with the migrations applied and the checksums, written last. Only the owner may read it:
 * it holds addresses, names, password hashes and the places people signed in from.
 */
import { createHash } from 'node:crypto'
import {
  closeSync,
  createReadStream,
  mkdirSync,
  openSync,
  readFileSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { CliError } from './cli-error.ts'
import type { Value } from './d1-query.ts'

const FORMAT = 1
const MANIFEST = 'manifest.json'

export interface KeptTable {
  readonly name: string
  readonly columns: readonly string[]
  readonly rows: number
  readonly sha256: string
  /** The primary keys of rows that are too large to be restored, and are therefore missing here. */
  readonly too_large?: readonly Value[][]
}

export interface Manifest {
  readonly format: number
  readonly made_at: string
  /** In the order in which they were applied. */
  readonly migrations: readonly string[]
  /** The highest id that each table has ever assigned, so that none is assigned twice. */
  readonly sequences: Readonly<Record<string, number>>
  /** Parents before children. */
  readonly tables: readonly KeptTable[]
}

/** Creates the folder. Throws CliError if it exists or cannot be created. */
export function makeFolder(folder: string): void {
  try {
    mkdirSync(join(folder, '..'), { recursive: true, mode: 0o700 })
    mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    throw new CliError(`${folder} cannot be created: ${(error as NodeJS.ErrnoException).code}.`)
  }
}

/** Writes a table's file page by page. Throws CliError when a page cannot be written completely. */
export function tableFile(folder: string, name: string) {
  const path = join(folder, `${name}.jsonl`)
  const file = openSync(path, 'wx', 0o600)
  const hash = createHash('sha256')
  let rows = 0
  return {
    append(lines: readonly string[]) {
      const text = lines.map((line) => `${line}\n`).join('')
      try {
        // Unlike writeSync, this continues after a partial write.
        writeFileSync(file, text)
      } catch (error) {
        throw new CliError(`${path} cannot be written: ${(error as NodeJS.ErrnoException).code}.`)
      }
      hash.update(text)
      rows += lines.length
    },
    close() {
      closeSync(file)
      return { rows, sha256: hash.digest('hex') }
    },
  }
}

export function writeManifest(folder: string, manifest: Omit<Manifest, 'format'>): void {
  const text = JSON.stringify({ format: FORMAT, ...manifest }, null, 2)
  writeFileSync(join(folder, MANIFEST), `${text}\n`, { mode: 0o600, flag: 'wx' })
}

/** Returns the manifest of a complete and unmodified backup. Throws CliError for anything else. */
export async function readManifest(folder: string): Promise<Manifest> {
  let manifest: Manifest
  try {
    manifest = JSON.parse(readFileSync(join(folder, MANIFEST), 'utf8')) as Manifest
  } catch {
    throw new CliError(`${folder} is not a complete backup: it has no ${MANIFEST}.`)
  }
  if (manifest.format !== FORMAT)
    throw new CliError(`${folder} has the unknown format ${manifest.format}.`)
  for (const { name, sha256 } of manifest.tables) {
    if ((await sha256Of(join(folder, `${name}.jsonl`))) !== sha256) {
      throw new CliError(`${folder}/${name}.jsonl was modified: its checksum differs.`)
    }
  }
  return manifest
}

async function sha256Of(file: string): Promise<string | undefined> {
  const hash = createHash('sha256')
  try {
    for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer)
  } catch {
    return undefined
  }
  return hash.digest('hex')
}

/** Yields a table's rows in the order of their keys. */
export async function* rowsOf(folder: string, name: string): AsyncGenerator<Value[]> {
  let rest = ''
  // readline would also split lines at a U+2028 inside a text.
  for await (const chunk of createReadStream(join(folder, `${name}.jsonl`), 'utf8')) {
    const lines = (rest + String(chunk)).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) yield JSON.parse(line) as Value[]
  }
}
