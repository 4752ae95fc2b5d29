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

/** Starts the service with these settings. Takes about a second, and longer the first time. */
export async function startLocalService(vars: Record<string, string> = {}): Promise<LocalService> {
  process.env.WRANGLER_SEND_METRICS ??= 'false'
  process.env.CLOUDFLARE_CF_FETCH_ENABLED ??= 'false'
  process.env.WRANGLER_REGISTRY_PATH ??= `${import.meta.dirname}/../.wrangler/registry`
  const setupToken = randomBytes(16).toString('hex')
  const server = createTestHarness({
    root: `${import.meta.dirname}/..`,
    workers: [
      {
        configPath: './wrangler.toml',
        vars: { PUBLIC_URL: 'http://localhost:8787', PASSWORD_HASH_ROUNDS: '1', ...vars },
        secrets: { TOKEN_KEYS: secret(), DATA_KEYS: secret(), SETUP_TOKEN: setupToken },
      },
    ],
  })
  const { url } = await server.listen()
  await server.getWorker().applyD1Migrations('DB')
  return {
    base: url.href.replace(/\/$/, '').replace('127.0.0.1', 'localhost'),
    setupToken,
    async writeRows(statements) {
      const { DB } = await server.getWorker<{ DB: Database }>().getEnv()
      await DB.batch(statements.map((statement) => DB.prepare(statement)))
    },
    stop: () => server.close(),
  }
}
