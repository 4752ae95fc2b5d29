/** Whole days since the epoch, UTC, as the rollups count them. */

const DAY_MS = 86_400_000
export const MAX_DAYS = 366

export const dayOf = (ms: number): number => Math.floor(ms / DAY_MS)

/** The day an instant falls on and those before it, the oldest first. */
export function lastDays(now: number, days: number): number[] {
  const first = dayOf(now) - days + 1
  return Array.from({ length: days }, (_, n) => first + n)
}

/** `2026-11-23`. */
export const dateOf = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10)
