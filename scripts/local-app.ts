/** A local service with an account and an app, for examples and for tests of the packages. */
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
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
}

/** Starts a service, creates the account and registers the app (POST /api/v1/admin/apps). */
export async function startServiceWithApp(
  app: Readonly<Record<string, unknown>>,
): Promise<ServiceWithApp> {
  const service = await startLocalService({}, { knowsItsOrigin: true })
  const call = async (path: string, body: object, token?: string) => {
    const response = await fetch(`${service.base}/api/v1${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(body),
    })
    const answer = (await response.json()) as Record<string, string | null>
    if (!response.ok) throw new Error(`${path}: ${response.status} ${JSON.stringify(answer)}`)
    return answer
  }
  const { email: username, password } = ACCOUNT
  await call('/setup', { ...ACCOUNT, token: service.setupToken })
  const { access_token } = await call('/auth/login', { username, password })
  const made = await call(
    '/admin/apps',
    { first_party: true, ...app, password },
    access_token ?? '',
  )
  return {
    ...service,
    clientId: made['client_id'] ?? '',
    clientSecret: made['client_secret'] ?? '',
  }
}

/** Returns a port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, 'localhost')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

/** Runs an example until Ctrl-C. */
export function untilStopped(stop: () => Promise<void>): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void stop().then(() => process.exit(0)))
  }
}
