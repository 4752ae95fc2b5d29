/**
 * Runs the complete service in this process, for tests, examples and tools: the bundle as `wrangler
 * dev` runs it, with an empty database, its own secrets and cheap password hashes. Nothing is kept.
 */
import { randomBytes } from 'node:crypto'
import { createTestHarness } from 'wrangler'

export interface LocalService {
  /** Such as http://localhost:40123. */
  readonly base: string
  /** Creates the first admin (POST /api/v1/setup). */
  readonly setupToken: string
  /** Runs SQL statements on its database, for states that only the passage of time would bring. */
  readonly writeRows: (statements: readonly string[]) => Promise<void>
  readonly stop: () => Promise<void>
}

interface Database {
  prepare(sql: string): unknown
  batch(statements: readonly unknown[]): Promise<unknown>
}

const secret = () => `k1:${randomBytes(32).toString('base64url')}`

const localhost = ({ href }: URL) => href.replace(/\/$/, '').replace('127.0.0.1', 'localhost')

/**
 * Starts the service with these settings. Takes about a second, and longer the first time. Passkeys work
 * only with `knowsItsOrigin`, which starts it once more, since its port is known only then.
 */
export async function startLocalService(
  vars: Record<string, string> = {},
  { knowsItsOrigin = false } = {},
): Promise<LocalService> {
  process.env.WRANGLER_SEND_METRICS ??= 'false'
  process.env.CLOUDFLARE_CF_FETCH_ENABLED ??= 'false'
  process.env.WRANGLER_REGISTRY_PATH ??= `${import.meta.dirname}/../.wrangler/registry`
  const setupToken = randomBytes(16).toString('hex')
  const secrets = { TOKEN_KEYS: secret(), DATA_KEYS: secret(), SETUP_TOKEN: setupToken }
  const optionsAt = (origin: string) => ({
    root: `${import.meta.dirname}/..`,
    workers: [
      {
        configPath: './wrangler.toml',
        vars: { PUBLIC_URL: origin, PASSWORD_HASH_ROUNDS: '1', ...vars },
        secrets,
      },
    ],
  })
  const server = createTestHarness(optionsAt('http://localhost:8787'))
  const base = localhost((await server.listen()).url)
  if (knowsItsOrigin) {
    await server.update(optionsAt(base))
    if (localhost((await server.listen()).url) !== base) throw new Error('the port has changed')
  }
  await server.getWorker().applyD1Migrations('DB')
  return {
    base,
    setupToken,
    async writeRows(statements) {
      const { DB } = await server.getWorker<{ DB: Database }>().getEnv()
      await DB.batch(statements.map((statement) => DB.prepare(statement)))
    },
    stop: () => server.close(),
  }
}
