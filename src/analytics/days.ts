/** Whole days since the epoch, UTC, as the rollups count them. */

import { dayOf } from '../time'

export const MAX_DAYS = 366

/** The day an instant falls on and those before it, the oldest first. */
export function lastDays(now: number, days: number): number[] {
  const first = dayOf(now) - days + 1
  return Array.from({ length: days }, (_, n) => first + n)
}
