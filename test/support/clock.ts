/**
 * A clock that the test controls. It stops an hour ahead of the real time (waiting for an email
 * moves it by milliseconds). It only ever moves forward, so an alarm set by it is never overdue.
 */
import { afterAll, beforeAll, vi } from 'vitest'

export const SECOND = 1000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR
/** How long a proof counts for sensitive actions (STEP_UP_SECONDS). */
export const STEP_UP_MS = 10 * MINUTE

/** Stops the clock for the whole file. */
export function stopClock(): void {
  beforeAll(() => {
    vi.useFakeTimers({ toFake: ['Date'] })
    vi.setSystemTime(Date.now() + HOUR)
  })
  afterAll(() => void vi.useRealTimers())
}

export const pass = (ms: number): unknown => vi.setSystemTime(Date.now() + ms)
