import type { Reply } from './api'

/**
 * Returns a response without what identifies the request, and without the development server's
 * timing header.
 */
export function comparable({ status, headers, body }: Reply) {
  const { request_id: _, instance: __, ...rest } = body
  const own = new Set(['x-request-id', 'server-timing'])
  return { status, headers: [...headers].filter(([name]) => !own.has(name)), body: rest }
}
