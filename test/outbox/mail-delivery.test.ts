/** A registration's mail from the row to the server that takes it, by each transport the settings name. */
import { createExecutionContext, createMessageBatch, getQueueResult } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest'
import { outboxHandlers } from '../../src/background/outbox-handlers'
import worker from '../../src/index'
import { performRow } from '../../src/outbox/perform'
import type { OutboxMessage } from '../../src/tables/outbox'
import { rowsOf } from '../db/rows'
import { mailRow } from '../mail/rows'
import { ask, servers } from '../mail/sending'
import { depsFor } from '../support/deps'
import { freshEmail, PASSWORD } from '../support/users'
import { fetchWith } from '../support/worker'
import { stored } from './rows'

let warned: MockInstance<typeof console.warn>
beforeEach(() => {
  warned = vi.spyOn(console, 'warn').mockImplementation(() => {})
})
afterEach(() => {
  warned.mockRestore()
})

const POST = { method: 'POST', headers: { 'content-type': 'application/json' } }

/** Registers under these settings; the notifications go to the Worker's own queue handler, by hand. */
async function registered(settings: Record<string, unknown>) {
  const notifications: OutboxMessage[] = []
  const OUTBOX_QUEUE = {
    sendBatch: async (messages: { body: OutboxMessage }[]) =>
      void notifications.push(...messages.map(({ body }) => body)),
  }
  const changed = { ...settings, OUTBOX_QUEUE }
  const email = freshEmail()
  const reply = await fetchWith(changed, '/api/v1/auth/register', {
    ...POST,
    body: JSON.stringify({ email, password: PASSWORD, full_name: 'Ada Lovelace' }),
  })
  expect(reply.status, JSON.stringify(reply.body)).toBe(201)
  const deliver = async () => {
    const messages = notifications.map((body, n) => ({
      id: `m${n}`,
      timestamp: Date.now(),
      attempts: 1,
      body,
    }))
    const batch = createMessageBatch('gatehouse-outbox', messages)
    const ctx = createExecutionContext()
    await worker.queue(
      batch as MessageBatch<OutboxMessage>,
      { ...env, ...changed } as unknown as Env,
      ctx,
    )
    return getQueueResult(batch, ctx)
  }
  return { email, id: notifications[0]?.id ?? '', deliver }
}

const tokenOf = (text = '') => /\/verify-email\?token=([\w-]{43})\s/.exec(text)?.[1]

describe('by SMTP', () => {
  const settings = {
    MAIL_TRANSPORT: 'smtp',
    SMTP_HOST: '127.0.0.1',
    SMTP_PORT: String(servers.clear),
    SMTP_SECURITY: 'none',
  }

  it('the mail is read at the server, and its link verifies the address', async () => {
    const { email, id, deliver } = await registered(settings)
    expect(await deliver()).toMatchObject({ outcome: 'ok', ackAll: true })
    const [mail, ...more] = await ask<
      { headers: Record<string, string[]>; parts: Record<string, string> }[]
    >(`/mails?of=${email}`)
    expect(more).toEqual([])
    expect(mail?.headers['subject']).toEqual(['Confirm your email address for Gatehouse'])
    expect(mail?.headers['message-id']?.[0]).toContain(id)
    expect(mail?.parts['text/html']).toContain('Confirm your email address')
    // Nobody has proved the address yet: the mail carries no name.
    expect(mail?.parts['text/html']).not.toContain('Ada Lovelace')
    const token = tokenOf(mail?.parts['text/plain'])
    const reply = await fetchWith({}, '/api/v1/auth/verify-email', {
      ...POST,
      body: JSON.stringify({ token }),
    })
    expect(reply.status).toBe(200)
    expect(await stored(id)).toBeUndefined()
  })

  it('a server that is not there leaves the row to be tried again, and says so in one word', async () => {
    const { id, deliver } = await registered({ ...settings, SMTP_PORT: '1' })
    await deliver()
    expect(await stored(id)).toMatchObject({
      attempts: 1,
      last_error: 'connection_failed',
      dead_at: null,
      leased_until: null,
    })
  })
})

describe('by Resend', () => {
  const settings = (status: number) => ({
    MAIL_TRANSPORT: 'resend',
    RESEND_API_KEY: 're_0123456789',
    RESEND_URL: `http://127.0.0.1:${servers.http}/resend/${status}`,
  })

  it('the mail is one request under the row’s id, and the row is gone', async () => {
    const { email, id, deliver } = await registered(settings(200))
    await deliver()
    const requests = await ask<{ body: { to: string[]; text: string } }[]>(`/requests?of=${id}`)
    expect(requests).toHaveLength(1)
    expect(requests[0]?.body.to).toEqual([email])
    expect(tokenOf(requests[0]?.body.text)).toBeDefined()
    expect(await stored(id)).toBeUndefined()
  })

  it('a refused email fails permanently, and admins see the reason', async () => {
    const { email, id, deliver } = await registered(settings(422))
    expect(await deliver()).toMatchObject({ outcome: 'ok', ackAll: true })
    expect(await stored(id)).toMatchObject({ attempts: 1, last_error: 'resend_422' })
    expect((await stored(id))?.dead_at).toBeGreaterThan(0)
    expect(JSON.stringify(warned.mock.calls)).not.toContain(email)
  })

  it('a fault of the service is tried again with the same link, under the same id', async () => {
    const { id, deliver } = await registered(settings(500))
    await deliver()
    const waiting = await stored(id)
    expect(waiting).toMatchObject({ attempts: 1, last_error: 'resend_500', dead_at: null })
    const now = waiting?.next_attempt_at ?? 0
    const later = depsFor({ env: { ...env, ...settings(200) } as Env, now })
    expect(await performRow(later, outboxHandlers, id)).toBe('done')
    const [first, second] = await ask<{ body: unknown }[]>(`/requests?of=${id}`)
    expect(second?.body).toEqual(first?.body)
  })
})

describe('by the Cloudflare binding', () => {
  /** The real environment with a binding that refuses until it is mended. */
  function refusingEnv(code: string) {
    const sent: unknown[] = []
    const state = { isMended: false }
    const EMAIL = {
      send: async (mail: unknown) => {
        sent.push(mail)
        if (!state.isMended) throw Object.assign(new Error('to a@example.com'), { code })
      },
    }
    return { env: { ...env, EMAIL } as unknown as Env, sent, state }
  }

  it('a mail that was sent twice carries the same link both times', async () => {
    const { row } = await mailRow('verify-email')
    const { env: refusing, sent, state } = refusingEnv('E_INTERNAL_SERVER_ERROR')
    expect(await performRow(depsFor({ env: refusing }), outboxHandlers, row.id)).toBe('retry')
    state.isMended = true
    const now = (await stored(row.id))?.next_attempt_at ?? 0
    expect(await performRow(depsFor({ env: refusing, now }), outboxHandlers, row.id)).toBe('done')
    expect(sent).toHaveLength(2)
    expect(sent[1]).toEqual(sent[0])
  })

  it('a mail to a suppressed recipient is dead at once, and its row keeps no address', async () => {
    const { row } = await mailRow('verify-email')
    const { env: refusing } = refusingEnv('E_RECIPIENT_SUPPRESSED')
    expect(await performRow(depsFor({ env: refusing }), outboxHandlers, row.id)).toBe('dead')
    expect(JSON.stringify(await stored(row.id))).not.toContain('@')
    expect(JSON.stringify(warned.mock.calls)).not.toContain('@')
  })

  it.each([
    ['token', 'DELETE FROM one_time_tokens WHERE user_id = ?'],
    ['user', 'DELETE FROM users WHERE id = ?'],
  ])('a mail whose %s has gone is dropped in silence', async (_, sql) => {
    const { row, user } = await mailRow('verify-email')
    await rowsOf(sql, user.id)
    const { env: watched, sent } = refusingEnv('E_INTERNAL_SERVER_ERROR')
    expect(await performRow(depsFor({ env: watched }), outboxHandlers, row.id)).toBe('done')
    expect([sent, await stored(row.id)]).toEqual([[], undefined])
    expect(warned).not.toHaveBeenCalled()
  })

  it('an email that fails for hours fails permanently, where admins see it', async () => {
    const { row } = await mailRow('verify-email', { ends: [100, 100] })
    const { env: refusing, sent } = refusingEnv('E_RATE_LIMIT_EXCEEDED')
    const outcomes = new Set<string>()
    for (let now = Date.now(); !outcomes.has('dead') && sent.length < 50; now += 3_600_000) {
      outcomes.add(await performRow(depsFor({ env: refusing, now }), outboxHandlers, row.id))
    }
    expect(sent).toHaveLength(12)
    expect(await stored(row.id)).toMatchObject({ last_error: 'E_RATE_LIMIT_EXCEEDED' })
  })
})
