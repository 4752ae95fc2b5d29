/** Builds the packages, and starts the app with its own service, in which it is registered. */
import { createServer } from 'vite'
import { buildClient } from '../../packages/client/build.ts'
import { buildReact } from '../../packages/react/build.ts'
import { type Example, runExample, startExampleApp } from '../../scripts/local-app.ts'

/** Starts both. */
export const startExample = (port?: number): Promise<Example> =>
  startExampleApp(
    {
      build: async () => {
        await buildClient()
        await buildReact()
      },
      appAt: (origin) => ({
        name: 'A React app',
        kind: 'spa',
        redirect_uris: [`${origin}/`],
        post_logout_redirect_uris: [`${origin}/`],
      }),
      serve: async (service, { port: chosen }) => {
        Object.assign(process.env, { VITE_ISSUER: service.base, VITE_CLIENT_ID: service.clientId })
        const vite = await createServer({
          root: import.meta.dirname,
          configFile: false,
          cacheDir: `${import.meta.dirname}/../../.wrangler/vite`,
          logLevel: 'warn',
          server: { port: chosen, strictPort: true, host: 'localhost' },
        })
        await vite.listen()
        return () => vite.close()
      },
    },
    port,
  )

if (process.argv[1] === import.meta.filename) await runExample(startExample, 8791)
