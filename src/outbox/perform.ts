/**
 * Performs outbox rows. A row is claimed by a lease in one statement, so that the consumer and the
 * cron job never process the same row at once. It is deleted when it is done. Otherwise its next
 * attempt is scheduled, or it fails permanently and is shown to admins. This module knows kinds
 * only by name: the caller passes in their handlers.
 */
import { and, eq, gt, isNull, lte, or, sql } from 'drizzle-orm'
import type { Deps } from '../context'
import { log } from '../log'
import { outbox, type OutboxRow } from '../tables/outbox'

export interface Handler {
  readonly perform: (deps: Deps, row: OutboxRow) => Promise<void>
  /**
   * The row fails permanently after this many attempts; infinity for what must succeed eventually.
   */
  readonly maxAttempts: number
  /**
   * Milliseconds until the next attempt, after `attempts` attempts. Default: from 10 s to an hour,
   * doubling.
   */
  readonly waitMs?: (attempts: number) => number
}
export type Handlers = Readonly<Record<string, Handler>>

export type Outcome = 'not_due' | 'done' | 'retry' | 'dead'

/** Longer than any handler may run, so the holder of an expired lease is no longer running. */
const LEASE_MS = 120_000
/** A lease that ends later than this was taken before the clock was set back. */
const NO_LEASE_MS = 2 * 60 * 60_000
const FIRST_RETRY_MS = 10_000
const MAX_RETRY_MS = 60 * 60_000

/** Performs one row if it is due and not leased. Throws only when D1 fails. */
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

/** The longest wait between attempts (a day, for webhooks), plus an hour of margin. */
export const LONGEST_WAIT_MS = 25 * 60 * 60_000

/**
 * Due, not failed permanently, and not leased. A next attempt or a lease beyond the maximum was
 * written before the clock was set back, and is treated as due or expired.
 */
const isDue = (now: number) =>
  and(
    isNull(outbox.failedAt),
    or(lte(outbox.nextAttemptAt, now), gt(outbox.nextAttemptAt, now + LONGEST_WAIT_MS)),
    isFree(now),
  )

/** Not leased. */
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
  const hasFailed = isFinal(error) || row.attempts >= (handler?.maxAttempts ?? 1)
  const wait = (handler?.waitMs ?? doubling)(row.attempts)
  await deps.db
    .update(outbox)
    .set({
      leasedUntil: null,
      lastError: codeOf(error),
      ...(hasFailed ? { failedAt: deps.now } : { nextAttemptAt: deps.now + wait }),
    })
    .where(isStillHeld(row))
  log.warn('outbox_attempt_failed', deps, {
    outbox_id: row.id,
    kind: row.kind,
    attempts: row.attempts,
    error: codeOf(error),
    dead: hasFailed,
  })
  return hasFailed ? 'dead' : 'retry'
}

/**
 * True while the lease is still ours: another run may have taken over, or the row may have been
 * reset for a retry.
 */
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

/** A handler's error says itself that retrying is pointless. */
const isFinal = (error: unknown): boolean =>
  error instanceof Error && 'final' in error && error.final === true

/**
 * A short code. Error messages may contain addresses or SQL, so they are neither stored nor logged.
 */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return [code, error.name].find((word) => /^\w{1,60}$/.test(word)) ?? 'unknown'
}
