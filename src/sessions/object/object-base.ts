/** What all RPC methods of a user's object share: its stores and rules, its events and its alarm. */
import { DurableObject } from 'cloudflare:workers'
import { runSchemaSteps } from '../../db/object-schema'
import { EventOutbox } from './event-outbox'
import { PasskeyStore } from './passkey-store'
import { ProofRules } from './proof-rules'
import { USER_SESSIONS_SCHEMA } from './schema-steps'
import { SecondFactorStore } from './second-factor-store'
import { SecondStepRules } from './second-step-rules'
import { SessionRules } from './session-rules'
import { SessionStore } from './session-store'
import { TrustedDevices } from './trusted-devices'
import { WriteBudget } from './write-budget'

const TOMBSTONE_MS = 31 * 86_400_000

export abstract class ObjectBase extends DurableObject<Env> {
  // Not `#private`, which the classes of the methods could not read. RPC reaches methods of the
  // prototype only, never a property of the instance.
  protected readonly store: SessionStore
  protected readonly factors: SecondFactorStore
  protected readonly passkeys: PasskeyStore
  protected readonly trusted: TrustedDevices
  protected readonly writes: WriteBudget
  protected readonly rules: SessionRules
  protected readonly proofs: ProofRules
  protected readonly secondStep: SecondStepRules
  readonly #events: EventOutbox

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    const { sql } = ctx.storage
    runSchemaSteps(ctx.storage, USER_SESSIONS_SCHEMA)
    this.store = new SessionStore(sql)
    this.factors = new SecondFactorStore(sql)
    this.passkeys = new PasskeyStore(sql)
    this.trusted = new TrustedDevices(sql)
    this.writes = new WriteBudget(sql)
    this.#events = new EventOutbox(ctx, env.EVENTS_QUEUE)
    const { store, factors, passkeys, trusted } = this
    const stores = { store, factors, passkeys, trusted }
    this.rules = new SessionRules(ctx.id.name ?? null, stores, this.#events)
    this.proofs = new ProofRules(stores, this.rules)
    this.secondStep = new SecondStepRules(stores, this.rules, this.proofs)
  }

  /** Deletes what has expired, sends events that are still stored, and removes an expired tombstone. */
  override async alarm(): Promise<void> {
    const now = Date.now()
    const { erasedAt } = this.store
    if (erasedAt !== null) {
      if (now < erasedAt + TOMBSTONE_MS) await this.ctx.storage.setAlarm(erasedAt + TOMBSTONE_MS)
      else await this.ctx.storage.deleteAll()
      return
    }
    for (const part of [...this.#expiring, this.writes, this.#events]) part.dropExpired(now)
    await this.#events.deliver()
    await this.#schedule()
  }

  /** Erases everything but the tombstone, and sets the alarm that removes it. */
  protected async eraseAll(now: number): Promise<void> {
    this.rules.erase(now)
    this.writes.erase()
    await this.ctx.storage.setAlarm((this.store.erasedAt ?? now) + TOMBSTONE_MS)
  }

  /** After a change: sends its events without delaying the answer, and sets the next alarm. */
  protected async settled<T>(result: T): Promise<T> {
    this.ctx.waitUntil(this.#events.deliver())
    await this.#schedule()
    return result
  }

  get #expiring() {
    return [this.store, this.factors, this.passkeys, this.trusted] as const
  }

  async #schedule(): Promise<void> {
    const expiries = this.#expiring.map((part) => part.nextExpiry())
    const due = Math.min(...expiries, this.#events.retryAt())
    if (due === Number.POSITIVE_INFINITY) return
    const set = await this.ctx.storage.getAlarm()
    if (set === null || due < set) await this.ctx.storage.setAlarm(due)
  }
}
