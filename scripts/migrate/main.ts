/**
 * `npm run -s migrate -- <system> <files>`: converts another system's users to NDJSON for the
 * import (docs/migrate/). Lines go to standard output or, with --out, into files that are one
 * request each. Users and data that are left out are reported on standard error with their
 * location. Only the owner can read the files, as they contain password hashes.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { CliError } from '../cli-error.ts'
import { fromAuth0 } from './auth0.ts'
import { fromBetterAuth } from './better-auth.ts'
import { inChunks } from './chunks.ts'
import { fromClerk } from './clerk.ts'
import { withoutEmptyPasswords } from './empty-hashes.ts'
import { decodeText } from './encoding.ts'
import { fromFirebase } from './firebase.ts'
import { loadImportRules } from './import-rules.ts'
import { fromKeycloak } from './keycloak.ts'
import type { Converter } from './person.ts'
import { settle, type Settled } from './settle.ts'
import { type SourceFile, UnreadableExport } from './source.ts'
import { fromSupabase } from './supabase.ts'

const CONVERTERS = new Map<string, Converter>([
  ['auth0', fromAuth0],
  ['clerk', fromClerk],
  ['supabase', fromSupabase],
  ['keycloak', fromKeycloak],
  ['firebase', fromFirebase],
  ['better-auth', fromBetterAuth],
])
const USAGE = `\
Usage: npm run -s migrate -- <${[...CONVERTERS.keys()].join('|')}> <file> ...
         [--role THEIRS=OURS] ...  grant OURS to users who have THEIRS
         [--out DIRECTORY]         write DIRECTORY/users-001.ndjson ..., one request each
         [--ids FILE]              write {"id": theirs, "email": ...} of every user`

interface Task {
  convert: Converter
  files: string[]
  roles: Map<string, string[]>
  out: string | undefined
  ids: string | undefined
}

function readTask(args: string[]): Task {
  const options = {
    role: { type: 'string', multiple: true, default: [] as string[] },
    out: { type: 'string' },
    ids: { type: 'string' },
  } as const
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true })
    const [system = '', ...files] = positionals
    const convert = CONVERTERS.get(system)
    const pairs = values.role.map((pair) => /^(.+)=([^=]+)$/.exec(pair)?.slice(1))
    if (!convert || files.length === 0) throw new Error('Specify a system and a file.')
    const roles = new Map<string, string[]>()
    for (const [theirs = '', ours = ''] of pairs.map((pair) => pair ?? [])) {
      if (ours === '') throw new Error('--role needs THEIRS=OURS.')
      roles.set(theirs, [...(roles.get(theirs) ?? []), ours])
    }
    return { convert, files, roles, out: values.out, ids: values.ids }
  } catch (error) {
    throw new CliError(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`)
  }
}

/**
 * Reads a file. It is named by its base name, or by the given path if two files have the same one.
 */
function read(path: string, _: number, paths: readonly string[]): SourceFile {
  const alike = paths.filter((each) => basename(each) === basename(path))
  const name = alike.length > 1 ? path : basename(path)
  return {
    name,
    text: decodeText(
      name,
      refusing(() => readFileSync(path)),
    ),
  }
}

function refuseExisting(path: string | undefined): void {
  if (path === undefined || !existsSync(path)) return
  throw new CliError(
    `${path} already exists. Nothing was written. Choose another path or move the file.`,
  )
}

/**
 * Writes a new file, and never overwrites one: leftovers of an earlier run would be imported too.
 */
function write(path: string, text: string): void {
  refusing(() => writeFileSync(path, text, { mode: 0o600, flag: 'wx' }))
}

function refusing<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw new CliError(error instanceof Error ? error.message : String(error))
  }
}

/**
 * Names of fields and roles come from the export, so control characters must not reach the
 * terminal.
 */
const say = (line: string) => console.error(line.replaceAll(/\p{C}/gu, '?'))

function tell({ people, leftOut, warnings }: Settled): void {
  for (const warning of warnings) say(`warning: ${warning}`)
  for (const { at, notes } of people) for (const note of notes) say(`${at}: ${note}`)
  for (const { at, reason } of leftOut) say(`${at}: LEFT OUT: ${reason}`)
  const bare = people.filter(({ line }) => line.hashed_password === undefined).length
  console.error(
    `${people.length} converted (${bare} without a password), ${leftOut.length} left out`,
  )
  const pending = people.filter(({ line }) => !line.email_verified).length
  if (pending > 0)
    console.error(`${pending} with an address that is not verified: they are pending`)
}

async function main(): Promise<void> {
  const { convert, files, roles, out, ids } = readTask(process.argv.slice(2))
  for (const path of [out, ids]) refuseExisting(path)
  const converted = convert(files.map(read), new Date())
  const rules = await loadImportRules()
  const settled = await withoutEmptyPasswords(settle(converted, roles, rules.readLines), rules, say)
  const { people } = settled
  tell(settled)
  if (people.length === 0) throw new CliError('Nothing was converted or written.')
  const lines = people.map(({ line }) => JSON.stringify(line))
  const known = people.map(({ id, line }) => `${JSON.stringify({ id, email: line.email })}\n`)
  if (out !== undefined) refusing(() => mkdirSync(out, { mode: 0o700 }))
  try {
    // Write this before the lines: if it fails, there is no partial result.
    if (ids !== undefined) write(ids, known.join(''))
  } catch (error) {
    // This run created the directory, and the file may be inside it.
    if (out !== undefined) rmSync(out, { recursive: true, force: true })
    throw error
  }
  if (out === undefined) process.stdout.write(lines.map((line) => `${line}\n`).join(''))
  else {
    const hashMs = (i: number) => rules.verificationCostMs(people[i]?.line.hashed_password ?? '')
    for (const [i, chunk] of inChunks(lines, hashMs).entries()) {
      write(join(out, `users-${String(i + 1).padStart(3, '0')}.ndjson`), chunk)
    }
  }
}

try {
  await main()
} catch (error) {
  if (!(error instanceof CliError || error instanceof UnreadableExport)) throw error
  console.error(error.message)
  process.exitCode = 1
}
