/** Sessions of apps with a back-channel logout URI, and what arrives there. */
import { env } from 'cloudflare:workers'
import { createLocalJWKSet, type JWTPayload, jwtVerify } from 'jose'
import { beforeAll, beforeEach, inject, type MockInstance, vi } from 'vitest'
import { appMap } from '../../src/apps/app-map'
import { appSubject } from '../../src/apps/app-subject'
import { outboxHandlers } from '../../src/background/outbox-handlers'
import { randomId } from '../../src/crypto/encoding'
import { sweepOutbox } from '../../src/outbox/sweep'
import type { AppSession } from '../../src/sessions/app-session-types'
import { sessionsOf } from '../../src/sessions/object-stub'
import type { AppRow } from '../../src/tables/apps'
import { rowsOf } from '../db/rows'
import { get } from '../support/api'
import { appSessionFor, DEVICE, type Whose } from '../support/app-sessions'
import { makeApp, type MadeApp } from '../support/apps'
import { depsFor } from '../support/deps'

export const POST_LOGOUT = 'https://client.example.org/goodbye'

/** The calls that would notify the webhooks' consumer. All are lost, so that tests sweep themselves. */
export let notifications: MockInstance<Queue['send']>

export function withReceiver(): void {
  beforeAll(() => {
    notifications = vi
      .spyOn(env.WEBHOOKS_QUEUE, 'send')
      .mockImplementation(async () => undefined as never)
  })
  beforeEach(async () => {
    notifications.mockClear()
    await rowsOf('DELETE FROM logout_deliveries')
    await rowsOf("DELETE FROM outbox WHERE kind = 'webhook'")
  })
}

export interface ListeningApp extends MadeApp {
  /** Names it to the receiver. */
  readonly key: string
}

/** An app whose receiver behaves as told (test/node/webhook-receiver.ts). */
export async function listeningApp(
  behaviour = 'ok',
  made: Partial<AppRow> = {},
): Promise<ListeningApp> {
  const key = randomId()
  const app = await makeApp({
    backchannelLogoutUri: `http://127.0.0.1:${inject('webhookPort')}/${behaviour}/${key}`,
    postLogoutRedirectUris: [POST_LOGOUT],
    ...made,
  })
  return { ...app, key }
}

/** A session of the app, opened in the user's session. */
export async function openApp(
  who: Whose,
  { clientId }: Pick<ListeningApp, 'clientId'>,
  isOffline = false,
): Promise<AppSession> {
  const deps = depsFor()
  const app = (await appMap(deps)).apps.get(clientId)
  if (!app) throw new Error('no such app')
  const sub = await appSubject(deps, app, who.subject)
  return appSessionFor(who, { grant: { clientId, sub, isOffline } })
}

interface Delivery {
  id: string
  client_id: string
  sid: string
  sub: string
  reason: string
  state: string
  attempts: number
  last_status: number | null
  last_error: string | null
  delivered_at: number | null
}

/** An app's deliveries, once there are this many. */
export const deliveriesTo = ({ clientId }: Pick<ListeningApp, 'clientId'>, count = 1) =>
  vi.waitUntil(
    async () => {
      const found = await rowsOf<Delivery>(
        'SELECT * FROM logout_deliveries WHERE client_id = ? ORDER BY id',
        clientId,
      )
      return found.length >= count && found
    },
    { timeout: 10_000, interval: 20 },
  )

/** Ends the session by itself, in the object alone. */
export const endSession = async ({ subject, sessionId }: Whose): Promise<void> => {
  await sessionsOf(depsFor(), subject).revokeSession(sessionId, 'signed_out', DEVICE)
}

export const sweep = (now = Date.now()) => sweepOutbox(depsFor({ now }), outboxHandlers, 'webhooks')

/** Everything that waits is due now. */
export const makeDue = () =>
  rowsOf(`UPDATE outbox SET next_attempt_at = 0, leased_until = NULL WHERE kind = 'webhook'`)

interface Received {
  readonly path: string
  readonly headers: Record<string, string>
  readonly body: string
}

export async function receivedBy(key: string): Promise<Received[]> {
  const response = await fetch(`http://127.0.0.1:${inject('webhookPort')}/received/${key}`)
  return response.json()
}

/** The logout tokens that came to an app, verified as section 2.6 of the specification asks. */
export async function tokensOf({ key, clientId }: ListeningApp): Promise<JWTPayload[]> {
  const keys = createLocalJWKSet((await get('/.well-known/jwks.json')).body)
  return Promise.all(
    (await receivedBy(key)).map(async ({ body }) => {
      const form = new URLSearchParams(body)
      const { payload } = await jwtVerify(form.get('logout_token') ?? '', keys, {
        issuer: depsFor().config.PUBLIC_URL,
        audience: clientId,
        typ: 'logout+jwt',
        requiredClaims: ['iat', 'exp', 'jti', 'sid', 'sub', 'events'],
      })
      return payload
    }),
  )
}
