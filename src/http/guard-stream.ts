import type { Deps } from '../context'
import { errorName, log } from '../log'
import { withinBudget } from './request-budget'

/**
 * A download whose source fails half-way, or does not answer within the budget: its status has long been
 * sent, so the stream breaks off, and the log is told by name what the runtime would have told with the
 * error's own words.
 */
export function guardStream(
  response: Response,
  deps: Pick<Deps, 'config' | 'requestId'>,
): Response {
  if (!response.body) return response
  const reader: ReadableStreamDefaultReader<Uint8Array> = response.body.getReader()
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await withinBudget(deps, reader.read())
          if (done) controller.close()
          else controller.enqueue(value)
        } catch (cause) {
          log.error('download_broken_off', deps, { error: errorName(cause) })
          controller.error(new Error('the download has broken off'))
        }
      },
      cancel: () => reader.cancel(),
    },
    // Nothing is fetched before it is asked for.
    { highWaterMark: 0 },
  )
  return new Response(body, response)
}
