/**
 * `npm start`: the whole service on this machine, ready to use. Completes .dev.vars, applies the D1
 * migrations, runs `wrangler dev`, plays the platform's cron, and says where everything is. When it
 * ends, by Ctrl-C, by a closed terminal or by a fault, every process it started has ended too.
 * `--with <folder>` runs another Worker beside it, which finds the service by its binding.
 */
import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { playCrons } from './dev-crons.ts'
import { applyMigrations } from './dev-migrations.ts'
import { refuseTakenPort, waitForAnswer } from './dev-port.ts'
import { isStopping, startWrangler, stopWithParent } from './dev-process.ts'
import { completeDevVars } from './dev-secrets.ts'
import { Refusal } from './refusal.ts'

process.chdir(`${import.meta.dirname}/..`)

interface Options {
  readonly port: number
  /** The configuration of the Worker to run beside the service, one port further. */
  readonly beside: string | undefined
}

function readOptions(args: string[]): Options {
  const usage = 'Usage: npm start -- [--port N] [--with FOLDER]   (8787 unless given)'
  let given: { port: string; with?: string }
  try {
    const options = { port: { type: 'string', default: '8787' }, with: { type: 'string' } } as const
    given = parseArgs({ args, options }).values
  } catch (error) {
    const [reason] = String(error instanceof Error ? error.message : error).split('. ')
    throw new Refusal(`${reason}.\n${usage}`)
  }
  const port = /^\d{1,5}$/.test(given.port) ? Number(given.port) : 0
  const beside = given.with && `${given.with.replace(/\/$/, '')}/wrangler.toml`
  if (port < 1 || port + (beside ? 1 : 0) > 65_535) {
    throw new Refusal(`--port ${given.port} is not a port.\n${usage}`)
  }
  if (beside && !existsSync(beside)) throw new Refusal(`There is no ${beside}.\n${usage}`)
  return { port, beside }
}

/** What stands in the environment or in .dev.vars wins; else links lead back to this machine. */
function publicUrlArgs(origin: string, settings: Map<string, string>): string[] {
  const own = process.env.PUBLIC_URL
  if (!own && settings.get('PUBLIC_URL')) return []
  return ['--var', `PUBLIC_URL:${own || origin}`]
}

/** What to say of the first admin: the page's status tells whether one can be made. */
async function firstAdmin(origin: string, setupToken: string | undefined): Promise<string> {
  const page = await fetch(`${origin}/setup`)
  // 404: there is an admin, or no token. A service with faulty settings cannot tell.
  if (page.status !== 404) {
    return `First admin   ${origin}/setup   once, with the set-up token ${setupToken}`
  }
  const console = `Console       ${origin}/admin`
  const hint = '   for a first admin, set SETUP_TOKEN in .dev.vars and open /setup'
  return setupToken ? console : console + hint
}

async function announce(
  origin: string,
  setupToken: string | undefined,
  besideOrigin: string | undefined,
) {
  console.log(`
Gatehouse     ${origin}
${await firstAdmin(origin, setupToken)}
API           ${origin}/docs
Local mails   ${origin}/cdn-cgi/local/explorer${besideOrigin ? `\nBeside it     ${besideOrigin}` : ''}

Ctrl-C stops it.
`)
}

async function main(): Promise<number> {
  const { port, beside } = readOptions(process.argv.slice(2))
  const origin = `http://localhost:${port}`
  const besideOrigin = beside && `http://localhost:${port + 1}`
  await refuseTakenPort(port)
  if (beside) await refuseTakenPort(port + 1)
  stopWithParent()

  const { settings, added, cutOff } = completeDevVars('.dev.vars')
  for (const name of cutOff) {
    console.error(
      `.dev.vars: the value of ${name} ends before its #, which begins a comment there. Put the value in quotes.`,
    )
  }
  if (added.length > 0) console.log(`Added to .dev.vars, freshly random: ${added.join(', ')}`)
  await applyMigrations()
  if (isStopping()) return 0

  console.log('Starting the service ...')
  const args = ['dev', '--env=', '--port', String(port), '--log-level', 'warn']
  const exit = startWrangler([...args, ...publicUrlArgs(origin, settings)], console.error)
  const first = await Promise.race([exit, waitForAnswer(`${origin}/healthz`)])
  if (isStopping()) return 0
  if (typeof first === 'number') {
    throw new Refusal(`wrangler dev ended with code ${first} before the service answered.`)
  }
  if (!first.ok) {
    console.error(
      `The service answers ${first.status} on /healthz; what it logged is above, and ${origin} shows it.`,
    )
  }
  const exits = [exit]
  if (beside && besideOrigin) {
    // Behind the service: it looks for what it binds when it starts.
    const besideArgs = ['dev', '-c', beside, '--port', String(port + 1), '--log-level', 'warn']
    exits.push(startWrangler(besideArgs, console.error))
    await Promise.race([...exits, waitForAnswer(besideOrigin)])
    if (isStopping()) return 0
  }
  await announce(origin, settings.get('SETUP_TOKEN'), besideOrigin)

  playCrons(origin)
  const code = await Promise.race(exits)
  if (isStopping()) return 0
  throw new Refusal(`wrangler dev ended by itself with code ${code}.`)
}

try {
  process.exit(await main())
} catch (error) {
  console.error(error instanceof Refusal ? `\n${error.message}` : error)
  process.exit(1)
}
