/**
 * `npm run admin -- users list|show|deactivate|grant ...`: the command line for operators. It calls
 * the API with a key (or an admin's access token), set as GATEHOUSE_URL and GATEHOUSE_API_KEY. Exit
 * codes: 0 done, 1 refused (also if any line of an import is), 2 wrong usage, 3 service
 * unreachable, 4 service too slow. `--json` prints the API's response.
 */
import { parseArgs } from 'node:util'
import { CallFailed, EXIT, type Service } from './admin/api.ts'
import { APP_OPTIONS } from './admin/app-commands.ts'
import { COMMANDS, type Shown } from './admin/commands.ts'
import { card, printableJson, printableLines, table } from './admin/table.ts'

const OPTIONS = {
  search: { type: 'string' },
  email: { type: 'string' },
  sort: { type: 'string' },
  status: { type: 'string' },
  role: { type: 'string' },
  size: { type: 'string' },
  cursor: { type: 'string' },
  yes: { type: 'boolean' },
  keys: { type: 'boolean' },
  kind: { type: 'string' },
  'redirect-uris': { type: 'string' },
  scopes: { type: 'string' },
  resources: { type: 'string' },
  permission: { type: 'string' },
  'third-party': { type: 'boolean' },
  name: { type: 'string' },
  'post-logout-redirect-uris': { type: 'string' },
  'backchannel-logout-uri': { type: 'string' },
  'initiate-login-uri': { type: 'string' },
  'auth-method': { type: 'string' },
  jwks: { type: 'string' },
  'id-token-alg': { type: 'string' },
  pkce: { type: 'string' },
  'device-flow': { type: 'string' },
  'open-to-metadata-apps': { type: 'string' },
  'token-ttl-seconds': { type: 'string' },
  now: { type: 'boolean' },
  json: { type: 'boolean' },
} as const

const help = () =>
  `Usage: npm run admin -- <command> [--json]\n\n${table(
    Object.values(COMMANDS).map((each) => ({ command: each.usage, '': each.about })),
    ['command', ''],
  )}

${APP_OPTIONS}

GATEHOUSE_URL      the URL of the service (default http://localhost:8787)
GATEHOUSE_API_KEY  an API key with admin:users (admin:system for apps, outbox and import), created at /api/v1/admin/api-keys;
                   to import roles together with a password hash or a verified address, use an admin's access token`

function readCommand(args: string[]) {
  try {
    return parseArgs({ args, options: OPTIONS, allowPositionals: true })
  } catch (error) {
    const [reason] = String(error instanceof Error ? error.message : error).split('. ')
    throw new CallFailed(`${reason}.\n\n${help()}`, EXIT.usage)
  }
}

function service(): Service {
  const key = process.env.GATEHOUSE_API_KEY
  if (!key) throw new CallFailed('GATEHOUSE_API_KEY is missing.', EXIT.usage)
  const url = (process.env.GATEHOUSE_URL ?? 'http://localhost:8787').replace(/\/$/, '')
  const isSafe =
    url.startsWith('https://') || /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:|$)/.test(url)
  // Over plain http the key would be exposed.
  if (!isSafe)
    throw new CallFailed('GATEHOUSE_URL must be https, except on this machine.', EXIT.usage)
  return { url, key }
}

function render(shown: Shown, isJson: boolean): string {
  if (isJson)
    return printableJson('rows' in shown ? shown.answer : 'thing' in shown ? shown.thing : shown)
  if ('words' in shown) return printableLines(shown.words)
  if ('thing' in shown) return card(shown.thing)
  const rows = shown.rows.length > 0 ? table(shown.rows, shown.columns) : ''
  return [rows, shown.note ?? (rows === '' ? 'None.' : '')].filter(Boolean).join('\n\n')
}

async function main(): Promise<void> {
  const { values, positionals } = readCommand(process.argv.slice(2))
  const [first = '', second = '', ...rest] = positionals
  const command = COMMANDS[`${first} ${second}`]
  const single = COMMANDS[first]
  const found = command ?? single
  if (!found) throw new CallFailed(help(), EXIT.usage)
  const args = command ? rest : positionals.slice(1)
  const shown = await found.run(service(), args, values)
  console.log(render(shown, values.json === true))
  if ('rows' in shown) process.exitCode = shown.exit
}

try {
  await main()
} catch (error) {
  if (!(error instanceof CallFailed)) throw error
  console.error(printableLines(error.message))
  process.exit(error.exit)
}
