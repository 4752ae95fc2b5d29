/** A local service with an account and an app, for examples and for tests of the packages. */
import { createServer } from 'node:net'
import { type LocalService, startLocalService } from './local-service.ts'

/** The first admin, who can also sign in to the app. */
export const ACCOUNT = {
  email: 'ada@example.com',
  password: 'Correct-Horse-7',
  full_name: 'Ada Lovelace',
}

export interface ServiceWithApp extends LocalService {
  readonly clientId: string
  /** Empty for apps that cannot keep one. */
  readonly clientSecret: string
  /** Calls the API as the admin. Throws unless the answer is a success. */
  readonly ask: (method: string, path: string, body?: unknown) => Promise<Record<string, unknown>>
}

/** Starts a service, creates the account and registers the app (POST /api/v1/admin/apps). */
export async function startServiceWithApp(
  app: Readonly<Record<string, unknown>>,
): Promise<ServiceWithApp> {
  const service = await startLocalService({}, { knowsItsOrigin: true })
  let token: string | undefined
  const ask = async (method: string, path: string, body?: unknown) => {
    const isLines = typeof body === 'string'
    const response = await fetch(`${service.base}/api/v1${path}`, {
      method,
      headers: {
        'content-type': isLines ? 'application/x-ndjson' : 'application/json',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      ...(body !== undefined && { body: isLines ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    return (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>
  }
  const { email: username, password } = ACCOUNT
  await ask('POST', '/setup', { ...ACCOUNT, token: service.setupToken })
  token = String((await ask('POST', '/auth/login', { username, password }))['access_token'])
  const made = await ask('POST', '/admin/apps', { first_party: true, ...app, password })
  const { client_id: clientId, client_secret: clientSecret } = made
  return {
    ...service,
    ask,
    clientId: String(clientId),
    clientSecret: typeof clientSecret === 'string' ? clientSecret : '',
  }
}

/** Below the ports that systems give to outgoing connections and to servers that ask for any. */
const PORTS = { from: 20_000, count: 10_000 }

/** Returns a port that is free now, and that only another call of this could take. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = PORTS.from + Math.floor(Math.random() * PORTS.count)
    if (await isFree(port)) return port
  }
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.on('error', () => resolve(false))
    server.listen(port, () => server.close(() => resolve(true)))
  })

export interface Example {
  readonly origin: string
  readonly service: ServiceWithApp
  readonly stop: () => Promise<void>
}

/** An example of an app. It is registered in a service of its own. */
interface ExampleApp {
  readonly build: () => Promise<unknown>
  /** What is registered (POST /api/v1/admin/apps). */
  readonly appAt: (origin: string) => Readonly<Record<string, unknown>>
  /** Serves the app on `localhost`. Returns what stops it. */
  readonly serve: (
    service: ServiceWithApp,
    at: { readonly port: number; readonly origin: string },
  ) => Promise<() => Promise<unknown>>
}

/** Builds the app, and starts it and its service. Without a port it takes a free one. */
export async function startExampleApp(app: ExampleApp, given?: number): Promise<Example> {
  await app.build()
  const port = given ?? (await freePort())
  const origin = `http://localhost:${port}`
  const service = await startServiceWithApp(app.appAt(origin))
  const stopApp = await app.serve(service, { port, origin })
  return {
    origin,
    service,
    stop: async () => {
      await stopApp()
      await service.stop()
    },
  }
}

/** Starts an example and says how to sign in to it; ends it at Ctrl-C. */
export async function runExample(
  start: (port: number) => Promise<Example>,
  port: number,
): Promise<void> {
  const { origin, service, stop } = await start(Number(process.env.PORT ?? port))
  const { email, password } = ACCOUNT
  console.log(`\n${origin}   sign in as ${email} with ${password}; Ctrl-C ends it`)
  console.log(`Its Gatehouse is at ${service.base}\n`)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void stop().then(() => process.exit(0)))
  }
}
