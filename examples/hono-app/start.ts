/** Builds the package, and starts the app as a Worker with its own service, in which it is registered. */
import { randomBytes } from 'node:crypto'
import { unstable_startWorker as startWorker } from 'wrangler'
import { buildHono } from '../../packages/hono/build.ts'
import {
  ACCOUNT,
  freePort,
  type ServiceWithApp,
  startServiceWithApp,
  untilStopped,
} from '../../scripts/local-app.ts'

const PORT = 8792

export interface Example {
  readonly origin: string
  readonly service: ServiceWithApp
  readonly stop: () => Promise<void>
}

/** Starts both. */
export async function startExample(port?: number): Promise<Example> {
  await buildHono()
  const chosen = port ?? (await freePort())
  const origin = `http://localhost:${chosen}`
  const service = await startServiceWithApp({
    name: 'A Hono app',
    kind: 'web',
    redirect_uris: [`${origin}/auth/callback`],
    post_logout_redirect_uris: [`${origin}/`],
    backchannel_logout_uri: `${origin}/auth/back-channel-logout`,
  })
  const bindings = {
    ISSUER: service.base,
    CLIENT_ID: service.clientId,
    CLIENT_SECRET: service.clientSecret,
    BASE_URL: origin,
    COOKIE_KEYS: `k1:${randomBytes(32).toString('base64url')}`,
  }
  const worker = await startWorker({
    config: `${import.meta.dirname}/wrangler.toml`,
    bindings: Object.fromEntries(
      Object.entries(bindings).map(([name, value]) => [name, { type: 'plain_text', value }]),
    ),
    dev: {
      persist: false,
      server: { hostname: 'localhost', port: chosen },
      inspector: false,
      watch: false,
    },
  })
  await worker.ready
  return {
    origin,
    service,
    stop: async () => {
      await worker.dispose()
      await service.stop()
    },
  }
}

if (process.argv[1] === import.meta.filename) {
  const { origin, service, stop } = await startExample(Number(process.env.PORT ?? PORT))
  const { email, password } = ACCOUNT
  console.log(`\n${origin}   sign in as ${email} with ${password}; Ctrl-C ends it`)
  console.log(`Its Gatehouse is at ${service.base}\n`)
  untilStopped(stop)
}
