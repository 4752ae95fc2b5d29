/**
 * `npm run deploy`: sets up and updates a deployment. It creates what is missing (database, queues,
 * secrets), applies the migrations, deploys, and checks that the service responds. Every step can
 * be repeated, and it stops at the first one that fails. `--dry-run` needs no account: it checks
 * the settings, prints what it would do, and builds what would be deployed.
 */
import { parseArgs } from 'node:util'
import { CliError } from './cli-error.ts'
import { CONFIG, type Production, readProduction, writeDatabaseId } from './deploy/production.ts'
import { secretsThere } from './deploy/secret-names.ts'
import { completeSecrets, missingSecrets, secretsFileOf, withUpload } from './deploy/secrets.ts'
import { jsonIn, mustRun, wrangler } from './deploy/wrangler.ts'

process.chdir(`${import.meta.dirname}/..`)

const { values: options } = parseArgs({
  options: {
    'dry-run': { type: 'boolean', default: false },
    config: { type: 'string', default: CONFIG },
  },
})
const ENV = ['--env', 'production', '--config', options.config]

async function ensureSignedIn(): Promise<void> {
  const { code } = await wrangler(['whoami', '--json'], true)
  if (code === 0) return
  throw new CliError(
    'Sign in to the account first: npx wrangler login, or set CLOUDFLARE_API_TOKEN\n' +
      '(permissions: Workers Scripts, D1, Queues, all Edit; Zone: Workers Routes Edit).',
  )
}

async function ensureDatabase({ database }: Production): Promise<void> {
  if (database.id !== undefined) return console.log(`Database ${database.name}: exists`)
  const known = await databaseId(database.name)
  if (known === undefined) {
    console.log(`Database ${database.name}: creating`)
    await mustRun(['d1', 'create', database.name], true)
  }
  const id = known ?? (await databaseId(database.name))
  if (id === undefined)
    throw new CliError(`The database ${database.name} has no id yet. Run the command again.`)
  writeDatabaseId(id, options.config)
  console.log(`Database ${database.name}: ${id}, written to ${options.config}. Commit it.`)
}

async function databaseId(name: string): Promise<string | undefined> {
  const list = jsonIn(await mustRun(['d1', 'list', '--json'], true))
  const all = Array.isArray(list) ? (list as { uuid: string; name: string }[]) : []
  return all.find((each) => each.name === name)?.uuid
}

async function ensureQueues({ queues }: Production): Promise<void> {
  for (const queue of queues) {
    const { code } = await wrangler(['queues', 'info', queue], true)
    if (code !== 0) await mustRun(['queues', 'create', queue], true)
    console.log(`Queue ${queue}: ${code === 0 ? 'exists' : 'created'}`)
    await keepMessages(queue)
  }
}

/** The longest retention of Cloudflare Queues: 14 days. The default is 4 days. */
const RETENTION_SECONDS = 14 * 86_400

/**
 * Sets the retention, also of existing queues. The free plan refuses it, which must not stop a
 * deployment.
 */
async function keepMessages(queue: string): Promise<void> {
  const retention = ['--message-retention-period-secs', String(RETENTION_SECONDS)]
  const { code } = await wrangler(['queues', 'update', queue, ...retention], true)
  if (code !== 0) console.warn(`Queue ${queue}: your plan keeps messages for less than 14 days.`)
}

/**
 * Uploads the secrets together with the version that needs them, so that no version ever runs
 * without.
 */
async function deployWith(secrets: Record<string, string>): Promise<void> {
  const args = ['deploy', ...ENV]
  if (Object.keys(secrets).length === 0) return void (await mustRun(args))
  await withUpload(secrets, async (file) => {
    await mustRun([...args, '--secrets-file', file])
  })
}

async function looksWell(url: string): Promise<boolean> {
  for (let turn = 0; turn < 12; turn++) {
    const answer = await fetch(`${url}/healthz`).catch(() => undefined)
    if (answer?.ok) return true
    await new Promise((resolve) => setTimeout(resolve, 5000))
  }
  return false
}

async function rehearse(production: Production): Promise<void> {
  const { publicUrl, database, queues, ownSecrets } = production
  const secrets = missingSecrets([], ownSecrets).join(', ')
  console.log(`Would deploy ${publicUrl}:
- the database ${database.name}${database.id ? '' : ', created if it is missing, with its id written to wrangler.toml'}
- the queues ${queues.join(', ')}, each keeping its messages for 14 days
- the secrets ${secrets}, where they are missing
- the migrations of migrations/ that are not applied yet
None of this was checked against an account. The bundle that would be deployed:
`)
  await mustRun(['deploy', ...ENV, '--dry-run'])
}

async function main(): Promise<void> {
  const production = readProduction(options.config)
  if (options['dry-run']) return rehearse(production)
  await ensureSignedIn()
  await ensureDatabase(production)
  await ensureQueues(production)
  const missing = missingSecrets(await secretsThere(production.worker, ENV), production.ownSecrets)
  const file = secretsFileOf(production.worker)
  const secrets = await completeSecrets(missing, file)
  // Migrations only add to the schema, so the running version keeps working.
  await mustRun(['d1', 'migrations', 'apply', 'DB', ...ENV, '--remote'])
  await deployWith(secrets)
  const { publicUrl } = production
  if (!(await looksWell(publicUrl))) {
    throw new CliError(
      `${publicUrl}/healthz does not return 200. See npx wrangler tail ${ENV.join(' ')}`,
    )
  }
  console.log(`\n${publicUrl} is up.`)
  if (missing.length > 0)
    console.log(`New secrets are in ${file}. Move them to a password manager.`)
  if (secrets.SETUP_TOKEN)
    console.log(`Create the first admin at ${publicUrl}/setup with SETUP_TOKEN.`)
  console.log(`Try it: npm run smoke -- ${publicUrl}`)
}

try {
  await main()
} catch (error) {
  console.error(error instanceof CliError ? `\n${error.message}` : error)
  process.exit(1)
}
