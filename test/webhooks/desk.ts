/** A clerk who may manage webhooks, endpoints, and the receiver that they point to. */
import { env } from 'cloudflare:workers'
import { Webhook as Verifier } from 'standardwebhooks'
import { afterEach, beforeAll, beforeEach, inject, type MockInstance, vi } from 'vitest'
import { outboxHandlers } from '../../src/background/outbox-handlers'
import { randomId } from '../../src/crypto/encoding'
import type { EventName } from '../../src/events'
import { sweepOutbox } from '../../src/outbox/sweep'
import { rowsOf } from '../db/rows'
import { call, type Reply } from '../support/api'
import { depsFor } from '../support/deps'
import { makeStaffRoles } from '../support/roles'
import { PASSWORD, type SignedInUser, staff } from '../support/users'

export const PATH = '/api/v1/admin/webhooks'

export let clerk: SignedInUser

/** The calls that would notify the webhooks' consumer. */
export let notifications: MockInstance<Queue['send']>

/** A clerk who holds admin:system and nothing else; every notification is lost, so that tests sweep themselves. */
export function withClerk(): void {
  beforeAll(async () => {
    notifications = vi
      .spyOn(env.WEBHOOKS_QUEUE, 'send')
      .mockImplementation(async () => undefined as never)
    await makeStaffRoles()
    clerk = await staff('staff-system')
  })
  beforeEach(async () => {
    notifications.mockClear()
    await clear()
  })
  afterEach(clear)
}

async function clear(): Promise<void> {
  for (const table of ['webhooks', 'webhook_deliveries', 'outbox'])
    await rowsOf(`DELETE FROM ${table}`)
}

/** With the password where it is asked for, unless the body has one of its own. */
export const ask = (
  method: string,
  path = '',
  body?: object,
  token = clerk.token,
): Promise<Reply> => {
  const isAsked =
    method === 'POST' ? path === '' || path.endsWith('/rotate-secret') : body && 'url' in body
  const sent = isAsked ? { password: PASSWORD, ...body } : body
  return call(method, `${PATH}${path}`, sent, { token })
}

export interface Endpoint {
  readonly id: string
  readonly secret: string
  /** Names it to the receiver. */
  readonly key: string
}

/** An endpoint whose receiver behaves as told (test/node/webhook-receiver.ts). */
export async function endpoint(
  behaviour: string,
  events: EventName[] | null = ['user.profile_updated'],
): Promise<Endpoint> {
  const key = randomId()
  const { status, body } = await ask('POST', '', { url: urlOf(behaviour, key), events })
  if (status !== 201) throw new Error(JSON.stringify(body))
  // The mail to its maker, which is not what these tests count.
  await rowsOf("DELETE FROM outbox WHERE kind = 'mail'")
  return { id: body.id, secret: body.secret, key }
}
const urlOf = (behaviour: string, key: string): string =>
  `http://127.0.0.1:${inject('webhookPort')}/${behaviour}/${key}`

/** What came to an endpoint, oldest first, each verified by the standard's own library. */
export async function verified({ key, secret }: Endpoint): Promise<Told[]> {
  const verifier = new Verifier(secret)
  return (await receivedBy(key)).map(({ headers, body }) => ({
    id: headers['webhook-id'] ?? '',
    ...(verifier.verify(body, headers) as Omit<Told, 'id'>),
  }))
}
interface Told {
  readonly id: string
  readonly type: string
  readonly timestamp: string
  readonly data: Record<string, any>
}

interface Received {
  readonly headers: Record<string, string>
  readonly body: string
}

export async function receivedBy(key: string): Promise<Received[]> {
  const response = await fetch(`http://127.0.0.1:${inject('webhookPort')}/received/${key}`)
  return response.json()
}

/** One event that somebody makes. */
export const changeProfile = async (person: SignedInUser = clerk): Promise<void> => {
  const { status } = await call(
    'PUT',
    '/api/v1/users/profile',
    { bio: randomId() },
    { token: person.token },
  )
  if (status !== 200) throw new Error(`profile: ${status}`)
}

export const sweep = (now = Date.now()) => sweepOutbox(depsFor({ now }), outboxHandlers, 'webhooks')

/** Everything that waits is due now. */
export const makeDue = () =>
  rowsOf(`UPDATE outbox SET next_attempt_at = 0, leased_until = NULL WHERE kind = 'webhook'`)

export const deliveriesOf = async ({ id }: Pick<Endpoint, 'id'>) =>
  (await ask('GET', `/${id}/deliveries`)).body.items
export const endpointOf = async ({ id }: Pick<Endpoint, 'id'>) => (await ask('GET', `/${id}`)).body
