/**
 * A text of any length as a response body, produced at the reader's pace: memory is constant, nothing is
 * fetched before it is asked for, and a reader who goes away ends the querying. A fault in the source
 * breaks the stream off, so that a short file never looks whole.
 */
export function streamText(parts: AsyncGenerator<string, void>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  return new ReadableStream(
    {
      async pull(controller) {
        const { value, done } = await parts.next()
        if (done) controller.close()
        else controller.enqueue(encoder.encode(value))
      },
      async cancel() {
        await parts.return()
      },
    },
    { highWaterMark: 0 },
  )
}

/** Lines of JSON (NDJSON), one for each item. */
export const ndjsonLines = (items: readonly unknown[]): string =>
  items.map((item) => `${JSON.stringify(item)}\n`).join('')
