/** A time limit for a call, in addition to the caller's own signal. */
import { GatehouseTimeout } from './failure.ts'

export interface Deadline {
  /** Aborts with a GatehouseTimeout when the time is up, or when the caller's signal does. */
  readonly signal: AbortSignal
  /** Removes the limit; the caller's signal still applies. */
  clear(): void
}

export function deadline(milliseconds: number, callers: AbortSignal | null | undefined): Deadline {
  const own = new AbortController()
  const timer = setTimeout(
    () => own.abort(new GatehouseTimeout(`No answer within ${milliseconds} ms`)),
    milliseconds,
  )
  return {
    signal: callers ? AbortSignal.any([callers, own.signal]) : own.signal,
    clear: () => clearTimeout(timer),
  }
}

/** Waits for a promise that other calls may share, but only until the signal aborts. */
export function within<T>(signal: AbortSignal, shared: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason as Error)
    signal.addEventListener('abort', stop, { once: true })
    void shared.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
    if (signal.aborted) stop()
  })
}
