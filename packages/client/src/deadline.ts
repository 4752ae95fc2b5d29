/** A time limit for a call, beside the signal that its caller may have given. */
import { GatehouseTimeout } from './failure.ts'

export interface Deadline {
  /** Aborts when the time is up, with a GatehouseTimeout, or when the caller's signal does. */
  readonly signal: AbortSignal
  /** Ends the limit; the caller's signal still counts. */
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

/** Waits for what others may be waiting for too, but no longer than the signal lets. */
export function within<T>(signal: AbortSignal, shared: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason as Error)
    signal.addEventListener('abort', stop, { once: true })
    void shared.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
    if (signal.aborted) stop()
  })
}
