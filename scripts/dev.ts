/**
 * `npm start`: runs the complete service on this machine. It completes .dev.vars, applies the D1
 * migrations, runs `wrangler dev`, fires the crons, and prints the addresses. Whether it ends by
 * Ctrl-C, a closed terminal or a fault, every process that it started ends too. `--with <folder>`
 * also runs another Worker, which reaches the service by its binding.
 */
import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { CliError } from './cli-error.ts'
import { playCrons } from './dev-crons.ts'
import { applyMigrations } from './dev-migrations.ts'
import { refuseTakenPort, waitForAnswer } from './dev-port.ts'
import { isStopping, startWrangler, stopWithParent } from './dev-process.ts'
import { completeDevVars } from './dev-secrets.ts'

process.chdir(`${import.meta.dirname}/..`)

interface Options {
  readonly port: number
  /** The configuration of the second Worker, which runs on the next port. */
  readonly beside: string | undefined
}

function readOptions(args: string[]): Options {
  const usage = 'Usage: npm start -- [--port N] [--with FOLDER]   (default 8787)'
  let given: { port: string; with?: string }
  try {
    const options = { port: { type: 'string', default: '8787' }, with: { type: 'string' } } as const
    given = parseArgs({ args, options }).values
  } catch (error) {
    const [reason] = String(error instanceof Error ? error.message : error).split('. ')
    throw new CliError(`${reason}.\n${usage}`)
  }
  const port = /^\d{1,5}$/.test(given.port) ? Number(given.port) : 0
  const beside = given.with && `${given.with.replace(/\/$/, '')}/wrangler.toml`
  if (port < 1 || port + (beside ? 1 : 0) > 65_535) {
    throw new CliError(`--port ${given.port} is not a port.\n${usage}`)
  }
  if (beside && !existsSync(beside)) throw new CliError(`${beside} does not exist.\n${usage}`)
  return { port, beside }
}

/**
 * A value in the environment or in .dev.vars takes precedence. Otherwise links point to this
 * machine.
 */
function publicUrlArgs(origin: string, settings: Map<string, string>): string[] {
  const own = process.env.PUBLIC_URL
  if (!own && settings.get('PUBLIC_URL')) return []
  return ['--var', `PUBLIC_URL:${own || origin}`]
}

/**
 * Returns the line about the first admin. The status of the page tells whether one can be created.
 */
async function firstAdmin(origin: string, setupToken: string | undefined): Promise<string> {
  const page = await fetch(`${origin}/setup`)
  // 404 means that there is an admin, or no setup token. A service with faulty settings cannot
  // tell.
  if (page.status !== 404) {
    return `First admin   ${origin}/setup   works once, with the setup token ${setupToken}`
  }
  const console = `Console       ${origin}/admin`
  const hint = '   to create the first admin, set SETUP_TOKEN in .dev.vars and open /setup'
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
Local emails  ${origin}/cdn-cgi/local/explorer${besideOrigin ? `\nExample       ${besideOrigin}` : ''}

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
      `.dev.vars: the value of ${name} ends before its #, which starts a comment. Put the value in quotes.`,
    )
  }
  if (added.length > 0)
    console.log(`Added to .dev.vars, with new random values: ${added.join(', ')}`)
  await applyMigrations()
  if (isStopping()) return 0

  console.log('Starting the service ...')
  const args = ['dev', '--env=', '--port', String(port), '--log-level', 'warn']
  const exit = startWrangler([...args, ...publicUrlArgs(origin, settings)], console.error)
  const first = await Promise.race([exit, waitForAnswer(`${origin}/healthz`)])
  if (isStopping()) return 0
  if (typeof first === 'number') {
    throw new CliError(`wrangler dev exited with code ${first} before the service responded.`)
  }
  if (!first.ok) {
    console.error(
      `The service responds with ${first.status} on /healthz. See its log above, or open ${origin}.`,
    )
  }
  const exits = [exit]
  if (beside && besideOrigin) {
    // After the service: the second Worker resolves its bindings when it starts.
    const besideArgs = ['dev', '-c', beside, '--port', String(port + 1), '--log-level', 'warn']
    exits.push(startWrangler(besideArgs, console.error))
    await Promise.race([...exits, waitForAnswer(besideOrigin)])
    if (isStopping()) return 0
  }
  await announce(origin, settings.get('SETUP_TOKEN'), besideOrigin)

  playCrons(origin)
  const code = await Promise.race(exits)
  if (isStopping()) return 0
  throw new CliError(`wrangler dev exited unexpectedly with code ${code}.`)
}

try {
  process.exit(await main())
} catch (error) {
  console.error(error instanceof CliError ? `\n${error.message}` : error)
  process.exit(1)
}
