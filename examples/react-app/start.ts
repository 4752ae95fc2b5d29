/** Builds the packages, and starts the app with its own service, in which it is registered. */
import { createServer } from 'vite'
import { buildClient } from '../../packages/client/build.ts'
import { buildReact } from '../../packages/react/build.ts'
import {
  ACCOUNT,
  freePort,
  type ServiceWithApp,
  startServiceWithApp,
  untilStopped,
} from '../../scripts/local-app.ts'

const PORT = 8791

export interface Example {
  readonly origin: string
  readonly service: ServiceWithApp
  readonly stop: () => Promise<void>
}

/** Starts both. */
export async function startExample(port?: number): Promise<Example> {
  await buildClient()
  await buildReact()
  const chosen = port ?? (await freePort())
  const origin = `http://localhost:${chosen}`
  const service = await startServiceWithApp({
    name: 'A React app',
    kind: 'spa',
    redirect_uris: [`${origin}/`],
    post_logout_redirect_uris: [`${origin}/`],
  })
  Object.assign(process.env, { VITE_ISSUER: service.base, VITE_CLIENT_ID: service.clientId })
  const vite = await createServer({
    root: import.meta.dirname,
    configFile: false,
    cacheDir: `${import.meta.dirname}/../../.wrangler/vite`,
    logLevel: 'warn',
    server: { port: chosen, strictPort: true, host: 'localhost' },
  })
  await vite.listen()
  return {
    origin,
    service,
    stop: async () => {
      await vite.close()
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
