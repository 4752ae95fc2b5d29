/** Builds the package, and starts the app as a Worker with its own service, in which it is registered. */
import { randomBytes } from 'node:crypto'
import { unstable_startWorker as startWorker } from 'wrangler'
import { buildHono } from '../../packages/hono/build.ts'
import { type Example, runExample, startExampleApp } from '../../scripts/local-app.ts'

/** Starts both. */
export const startExample = (port?: number): Promise<Example> =>
  startExampleApp(
    {
      build: buildHono,
      appAt: (origin) => ({
        name: 'A Hono app',
        kind: 'web',
        redirect_uris: [`${origin}/auth/callback`],
        post_logout_redirect_uris: [`${origin}/`],
        backchannel_logout_uri: `${origin}/auth/back-channel-logout`,
      }),
      serve: async (service, { port: chosen, origin }) => {
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
        return () => worker.dispose()
      },
    },
    port,
  )

if (process.argv[1] === import.meta.filename) await runExample(startExample, 8792)
