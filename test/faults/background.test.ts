/** Queues and crons under faults: whatever dies at whichever call, what is owed happens, once in the log. */
import { createMessageBatch } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { SCHEDULE } from '../../src/background/cron'
import { randomId } from '../../src/crypto/encoding'
import { eventId } from '../../src/event-id'
import type { EventMessage } from '../../src/events'
import worker from '../../src/index'
import { listeningApp } from '../app-logout/desk'
import { freshIp } from '../support/api'
import { stopClock } from '../support/clock'
import { cronOf } from '../support/crons'
import { mailsTo } from '../support/mailbox'
import { makeUser, signedInUser } from '../support/users'
import { moreFactorFlows } from './factor-flows'
import { admin, has, isDead } from './flow'
import { FaultyWorker, hush, WAYS, type Way } from './injected'
import { broken } from './invariants'
import { heal, sweep } from './sweep'
import { endpoint } from './webhook-flows'

stopClock()
beforeAll(hush)

type Work = (env: Env, ctx: ExecutionContext) => Promise<unknown>
interface PendingDelivery {
  readonly work: Work
  readonly isDone: () => Promise<boolean>
}

/** Fails the n-th call of some work, for every n; then it is tried again by cron or queue. */
async function sweepWork(
  make: () => Promise<PendingDelivery>,
  way: Way,
  retries: boolean,
): Promise<number> {
  const faulty = new FaultyWorker()
  for (let n = 1; n < 40; n++) {
    const { work, isDone } = await make()
    faulty.arm(n, way)
    await faulty.work(work).catch(() => undefined)
    const isStruck = faulty.struck !== undefined
    faulty.arm(0, way)
    if (isStruck && retries) await faulty.work(work)
    await heal()
    expect(await isDone(), `${way} call ${n} ${faulty.struck}`).toBe(true)
    expect(await broken()).toEqual([])
    if (!isStruck) return n - 1
  }
  throw new Error('the work has not passed untouched')
}

const notify =
  (id: string): Work =>
  async (given) => {
    const messages = [{ id: randomId(), timestamp: new Date(), attempts: 1, body: { id } }]
    const batch = createMessageBatch('gatehouse-outbox', messages) as MessageBatch<never>
    await worker.queue(batch, given, { waitUntil: () => undefined } as never)
  }

async function outboxRow(kind: string, subject: string, payload: object): Promise<string> {
  const id = randomId()
  await env.DB.prepare(
    'INSERT INTO outbox (id, kind, subject, payload, next_attempt_at, created_at) VALUES (?, ?, ?, ?, 0, 0)',
  )
    .bind(id, kind, subject, JSON.stringify(payload))
    .run()
  return id
}

const mail = async (work: (id: string) => Work): Promise<PendingDelivery> => {
  const { email, subject } = await makeUser()
  const id = await outboxRow('mail', subject, { mail: 'password-changed' })
  return {
    work: work(id),
    isDone: async () =>
      mailsTo(email).length > 0 && !(await has('SELECT 1 FROM outbox WHERE id = ?', id)),
  }
}

/** An event that an endpoint chose. */
const webhook = async (work: (id: string) => Work): Promise<PendingDelivery> => {
  const id = await endpoint()
  const now = Date.now()
  await env.DB.prepare(
    "INSERT INTO audit_log (id, at, event, data) VALUES (?, ?, 'webhook.test', ?)",
  )
    .bind(eventId(now), now, JSON.stringify({ webhook_id: id }))
    .run()
  return {
    work: work(id),
    isDone: () =>
      has("SELECT 1 FROM webhook_deliveries WHERE webhook_id = ? AND state = 'delivered'", id),
  }
}

/** A session of an app that ended. */
const logout = async (work: Work): Promise<PendingDelivery> => {
  const { clientId } = await listeningApp()
  const now = Date.now()
  const data = {
    client_id: clientId,
    sub: 's'.repeat(43),
    app_session_ids: [randomId()],
    reason: 'signed_out',
  }
  await env.DB.prepare(
    "INSERT INTO audit_log (id, at, event, data) VALUES (?, ?, 'app.signed_out', ?)",
  )
    .bind(eventId(now), now, JSON.stringify(data))
    .run()
  return {
    work,
    isDone: () =>
      has("SELECT 1 FROM logout_deliveries WHERE client_id = ? AND state = 'delivered'", clientId),
  }
}

/** A change that is saved and of which the object was never told: its teller died. */
const untold = async (work: (id: string) => Work): Promise<PendingDelivery> => {
  const ada = await signedInUser()
  await env.DB.prepare(
    'UPDATE users SET deactivated_at = 1, auth_version = auth_version + 1, credential_version = credential_version + 1 WHERE id = ?',
  )
    .bind(ada.id)
    .run()
  const id = await outboxRow('sync-authority', ada.subject, {})
  return { work: work(id), isDone: () => isDead(ada) }
}

/** An admin's act on somebody; if it was saved, it has its effect though nobody asks again. */
const acted =
  (event: string, ask: (ada: Person) => [method: string, path: string], isDone: Done) =>
  async (): Promise<PendingDelivery> => {
    const ada = await signedInUser()
    const object = env.USER_SESSIONS.getByName(ada.subject)
    for (let n = 0; n < FACTOR_TRIES; n++) await object.tryFactor()
    const [method, path] = ask(ada)
    const { token } = await admin()
    const headers = { authorization: `Bearer ${token}`, 'cf-connecting-ip': freshIp() }
    const url = `http://localhost:8787/api/v1/admin/users/${ada.id}${path}`
    return {
      work: async (given, ctx) =>
        worker.fetch(new Request(url, { method, headers }) as never, given, ctx),
      isDone: async () => {
        const query = 'SELECT 1 FROM audit_log WHERE event = ? AND target_id = ?'
        return !(await has(query, event, ada.id)) || isDone(ada)
      },
    }
  }
type Person = Awaited<ReturnType<typeof signedInUser>>
type Done = (ada: Person) => Promise<boolean>
const FACTOR_TRIES = 10

const ACTS = {
  'revokes all sessions': acted('admin.sessions_revoked', () => ['DELETE', '/sessions'], isDead),
  'revokes one session': acted(
    'admin.sessions_revoked',
    ({ sessionId }) => ['DELETE', `/sessions/${sessionId}`],
    isDead,
  ),
  'lifts the locks': acted(
    'admin.user_unlocked',
    () => ['POST', '/unlock'],
    async ({ subject }) => (await env.USER_SESSIONS.getByName(subject).tryFactor()) === 0,
  ),
}

const cron =
  (which: string): Work =>
  (given, ctx) =>
    worker.scheduled({ cron: which } as never, given, ctx)

const queuedEvents = async (): Promise<PendingDelivery> => {
  const { id, subject } = await makeUser()
  const now = Date.now()
  const sid = subject + randomId()
  const base = { at: now, subject, ip: null, country: 'NL', user_agent: 'test' }
  const data = {
    session_id: sid,
    expires_at: now + 1000,
    remember_me: false,
    method: 'password' as const,
    amr: ['pwd' as const],
    strength: 1 as const,
    passkey_id: null,
    new_device: true,
  }
  const events: EventMessage[] = [
    { ...base, id: eventId(now), event: 'auth.signed_in', data },
    { ...base, id: eventId(now), event: 'auth.refresh_reused', data: { session_id: sid } },
  ]
  const messages = events.map((body) => ({
    id: randomId(),
    timestamp: new Date(),
    attempts: 1,
    body,
  }))
  return {
    work: async (given) =>
      worker.queue(createMessageBatch('gatehouse-events', messages) as MessageBatch<never>, given, {
        waitUntil: () => undefined,
      } as never),
    isDone: () =>
      has(
        `SELECT 1 FROM users WHERE id = ?1 AND login_count = 1
         AND (SELECT count(*) FROM audit_log WHERE target_id = ?1 AND event LIKE 'auth.%') = 2`,
        id,
      ),
  }
}

describe.each(WAYS)('a call that fails (%s)', (way) => {
  it('in the mail consumer delays the mail and loses none', async () => {
    expect(await sweepWork(() => mail(notify), way, false)).toBeGreaterThan(3)
  }, 30_000)

  it.each(Object.entries(ACTS))(
    'or an isolate that dies as an admin %s undoes nothing that is in the log',
    async (_, make) => {
      expect(await sweepWork(make, way, false)).toBeGreaterThan(4)
    },
    30_000,
  )

  it('in the sweep of the outbox delays the mail and loses none', async () => {
    expect(await sweepWork(() => mail(() => cron('* * * * *')), way, false)).toBeGreaterThan(4)
  }, 30_000)

  it('in the sweep of the webhooks delays one and loses none', async () => {
    expect(
      await sweepWork(() => webhook(() => cron(cronOf('sweep_webhooks'))), way, false),
    ).toBeGreaterThan(4)
  }, 30_000)

  it('in the sweep of the webhooks delays a logout token and loses none', async () => {
    expect(
      await sweepWork(() => logout(cron(cronOf('sweep_webhooks'))), way, false),
    ).toBeGreaterThan(4)
  }, 30_000)

  it('in a late sync still revokes the sessions of whoever was blocked', async () => {
    expect(await sweepWork(() => untold(notify), way, false)).toBeGreaterThan(3)
    expect(await sweepWork(() => untold(() => cron('* * * * *')), way, false)).toBeGreaterThan(4)
  }, 30_000)

  it('in the events consumer counts a sign-in once', async () => {
    expect(await sweepWork(queuedEvents, way, true)).toBeGreaterThan(0)
  }, 30_000)

  it.each(Object.keys(SCHEDULE))(
    'in the cron %s costs its jobs a turn and no more',
    async (when) => {
      const make = async () => ({ work: cron(when), isDone: async () => true })
      expect(await sweepWork(make, way, true)).toBeGreaterThan(0)
    },
    60_000,
  )

  it.each(Object.entries(moreFactorFlows))(
    'in %s is survived',
    async (_, make) => {
      expect(await sweep(make, way)).toBeGreaterThan(3)
    },
    30_000,
  )
})
