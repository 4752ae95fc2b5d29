/** Days as whole numbers since the epoch (UTC), as the rollups count them. */

import { dayOf } from '../time'

export const MAX_DAYS = 366

/** Returns the day of an instant and the days before it, oldest first. */
export function lastDays(now: number, days: number): number[] {
  const first = dayOf(now) - days + 1
  return Array.from({ length: days }, (_, n) => first + n)
}
