/**
 * What a row of attempts allows, as pure functions of the row and the time (milliseconds since the
 * epoch). An attempt is counted before anything is compared, so that parallel guesses cannot exceed a
 * budget. Any window lets at most the limit of failures through, even with right answers in between.
 * Setting the clock back unlocks nothing.
 */
import { ADDRESS_FROM_KNOWN_NETWORK, BUDGETS, type Budget, type BudgetKind } from './budgets'

export interface Row {
  /** When each attempt was counted, oldest first, without those that were taken back. */
  readonly tries: readonly number[]
  /** When the newest right attempt was counted. Failures in a row are counted from there. */
  readonly rightAt: number
  /** Lockouts that have ended. Each doubles the next one. */
  readonly lockouts: number
  /** Until when the network is known to the address; 0 in rows of other kinds. */
  readonly knownUntil: number
}

export const NEW_ROW: Row = { tries: [], rightAt: 0, lockouts: 0, knownUntil: 0 }

/**
 * `half`: a right password that a second factor must still follow, so that its network does not become
 * known. `void`: a fault of ours kept the attempt from being decided. A wrong attempt just stays
 * counted.
 */
export type Outcome = 'right' | 'half' | 'void'

interface Held {
  readonly kind: BudgetKind
  readonly row: Row
}

/** Counts an attempt in all of its rows, or in none and says until when it is refused. */
export function reserve<T extends Held>(
  held: readonly T[],
  now: number,
): { allowed: true; taken: (T & { at: number })[] } | { allowed: false; until: number } {
  const isKnown = held.some(({ row }) => row.knownUntil > now)
  const counting = held.filter(({ kind }) => !(isKnown && budgetOf(kind).isForStrangers))
  const until = Math.max(
    ...counting.map(({ kind, row }) => {
      const budget = kind === 'address' && isKnown ? ADDRESS_FROM_KNOWN_NETWORK : BUDGETS[kind]
      return refusedUntil(recall(row, kind, now), budget)
    }),
  )
  if (until > now) return { allowed: false, until }
  return { allowed: true, taken: counting.map((one) => ({ ...one, ...take(one, now) })) }
}

/** The instant until which a row refuses attempts; 0 if it accepts them now. */
export function lockedUntil(row: Row, kind: BudgetKind, now: number): number {
  const until = refusedUntil(recall(row, kind, now), BUDGETS[kind])
  return until > now ? until : 0
}

/**
 * The row after the attempt counted `at` is decided. A right answer takes its own attempt back,
 * restarts the failures in a row and the doubling of locks, and makes the network known until
 * `knownUntil`. Other failures stay in the window, so that right answers of the user give an attacker
 * no further guesses.
 */
export function settle(row: Row, at: number, outcome: Outcome, knownUntil: number): Row {
  const place = row.tries.lastIndexOf(at)
  const tries = row.tries.filter((_, index) => index !== place)
  if (outcome === 'void') return { ...row, tries }
  const known = outcome === 'half' ? row.knownUntil : knownUntil
  return { tries, rightAt: Math.max(row.rightAt, at), lockouts: 0, knownUntil: known }
}

const budgetOf = (kind: BudgetKind): Budget => BUDGETS[kind]

/** The instant from which the row has no effect. */
export function expiresAt(row: Row, kind: BudgetKind): number {
  return Math.max(row.knownUntil, forgottenAt(row, BUDGETS[kind]))
}

function take({ kind, row }: Held, now: number): { row: Row; at: number } {
  const budget: Budget = BUDGETS[kind]
  const known = recall(row, kind, now)
  const at = Math.max(now, known.tries.at(-1) ?? 0)
  const counts = (time: number) =>
    at - time < budget.withinMs || (budget.inARow !== undefined && time >= known.rightAt)
  // An attempt is only let through after a lock has ended, so the next lock is longer.
  const lockouts = known.lockouts + (lockEnd(known, budget) > 0 ? 1 : 0)
  return { at, row: { ...known, tries: [...known.tries.filter(counts), at], lockouts } }
}

/** The row without attempts and lockouts that are too old to count. */
function recall(row: Row, kind: BudgetKind, now: number): Row {
  return forgottenAt(row, BUDGETS[kind]) > now ? row : { ...row, tries: [], lockouts: 0 }
}

/** When the row lets an attempt through again. An instant in the past means now. */
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

/** The end of the lockout that the newest attempts started; 0 if they started none. */
function lockEnd({ tries, lockouts }: Row, budget: Budget): number {
  const newest = tries.at(-1)
  const oldest = tries.at(-budget.limit)
  if (budget.longestLockMs === undefined || newest === undefined || oldest === undefined) return 0
  if (newest - oldest >= budget.withinMs) return 0
  return newest + Math.min(budget.withinMs * 2 ** lockouts, budget.longestLockMs)
}

/**
 * Failures since the last right answer, or since a later instant. One in the same millisecond as the
 * right answer counts too, as their order is not known.
 */
export function failuresInARow({ tries, rightAt }: Row, since = 0): number {
  return tries.filter((at) => at >= Math.max(rightAt, since)).length
}

/** When the row stops counting: after the window, or `rememberMs` if locks or failures in a row count. */
function forgottenAt(row: Row, budget: Budget): number {
  const newest = row.tries.at(-1)
  if (newest === undefined) return 0
  const end = lockEnd(row, budget)
  const isRemembered =
    end > 0 || row.lockouts > 0 || (budget.inARow !== undefined && failuresInARow(row) > 0)
  return Math.max(newest, end) + (isRemembered ? budget.rememberMs : budget.withinMs)
}
