/**
 * Performing outbox rows: claimed by a lease in one statement, so that consumer and cron never work on
 * the same row at once; deleted when done; else their next attempt is written, or they die where
 * admins see them. Knows kinds only as names: index.ts hands in what performs each.
 */
import { and, eq, gt, isNull, lte, or, sql } from 'drizzle-orm'
import type { Deps } from '../context'
import { outbox, type OutboxRow } from '../tables/outbox'
import { log } from '../log'

export interface Handler {
  readonly perform: (deps: Deps, row: OutboxRow) => Promise<void>
  /** After so many attempts the row dies; infinity for what must happen whatever it takes. */
  readonly maxAttempts: number
  /** Milliseconds until the next try, after so many; without it from 10 s to an hour, doubling. */
  readonly waitMs?: (attempts: number) => number
}
export type Handlers = Readonly<Record<string, Handler>>

export type Outcome = 'not_due' | 'done' | 'retry' | 'dead'

/** Longer than any handler may take, so a lease that has run out means its holder is gone. */
const LEASE_MS = 120_000
/** One that ends later than this was taken before the clock was set back. */
const NO_LEASE_MS = 2 * 60 * 60_000
const FIRST_RETRY_MS = 10_000
const MAX_RETRY_MS = 60 * 60_000

/** Performs one row if it is due and nobody else has it. Throws only when D1 fails. */
export async function performRow(deps: Deps, handlers: Handlers, id: string): Promise<Outcome> {
  const row = await claim(deps, id)
  if (!row) return 'not_due'
  const handler = handlers[row.kind]
  try {
    if (!handler) throw new UnknownKind(row.kind)
    await handler.perform(deps, row)
  } catch (error) {
    return fail(deps, row, handler, error)
  }
  await deps.db.delete(outbox).where(isStillHeld(row))
  return 'done'
}

async function claim(deps: Deps, id: string): Promise<OutboxRow | undefined> {
  const [row] = await deps.db
    .update(outbox)
    .set({ leasedUntil: deps.now + LEASE_MS, attempts: sql`${outbox.attempts} + 1` })
    .where(and(eq(outbox.id, id), isDue(deps.now)))
    .returning()
  return row
}

/** The longest that anything waits for its next attempt (webhooks: a day), with an hour to spare. */
export const LONGEST_WAIT_MS = 25 * 60 * 60_000

/**
 * Due, alive, and not in somebody's hands. A later attempt or a longer lease than there can be was
 * written before the clock was set back, and holds nothing up.
 */
const isDue = (now: number) =>
  and(
    isNull(outbox.deadAt),
    or(lte(outbox.nextAttemptAt, now), gt(outbox.nextAttemptAt, now + LONGEST_WAIT_MS)),
    isFree(now),
  )

/** In nobody's hands. */
export const isFree = (now: number) =>
  or(
    isNull(outbox.leasedUntil),
    lte(outbox.leasedUntil, now),
    gt(outbox.leasedUntil, now + NO_LEASE_MS),
  )

async function fail(
  deps: Deps,
  row: OutboxRow,
  handler: Handler | undefined,
  error: unknown,
): Promise<Outcome> {
  const isDead = isFinal(error) || row.attempts >= (handler?.maxAttempts ?? 1)
  const wait = (handler?.waitMs ?? doubling)(row.attempts)
  await deps.db
    .update(outbox)
    .set({
      leasedUntil: null,
      lastError: codeOf(error),
      ...(isDead ? { deadAt: deps.now } : { nextAttemptAt: deps.now + wait }),
    })
    .where(isStillHeld(row))
  log.warn('outbox_attempt_failed', deps, {
    outbox_id: row.id,
    kind: row.kind,
    attempts: row.attempts,
    error: codeOf(error),
    dead: isDead,
  })
  return isDead ? 'dead' : 'retry'
}

/** Only while the lease is still this one's: a successor may have taken over, or it was asked for anew. */
const isStillHeld = (row: OutboxRow) =>
  and(
    eq(outbox.id, row.id),
    eq(outbox.attempts, row.attempts),
    eq(outbox.leasedUntil, row.leasedUntil ?? 0),
  )

const doubling = (attempts: number): number =>
  Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(attempts - 1, 20))

class UnknownKind extends Error {
  readonly code = 'unknown_kind'
  readonly final = true
}

/** A handler's error says so itself when trying again is pointless. */
const isFinal = (error: unknown): boolean =>
  error instanceof Error && 'final' in error && error.final === true

/** A short code: messages may hold addresses or SQL and are neither stored nor logged. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return [code, error.name].find((word) => /^\w{1,60}$/.test(word)) ?? 'unknown'
}
