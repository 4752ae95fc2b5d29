/**
 * A backup as it lies on the disk: a folder with a file of rows for each table, one JSON array a line,
 * and a manifest with the level of the migrations and the checksums, written last. Only the owner may
 * read it: it holds addresses, names, password hashes and where people signed in from.
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
import type { Value } from './d1-query.ts'
import { Refusal } from './refusal.ts'

const FORMAT = 1
const MANIFEST = 'manifest.json'

export interface KeptTable {
  readonly name: string
  readonly columns: readonly string[]
  readonly rows: number
  readonly sha256: string
  /** Keys of rows that are too large to be restored, and so are not here. */
  readonly too_large?: readonly Value[][]
}

export interface Manifest {
  readonly format: number
  readonly made_at: string
  /** In the order they were applied. */
  readonly migrations: readonly string[]
  /** The highest id that each table has ever given, so that none is given twice. */
  readonly sequences: Readonly<Record<string, number>>
  /** Parents before children. */
  readonly tables: readonly KeptTable[]
}

/** Makes the folder, which must not be there yet. */
export function makeFolder(folder: string): void {
  try {
    mkdirSync(join(folder, '..'), { recursive: true, mode: 0o700 })
    mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    throw new Refusal(`${folder} cannot be made: ${(error as NodeJS.ErrnoException).code}.`)
  }
}

/** A table's file, written page by page. Throws Refusal when a page is not written to its end. */
export function tableFile(folder: string, name: string) {
  const path = join(folder, `${name}.jsonl`)
  const file = openSync(path, 'wx', 0o600)
  const hash = createHash('sha256')
  let rows = 0
  return {
    append(lines: readonly string[]) {
      const text = lines.map((line) => `${line}\n`).join('')
      try {
        // Unlike writeSync, it goes on where a disk took a part.
        writeFileSync(file, text)
      } catch (error) {
        throw new Refusal(`${path} cannot be written: ${(error as NodeJS.ErrnoException).code}.`)
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

/** The manifest of a whole and unchanged backup. Throws Refusal for anything else. */
export async function readManifest(folder: string): Promise<Manifest> {
  let manifest: Manifest
  try {
    manifest = JSON.parse(readFileSync(join(folder, MANIFEST), 'utf8')) as Manifest
  } catch {
    throw new Refusal(`${folder} is no whole backup: it has no ${MANIFEST}.`)
  }
  if (manifest.format !== FORMAT)
    throw new Refusal(`${folder} has the unknown format ${manifest.format}.`)
  for (const { name, sha256 } of manifest.tables) {
    if ((await sha256Of(join(folder, `${name}.jsonl`))) !== sha256) {
      throw new Refusal(`${folder}/${name}.jsonl is not as it was written: its checksum differs.`)
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

/** A table's rows, in the order of their keys. */
export async function* rowsOf(folder: string, name: string): AsyncGenerator<Value[]> {
  let rest = ''
  // Not by readline, which also ends lines where a text has U+2028.
  for await (const chunk of createReadStream(join(folder, `${name}.jsonl`), 'utf8')) {
    const lines = (rest + String(chunk)).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) yield JSON.parse(line) as Value[]
  }
}
