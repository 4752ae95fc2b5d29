/** More than any client sends by mistake. */
const MAX_DISCARDED_BYTES = 8 * 1024 * 1024
/** Longer than such a body takes on a usual line, and short enough that nobody holds a request open. */
const MAX_DISCARD_MS = 2_000

/**
 * Reads and drops what a request still has to send, within bounds. A client that is still sending when
 * its connection ends sees a reset instead of the answer (RFC 9112 section 9.6), and local development
 * then answers 500 "Network connection lost". Beyond the bounds the body is cancelled.
 */
export async function discardBody({ body }: Request): Promise<void> {
  if (!body || body.locked) return
  const reader: ReadableStreamDefaultReader<Uint8Array> = body.getReader()
  const stop = (): void => void reader.cancel().catch(() => undefined)
  const timer = setTimeout(stop, MAX_DISCARD_MS)
  try {
    let size = 0
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      size += value.byteLength
      if (size > MAX_DISCARDED_BYTES) return stop()
    }
  } catch {
    // The client has gone away, so nobody waits for an answer.
  } finally {
    clearTimeout(timer)
  }
}
