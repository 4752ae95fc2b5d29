/**
 * What a row of attempts allows: pure functions, time passed in (milliseconds since the epoch).
 * An attempt is counted when it is reserved, before anything is compared, so parallel guesses
 * cannot pass a budget together. In any window at most the budget's number of failures is let
 * through, whatever right answers lie between; a clock that goes back frees nothing.
 */
import { ADDRESS_FROM_KNOWN_NETWORK, BUDGETS, type Budget, type BudgetKind } from './budgets'

export interface Row {
  /** When each attempt was reserved, oldest first; those given back are gone. */
  readonly tries: readonly number[]
  /** When the newest attempt that proved right was reserved: the row of failures restarts there. */
  readonly rightAt: number
  /** Lock-outs that have been waited out. */
  readonly lockouts: number
  /** Until when the network is known to the address; 0 in other rows. */
  readonly knownUntil: number
}

export const NEW_ROW: Row = { tries: [], rightAt: 0, lockouts: 0, knownUntil: 0 }

/** `void`: the attempt was never decided, by a fault of ours. A wrong one simply stays counted. */
export type Outcome = 'right' | 'void'

interface Held {
  readonly kind: BudgetKind
  readonly row: Row
}

/** One attempt against all of its rows, or none: each row with the attempt, or when to come back. */
export function reserve<T extends Held>(
  held: readonly T[],
  now: number,
): { allowed: true; taken: (T & { at: number })[] } | { allowed: false; until: number } {
  const isKnown = held.some(({ row }) => row.knownUntil > now)
  const until = Math.max(
    ...held.map(({ kind, row }) => {
      const budget = kind === 'address' && isKnown ? ADDRESS_FROM_KNOWN_NETWORK : BUDGETS[kind]
      return refusedUntil(recall(row, kind, now), budget)
    }),
  )
  if (until > now) return { allowed: false, until }
  return { allowed: true, taken: held.map((one) => ({ ...one, ...take(one, now) })) }
}

/**
 * The row once the attempt reserved `at` is decided. A right answer gives its own place back, ends
 * the row of failures and the growth of locks, and makes the network known until `knownUntil`; the
 * failures around it keep their places in the window, so owner and attacker in turns pass no budget.
 */
export function settle(row: Row, at: number, outcome: Outcome, knownUntil: number): Row {
  const place = row.tries.lastIndexOf(at)
  const tries = row.tries.filter((_, index) => index !== place)
  if (outcome === 'void') return { ...row, tries }
  return { tries, rightAt: Math.max(row.rightAt, at), lockouts: 0, knownUntil }
}

/** Until when the row refuses an attempt from a network that is not known; 0 when it refuses none. */
export function lockedUntil(row: Row, kind: BudgetKind, now: number): number {
  const until = refusedUntil(recall(row, kind, now), BUDGETS[kind])
  return until > now ? until : 0
}

/** The instant from which the row is as good as none. */
export function expiresAt(row: Row, kind: BudgetKind): number {
  return Math.max(row.knownUntil, forgottenAt(row, BUDGETS[kind]))
}

function take({ kind, row }: Held, now: number): { row: Row; at: number } {
  const budget: Budget = BUDGETS[kind]
  const known = recall(row, kind, now)
  const at = Math.max(now, known.tries.at(-1) ?? 0)
  const counts = (time: number) =>
    at - time < budget.withinMs || (budget.inARow !== undefined && time >= known.rightAt)
  // Whoever comes through a lock's end has waited it out: the next one is longer.
  const lockouts = known.lockouts + (lockEnd(known, budget) > 0 ? 1 : 0)
  return { at, row: { ...known, tries: [...known.tries.filter(counts), at], lockouts } }
}

/** A row without what is forgotten by now. */
function recall(row: Row, kind: BudgetKind, now: number): Row {
  return forgottenAt(row, BUDGETS[kind]) > now ? row : { ...row, tries: [], lockouts: 0 }
}

/** When the row lets an attempt through again; an instant that has passed means now. */
function refusedUntil(row: Row, budget: Budget): number {
  const newest = row.tries.at(-1)
  if (newest === undefined) return 0
  if (budget.inARow !== undefined && failuresInARow(row) >= budget.inARow) {
    return newest + budget.rememberMs
  }
  const oldest = row.tries.at(-budget.limit)
  if (oldest === undefined) return 0
  return Math.max(oldest + budget.withinMs, lockEnd(row, budget))
}

/** The end of the lock-out that the row's newest attempts began, or 0 when they began none. */
function lockEnd({ tries, lockouts }: Row, budget: Budget): number {
  const newest = tries.at(-1)
  const oldest = tries.at(-budget.limit)
  if (budget.longestLockMs === undefined || newest === undefined || oldest === undefined) return 0
  if (newest - oldest >= budget.withinMs) return 0
  return newest + Math.min(budget.withinMs * 2 ** lockouts, budget.longestLockMs)
}

/** An attempt in the same millisecond as the right one still counts: the order is not known. */
function failuresInARow({ tries, rightAt }: Row): number {
  return tries.filter((at) => at >= rightAt).length
}

/** When a row's attempts and lock-outs stop counting: later than its window if they are remembered. */
function forgottenAt(row: Row, budget: Budget): number {
  const newest = row.tries.at(-1)
  if (newest === undefined) return 0
  const end = lockEnd(row, budget)
  const isRemembered =
    end > 0 || row.lockouts > 0 || (budget.inARow !== undefined && failuresInARow(row) > 0)
  return Math.max(newest, end) + (isRemembered ? budget.rememberMs : budget.withinMs)
}
