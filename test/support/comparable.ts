import type { Reply } from './api'

/** All of an answer but what names the request, and what the development server alone tells of its cost. */
export function comparable({ status, headers, body }: Reply) {
  const { request_id: _, instance: __, ...rest } = body
  const own = new Set(['x-request-id', 'server-timing'])
  return { status, headers: [...headers].filter(([name]) => !own.has(name)), body: rest }
}
