/**
 * Reads `[env.production]` of wrangler.toml: what it needs in the account. Also writes its
 * database's id.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { unstable_readConfig as readConfig } from 'wrangler'
import { CliError } from '../cli-error.ts'

export const CONFIG = 'wrangler.toml'
const ENVIRONMENT = 'production'
/** The placeholder until there is a database. */
const NO_DATABASE = '00000000-0000-0000-0000-000000000000'
const SAMPLE_HOST = /(^|\.)example(\.com|\.net|\.org)?$/

/** The part of wrangler's configuration that we read. */
interface Config {
  name?: string
  vars: Record<string, string | undefined>
  d1_databases: { database_name?: string; database_id?: string }[]
  queues: {
    producers?: { queue: string }[]
    consumers?: { queue: string; dead_letter_queue?: string }[]
  }
  routes?: (string | { pattern: string })[]
}

export interface Production {
  /** The Worker's name. */
  readonly worker: string
  readonly publicUrl: string
  readonly database: { readonly name: string; readonly id: string | undefined }
  readonly queues: readonly string[]
  /** Secrets that its settings require, besides the keys. */
  readonly ownSecrets: readonly string[]
}

/**
 * Reads and checks the environment. Throws CliError with everything that is still to be filled in.
 */
export function readProduction(config = CONFIG): Production {
  const read = readConfig({ config, env: ENVIRONMENT }) as Config
  const { name: worker, vars, d1_databases, queues, routes = [] } = read
  const [database] = d1_databases
  if (!worker) throw new CliError(`[env.${ENVIRONMENT}] does not name a Worker.`)
  if (!database?.database_name) throw new CliError(`[env.${ENVIRONMENT}] does not name a database.`)
  const publicUrl = vars['PUBLIC_URL'] ?? ''
  const faults = [
    ...(isOwnOrigin(publicUrl)
      ? []
      : [`PUBLIC_URL is ${publicUrl || 'missing'}: set your own origin`]),
    ...routes
      .map((route) => (typeof route === 'string' ? route : route.pattern))
      .filter((pattern) => SAMPLE_HOST.test(hostOf(pattern)))
      .map((pattern) => `the route ${pattern}: set your own host`),
    ...(/@[\w.]*example(\.\w+)?>?$/.test(vars['MAIL_FROM'] ?? '')
      ? [`MAIL_FROM is ${vars['MAIL_FROM']}: set an address that your email service may send from`]
      : []),
  ]
  if (faults.length > 0) {
    throw new CliError(`Fill in [env.${ENVIRONMENT}] of ${config} first:\n- ${faults.join('\n- ')}`)
  }
  const named = [
    ...(queues.producers ?? []).map(({ queue }) => queue),
    ...(queues.consumers ?? []).flatMap(({ queue, dead_letter_queue: dead }) => [queue, dead]),
  ]
  return {
    worker,
    publicUrl,
    database: {
      name: database.database_name,
      id: database.database_id === NO_DATABASE ? undefined : database.database_id,
    },
    queues: [...new Set(named.filter((name) => name !== undefined))],
    ownSecrets: secretsOf(vars['MAIL_TRANSPORT'] ?? '', 'SMTP_USERNAME' in vars),
  }
}

function isOwnOrigin(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { origin, protocol, hostname } = new URL(url)
  return origin === url && protocol === 'https:' && !SAMPLE_HOST.test(hostname)
}

const hostOf = (pattern: string) => pattern.replace(/^https?:\/\//, '').split('/')[0] ?? ''

function secretsOf(transport: string, hasSmtpUser: boolean): string[] {
  if (transport === 'resend') return ['RESEND_API_KEY']
  return transport === 'smtp' && hasSmtpUser ? ['SMTP_PASSWORD'] : []
}

/**
 * Replaces the placeholder in `[env.production]` with the id, and changes nothing else in the file.
 */
export function writeDatabaseId(id: string, config = CONFIG): void {
  const text = readFileSync(config, 'utf8')
  const at = text.indexOf(`[[env.${ENVIRONMENT}.d1_databases]]`)
  const place = text.indexOf(NO_DATABASE, at)
  if (at < 0 || place < 0) throw new CliError(`${config} has no placeholder for the database id.`)
  writeFileSync(config, text.slice(0, place) + id + text.slice(place + NO_DATABASE.length))
}
