/**
 * The secrets of a deployment. The platform never reveals a secret again, and rotating a key ring
 * needs the old entries. New secrets are therefore also kept in a file that only its owner may read
 * and that git ignores, until they are in a password manager.
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
import { CliError } from '../cli-error.ts'

/** One file per Worker: production must not get the secrets of staging. */
export const secretsFileOf = (worker: string): string => `.secrets.${worker}`

const random = (bytes: number) => randomBytes(bytes).toString('base64url')

const MAKERS: Readonly<Record<string, () => string>> = {
  TOKEN_KEYS: () => `k1:${random(32)}`,
  DATA_KEYS: () => `k1:${random(32)}`,
  SETUP_TOKEN: () => random(24),
}

/**
 * Returns the required secrets that are missing. A setup token is created only together with the
 * first keys.
 */
export function missingSecrets(there: readonly string[], own: readonly string[]): string[] {
  const isFirst = !there.includes('TOKEN_KEYS') && !there.includes('DATA_KEYS')
  return ['TOKEN_KEYS', 'DATA_KEYS', ...(isFirst ? ['SETUP_TOKEN'] : []), ...own].filter(
    (name) => !there.includes(name),
  )
}

/**
 * Returns values for the missing secrets: from the file (an earlier attempt may have written them),
 * generated, or typed in. New values are in the file before anything is deployed with them.
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
    throw new CliError(
      `${name} is missing: put ${name}=... into ${file} and run the command again.`,
    )
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const value = (await terminal.question(`${name}: `)).trim()
  terminal.close()
  if (value === '') throw new CliError(`${name} is required.`)
  return value
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Calls `use` with a file of the secrets in wrangler's format, in a folder that only its owner may
 * enter. Both are removed however it ends, also by Ctrl-C.
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
