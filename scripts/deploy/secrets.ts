/**
 * The secrets of a deployment. The platform never tells one again, and a key ring can only be rotated
 * by whoever has the old entries: so what is made here is also kept in a file that only its owner may
 * read and git ignores, until it stands in a password manager.
 */
import { randomBytes } from 'node:crypto'
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { Refusal } from '../refusal.ts'

/** A file for each Worker: what staging is given must not be production's. */
export const secretsFileOf = (worker: string): string => `.secrets.${worker}`

const random = (bytes: number) => randomBytes(bytes).toString('base64url')

const MAKERS: Readonly<Record<string, () => string>> = {
  TOKEN_KEYS: () => `k1:${random(32)}`,
  DATA_KEYS: () => `k1:${random(32)}`,
  SETUP_TOKEN: () => random(24),
}

/** What has to be there, and is not. A set-up token is made with the first keys alone. */
export function missingSecrets(there: readonly string[], own: readonly string[]): string[] {
  const isFirst = !there.includes('TOKEN_KEYS') && !there.includes('DATA_KEYS')
  return ['TOKEN_KEYS', 'DATA_KEYS', ...(isFirst ? ['SETUP_TOKEN'] : []), ...own].filter(
    (name) => !there.includes(name),
  )
}

/**
 * Values for the missing: from the file if they stand there (an earlier try got so far), made, or
 * asked for. All that is new is in the file before anything is deployed with it.
 */
export async function completeSecrets(missing: readonly string[], file: string) {
  const kept = existsSync(file) ? parse(readFileSync(file, 'utf8')) : new Map<string, string>()
  const secrets: Record<string, string> = {}
  for (const name of missing) {
    const value = kept.get(name) ?? MAKERS[name]?.() ?? (await ask(name, file))
    secrets[name] = value
    if (kept.has(name)) continue
    appendFileSync(file, `${name}=${value}\n`, { mode: 0o600 })
    chmodSync(file, 0o600)
  }
  return secrets
}

const parse = (text: string) =>
  new Map(
    Array.from(text.matchAll(/^([A-Z_]+)=(.+)$/gm), ([, name = '', value = '']) => [name, value]),
  )

async function ask(name: string, file: string): Promise<string> {
  if (!process.stdin.isTTY) {
    throw new Refusal(`${name} is missing: put ${name}=... into ${file} and start again.`)
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const value = (await terminal.question(`${name}: `)).trim()
  terminal.close()
  if (value === '') throw new Refusal(`${name} is needed.`)
  return value
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Gives `use` a file of the secrets as wrangler takes them, in a folder that only its owner may enter.
 * However it ends, by Ctrl-C too, both are gone.
 */
export async function withUpload(
  secrets: Record<string, string>,
  use: (file: string) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-'))
  const remove = () => rmSync(folder, { recursive: true, force: true })
  const end = (signal: NodeJS.Signals) => process.exit(128 + constants.signals[signal])
  process.on('exit', remove)
  for (const signal of SIGNALS) process.on(signal, end)
  try {
    const file = join(folder, 'secrets.json')
    writeFileSync(file, JSON.stringify(secrets), { mode: 0o600, flag: 'wx' })
    await use(file)
  } finally {
    remove()
    process.off('exit', remove)
    for (const signal of SIGNALS) process.off(signal, end)
  }
}
