/**
 * One run's world: the real Worker with real D1 and objects, queues and a mailbox that the run itself
 * empties (late, twice, in any order), a clock that goes forward only, and the model beside it.
 */
import { createExecutionContext, createMessageBatch } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { vi } from 'vitest'
import { mailTokenHash } from '../../src/crypto/mail-token'
import type { EventMessage } from '../../src/events'
import worker from '../../src/index'
import { type Ask, FaultyWorker, type Way, WAYS } from '../faults/injected'
import type { Reply } from '../support/api'
import type { KnownSession, Link, Somebody } from './model'
import type { Random } from './random'

// Objects send by their own environment, which is this very one.
let events: EventMessage[] = []
let isQueueDown = false
vi.spyOn(env.EVENTS_QUEUE, 'sendBatch').mockImplementation((async (messages: any) => {
  if (isQueueDown) throw new Error('Queue is overloaded')
  for (const { body } of messages) events.push(body)
}) as never)

interface Snapshot {
  people: Map<
    number,
    Pick<Somebody, 'core' | 'hash' | 'credentialVersion' | 'secret'> & {
      passkeys: readonly string[]
    }
  >
  roles: World['roles']
}

interface SimulatedMail {
  to: string
  text: string
  subject: string
  headers?: Record<string, string>
}

export class World {
  readonly people: Somebody[] = []
  readonly links: Link[] = []
  readonly notifications: string[] = []
  readonly secrets = new Set<string>()
  /** Outbox ids, and how often each mail has left. */
  readonly mails = new Map<string, number>()
  /** Rows whose attempts a fault may have cut short: their mail may leave twice. */
  readonly disturbed = new Set<string>()
  readonly story: string[] = []
  worker: FaultyWorker
  isStruck = false
  /** What was asked and done so far: a step that adds nothing found nothing to do. */
  acts = 0
  isSetBack = false
  restores = 0
  /** Roles that admins have made, and what they permit. */
  roles = new Map<string, readonly string[]>()
  rolesChangedAt = 0
  /** Wrong guesses that were compared, by address. */
  readonly guesses = new Map<string, { at: number; compared: number }[]>()
  /** Somebody was erased, and the throttle has not been told. */
  owesForget = false
  snapshot: Snapshot | undefined

  constructor(
    readonly random: Random,
    readonly counts: Map<string, number>,
    private readonly settings: Record<string, string> = {},
    private readonly mutate: (base: Env) => Env = (base) => base,
  ) {
    events = []
    isQueueDown = false
    this.worker = this.newWorker()
  }

  /** An isolate with nothing in its memory. */
  newWorker(settings: Record<string, string> = {}): FaultyWorker {
    const send = async (mail: SimulatedMail) => this.#keepMail(mail)
    const base = {
      ...env,
      EMAIL: { send },
      OUTBOX_QUEUE: {
        sendBatch: async (messages: Iterable<{ body: { id: string } }>) => {
          for (const { body } of messages) this.notifications.push(body.id)
        },
      },
      EVENTS_QUEUE: { send: async (body: EventMessage) => void events.push(body) },
      WEBHOOKS_QUEUE: { send: async () => undefined },
    }
    return new FaultyWorker({ ...this.settings, ...settings }, this.mutate(base as unknown as Env))
  }

  get events(): EventMessage[] {
    return events
  }

  setQueueDown(isDown: boolean): void {
    isQueueDown = isDown
  }

  /** An act that is neither a request nor work of the Worker. */
  act(): void {
    this.acts += 1
  }

  pass(ms: number): void {
    vi.setSystemTime(Date.now() + ms)
  }

  count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1)
  }

  /** Something that can be counted, and may never come. */
  meet(what: string): void {
    if (!this.counts.has(what)) this.counts.set(what, 0)
  }

  /** A new step, in which nothing has failed yet. */
  beginStep(): void {
    this.isStruck = false
    this.arm()
  }

  /** Perhaps makes one of the next calls fail: the n-th, whichever it is. */
  arm(): void {
    this.#way = this.random.pick(WAYS) ?? 'before'
    this.worker.arm(
      !this.isCalm && this.random.chance(0.25) ? 1 + this.random.below(9) : 0,
      this.#way,
    )
    this.#isNoted = false
  }

  /** Perhaps makes the next call of one of these names fail, else it is as it was. */
  aim(probability: number, ...names: string[]): void {
    if (this.isCalm || !this.random.chance(probability)) return
    this.#way = this.random.pick(WAYS) ?? 'before'
    this.worker.aim(this.random.pick(names) ?? '', this.#way)
    this.#isNoted = false
  }

  #isNoted = false
  #way: Way = 'before'
  /** Nothing fails on purpose. */
  isCalm = false

  /** Notes whether the fault came to it. */
  #noteFault(): void {
    const { struck, calls } = this.worker
    // What is never struck shows by its nought.
    for (const name of calls) for (const way of WAYS) this.meet(`fault ${way} ${name}`)
    if (struck === undefined || this.#isNoted) return
    this.#isNoted = true
    this.isStruck = true
    this.count(`fault ${this.#way} ${struck}`)
    this.story.push(`  ${this.#way} ${struck}`)
  }

  async askAll(asks: readonly Ask[]): Promise<Reply[]> {
    this.acts += 1
    const replies = await this.worker.askAll(asks)
    this.#noteFault()
    for (const [i, { status, headers, body }] of replies.entries()) {
      const ask = asks[i]
      this.story.push(`  ${ask?.method} ${ask?.path}: ${status} ${body?.code ?? ''}`)
      if (status === 500) throw new Error(`500: ${JSON.stringify(body)}`)
      if (status !== 503) continue
      if (!this.isStruck) throw new Error('503 without a fault')
      if (!(Number(headers.get('retry-after')) > 0)) throw new Error('503 without Retry-After')
    }
    return replies
  }

  async ask(ask: Ask): Promise<Reply> {
    const [reply] = await this.askAll([ask])
    if (!reply) throw new Error('no answer')
    return reply
  }

  /** Work of queues and crons, perhaps cut short. */
  async work(run: (env: Env, ctx: ExecutionContext) => Promise<unknown>): Promise<void> {
    this.acts += 1
    await this.worker.work(run)
    this.#noteFault()
    if (!this.isStruck) return
    const { results } = await env.DB.prepare('SELECT id FROM outbox').all<{ id: string }>()
    for (const { id } of results) this.disturbed.add(id)
  }

  cron(cron = '* * * * *'): Promise<void> {
    return this.work((given, ctx) => worker.scheduled({ cron } as never, given, ctx))
  }

  /** Delivers to a consumer; returns the messages that it did not acknowledge. */
  async deliver<T>(queue: string, bodies: readonly T[]): Promise<T[]> {
    const messages = bodies.map((body, i) => ({
      id: `${i}-${crypto.randomUUID()}`,
      timestamp: new Date(),
      attempts: 1,
      body,
    }))
    const batch = createMessageBatch(queue, messages) as MessageBatch<never>
    const left = new Set(batch.messages.map((_, i) => i))
    const watched = {
      queue,
      ackAll: () => left.clear(),
      retryAll: () => undefined,
      messages: batch.messages.map((message, i) => ({
        id: message.id,
        timestamp: message.timestamp,
        attempts: 1,
        body: message.body,
        ack: () => left.delete(i),
        retry: () => undefined,
      })),
    } as unknown as MessageBatch<never>
    await this.work((given) => worker.queue(watched, given, createExecutionContext()))
    return bodies.filter((_, i) => left.has(i))
  }

  async #keepMail(mail: SimulatedMail): Promise<{ messageId: string }> {
    const id = mail.headers?.['X-Entity-Ref-ID'] ?? ''
    this.mails.set(id, (this.mails.get(id) ?? 0) + 1)
    const row = await env.DB.prepare(
      'SELECT payload, users.email AS email FROM outbox LEFT JOIN users ON users.subject = outbox.subject WHERE outbox.id = ?',
    )
      .bind(id)
      .first<{ payload: string; email: string | null }>()
    const links = [...mail.text.matchAll(/\/([a-z-]+)\?token=([\w-]+)/g)]
    for (const [, path = '', token = ''] of links) await this.#keepLink(mail, path, token)
    const isAddressed = row?.payload.includes('"recipient"') === true
    // A row that is gone was erased, or finished by another, in this very moment.
    if (row && links.length === 0 && !isAddressed && row.email !== mail.to)
      throw new Error(`a mail went astray: ${mail.subject}`)
    return { messageId: 'simulated' }
  }

  async #keepLink(mail: SimulatedMail, path: string, token: string): Promise<void> {
    const purpose = path.replaceAll('-', '_')
    this.secrets.add(token)
    const row = await env.DB.prepare(
      'SELECT user_id, email, expires_at FROM one_time_tokens WHERE hash = ?',
    )
      .bind(await mailTokenHash(token))
      .first<{ user_id: number; email: string; expires_at: number }>()
    if (!row || this.links.some((link) => link.token === token)) return
    if (row.email !== mail.to) throw new Error(`a link went astray: ${purpose}`)
    this.links.push({
      purpose,
      token,
      userId: row.user_id,
      address: row.email,
      expiresAt: row.expires_at,
      state: 'open',
    })
  }

  /** Everybody who is there. */
  get present(): Somebody[] {
    return this.people.filter(({ core }) => core !== null)
  }

  liveSessions(who: Somebody): KnownSession[] {
    const now = Date.now()
    return who.sessions.filter(
      ({ state, expiresAt, tokenExpiresAt }) =>
        state === 'live' && expiresAt > now && tokenExpiresAt > now,
    )
  }
}
