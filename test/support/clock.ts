/**
 * A clock that the test sets. It stands, an hour ahead of the real one, until it is moved (waiting for a
 * mail moves it by milliseconds), and it is moved forward only: an alarm that is set by it then never
 * finds itself late.
 */
import { afterAll, beforeAll, vi } from 'vitest'

export const SECOND = 1000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

/** The clock stands for all of the file. */
export function stopClock(): void {
  beforeAll(() => {
    vi.useFakeTimers({ toFake: ['Date'] })
    vi.setSystemTime(Date.now() + HOUR)
  })
  afterAll(() => void vi.useRealTimers())
}

export const pass = (ms: number): unknown => vi.setSystemTime(Date.now() + ms)
