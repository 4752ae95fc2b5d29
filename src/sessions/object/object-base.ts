/** What all RPC methods of a user's object share: its stores and rules, its events and its alarm. */
import { DurableObject } from 'cloudflare:workers'
import { runSchemaSteps } from '../../db/object-schema'
import { AppEnds } from './app-ends'
import { AppRules } from './app-rules'
import { AppStore } from './app-store'
import { CodeRules } from './code-rules'
import { CodeStore } from './code-store'
import { ConsentStore } from './consent-store'
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
  protected readonly apps: AppRules
  protected readonly codes: CodeRules
  protected readonly appEnds: AppEnds
  readonly #appStores: { apps: AppStore; codes: CodeStore; consents: ConsentStore }
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
    const { store, factors, passkeys, trusted, writes } = this
    const stores = { store, factors, passkeys, trusted }
    const appStores = {
      apps: new AppStore(sql),
      codes: new CodeStore(sql),
      consents: new ConsentStore(sql),
    }
    this.#appStores = appStores
    const subject = ctx.id.name ?? null
    this.appEnds = new AppEnds(subject, appStores.apps, this.#events)
    this.rules = new SessionRules(subject, stores, this.#events, this.appEnds)
    const all = { ...stores, ...appStores, writes }
    this.apps = new AppRules(all, this.rules, this.appEnds)
    this.codes = new CodeRules(all, this.rules, this.appEnds)
    this.proofs = new ProofRules(stores, this.rules)
    this.secondStep = new SecondStepRules(stores, this.rules, this.proofs)
  }

  /** Deletes what has expired, sends events that are still stored, and removes an expired tombstone. */
  override async alarm(): Promise<void> {
    const now = Date.now()
    const { erasedAt } = this.store
    if (erasedAt !== null) {
      // Apps must be notified of the erasure, however long the queue fails.
      await this.#events.deliver()
      const retryAt = this.#events.retryAt()
      const tombstoneEnds = erasedAt + TOMBSTONE_MS
      if (now < tombstoneEnds) await this.ctx.storage.setAlarm(Math.min(tombstoneEnds, retryAt))
      else if (retryAt < Number.POSITIVE_INFINITY) await this.ctx.storage.setAlarm(retryAt)
      else await this.ctx.storage.deleteAll()
      return
    }
    this.apps.endExpired(now)
    for (const part of [...this.#expiring, this.writes, this.#events]) part.dropExpired(now)
    await this.#events.deliver()
    await this.#schedule()
  }

  /**
   * Erases everything but the tombstone and the events that notify apps of the end of their sessions, and sets
   * the alarm that removes it.
   */
  protected async eraseAll(now: number): Promise<void> {
    this.rules.erase(now)
    this.writes.erase()
    this.#appStores.codes.erase()
    this.#appStores.consents.erase()
    const tombstoneEnds = (this.store.erasedAt ?? now) + TOMBSTONE_MS
    await this.ctx.storage.setAlarm(Math.min(tombstoneEnds, this.#events.retryAt()))
    this.ctx.waitUntil(this.#events.deliver())
  }

  /** After a change: sends its events without delaying the answer, and sets the next alarm. */
  protected async settled<T>(result: T): Promise<T> {
    this.ctx.waitUntil(this.#events.deliver())
    await this.#schedule()
    return result
  }

  get #expiring() {
    return [this.store, this.factors, this.passkeys, this.trusted, this.#appStores.codes] as const
  }

  async #schedule(): Promise<void> {
    const expiries = [...this.#expiring, this.#appStores.apps].map((part) => part.nextExpiry())
    const due = Math.min(...expiries, this.#events.retryAt())
    if (due === Number.POSITIVE_INFINITY) return
    const set = await this.ctx.storage.getAlarm()
    if (set === null || due < set) await this.ctx.storage.setAlarm(due)
  }
}
