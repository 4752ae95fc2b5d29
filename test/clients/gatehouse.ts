/** The running service as its admin sees it, who registers the clients and looks after their users. */
import { randomUUID } from 'node:crypto'
import { inject } from 'vitest'
import { importLine } from '../../scripts/smoke/verification.ts'

export const PASSWORD = 'Correct-Horse-7'

export interface Person {
  readonly id: number
  readonly email: string
}

export interface App {
  readonly client_id: string
  readonly client_secret: string
}

/** Calls the API as the admin. Throws where it does not answer 2xx. */
async function ask(method: string, path: string, body?: unknown): Promise<any> {
  const { base, admin } = inject('gatehouse')
  const isLines = typeof body === 'string'
  const response = await fetch(`${base}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${admin}`,
      'content-type': isLines ? 'application/x-ndjson' : 'application/json',
    },
    ...(body !== undefined && { body: isLines ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
  return text === '' ? undefined : JSON.parse(text)
}

/** Registers an app of our own: a web app with a secret, unless told otherwise. */
export const registerApp = (fields: object): Promise<App> =>
  ask('POST', '/admin/apps', {
    name: 'Client',
    kind: 'web',
    first_party: true,
    ...fields,
    password: PASSWORD,
  })

/** Registers an API whose scopes every user may grant. */
export const registerResource = async (
  identifier: string,
  scopes: readonly string[],
): Promise<{ id: string; secret: string }> =>
  ask('POST', '/admin/resources', {
    identifier,
    name: 'Orders API',
    scopes: scopes.map((name) => ({ name })),
    password: PASSWORD,
  })

/** A user with a password, who has not signed in yet. */
export async function newPerson(): Promise<Person> {
  const email = `${randomUUID()}@example.com`
  await ask('POST', '/admin/import', importLine({ email, password: PASSWORD }))
  const { items } = await ask('GET', `/admin/users?email=${email}`)
  return { id: items[0].id, email }
}

/** Ends every session of a user. */
export const signOutEverywhere = ({ id }: Person): Promise<void> =>
  ask('DELETE', `/admin/users/${id}/sessions`)

/** What became of telling an app that sessions of it have ended. */
export const logoutDeliveries = async ({ client_id }: App): Promise<{ state: string }[]> =>
  (await ask('GET', `/admin/apps/${client_id}/logout-deliveries`)).items

/** Repeats until it returns something. Vitest ends what does not come. */
export async function eventually<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
