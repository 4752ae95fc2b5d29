/**
 * Measures what a request costs in D1 rows, including everything that it triggers. The Worker and
 * the objects use the real database behind a meter. Messages are passed to the Worker's consumers
 * directly and one by one, because waiting for the queues would take a second per request.
 */
import {
  createExecutionContext,
  createMessageBatch,
  listDurableObjectIds,
  runInDurableObject,
  waitOnExecutionContext,
} from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { vi } from 'vitest'
import type { Asker, Cost } from '../../bench/rows/cost'
import worker from '../../src/index'
import { freshIp } from './api'
import { allMails } from './mailbox'
import { meteredEnv } from './metered'

const QUEUES = {
  OUTBOX_QUEUE: 'gatehouse-outbox',
  EVENTS_QUEUE: 'gatehouse-events',
  WEBHOOKS_QUEUE: 'gatehouse-webhooks',
} as const
/**
 * Queries for roles and permissions are not counted: an isolate makes them at most once in five
 * seconds.
 */
const ROLE_MAP =
  /^select "roles"\."id", "roles"\."name", permissions\.name|^select "name" from "permissions"$/

const waiting: { queue: string; body: unknown }[] = []

function takeMessages(): void {
  for (const [binding, queue] of Object.entries(QUEUES)) {
    const target = env[binding as keyof typeof QUEUES] as Queue
    vi.spyOn(target, 'send').mockImplementation(async (body) => {
      waiting.push({ queue, body })
      return undefined as never
    })
    vi.spyOn(target, 'sendBatch').mockImplementation(async (messages) => {
      for (const { body } of messages) waiting.push({ queue, body })
      return undefined as never
    })
  }
}

function meterDatabase() {
  const { DB } = env
  const plain = {
    prepare: DB.prepare.bind(DB),
    batch: DB.batch.bind(DB),
    withSession: DB.withSession.bind(DB),
  } as unknown as D1Database
  const counting = meteredEnv({ ...env, DB: plain })
  const metered = counting.env.DB
  vi.spyOn(DB, 'prepare').mockImplementation((sql) =>
    (ROLE_MAP.test(sql) ? plain : metered).prepare(sql),
  )
  vi.spyOn(DB, 'batch').mockImplementation((statements) => metered.batch(statements))
  vi.spyOn(DB, 'withSession').mockImplementation((constraint) => metered.withSession(constraint))
  return counting.meter
}

/**
 * Delivers every message, and those that follow from them, until no object has events left to send.
 */
async function settle(): Promise<void> {
  for (;;) {
    for (const { queue, body } of waiting.splice(0)) {
      const message = { id: crypto.randomUUID(), timestamp: new Date(), attempts: 1, body }
      const ctx = createExecutionContext()
      await worker.queue(createMessageBatch(queue, [message]) as never, env, ctx)
      await waitOnExecutionContext(ctx)
    }
    if (waiting.length > 0) continue
    if (!(await isTelling())) return
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

async function isTelling(): Promise<boolean> {
  for (const id of await listDurableObjectIds(env.USER_SESSIONS)) {
    const left = await runInDurableObject(
      env.USER_SESSIONS.get(id),
      (_, { storage }) => storage.sql.exec('SELECT 1 FROM events LIMIT 1').toArray().length,
    )
    if (left > 0) return true
  }
  return waiting.length > 0
}

/** From now on this file's D1 and queues are metered. */
export function countingAsker(): Asker {
  const meter = meterDatabase()
  takeMessages()
  let mailsBefore = 0
  return {
    async call(method, path, body, token) {
      const isText = typeof body === 'string'
      const headers = new Headers({
        'cf-connecting-ip': freshIp(),
        'content-type': isText ? 'application/x-ndjson' : 'application/json',
      })
      if (token) headers.set('authorization', `Bearer ${token}`)
      const request = new Request(`http://localhost:8787${path}`, {
        method,
        headers,
        ...(body !== undefined && { body: isText ? body : JSON.stringify(body) }),
      })
      const ctx = createExecutionContext()
      const response = await worker.fetch(request as never, env, ctx)
      const text = await response.text()
      await waitOnExecutionContext(ctx)
      return new Response(text || null, response)
    },
    async cost(ask) {
      await settle()
      meter.reset()
      mailsBefore = allMails().length
      const response = await ask()
      const text = await response.text()
      await settle()
      const { read, written, queries } = meter.rows
      const figures = { calls: queries, rows_read: read, rows_written: written, d1_ms: 0, ms: 0 }
      const cost: Cost = {
        status: response.status,
        ...figures,
        answer_calls: 0,
        answer_rows_read: 0,
      }
      return { cost, text }
    },
    async mailedToken(page) {
      await settle()
      const link = new RegExp(`/${page}\\?token=([\\w.-]+)`)
      for (const { text } of allMails().slice(mailsBefore).toReversed()) {
        const [, token] = link.exec(text) ?? []
        if (token) return token
      }
      throw new Error(`no mail with a link to ${page}`)
    },
  }
}
