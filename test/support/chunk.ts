/** Chunks of an import, as a client sends them. */
import { type Reply, send } from './api'

export const lines = (...all: (object | string)[]): string =>
  all.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n')

export const importChunk = (
  who: { token: string },
  body: BodyInit,
  type = 'application/x-ndjson',
): Promise<Reply> =>
  send('/api/v1/admin/import', {
    method: 'POST',
    headers: { authorization: `Bearer ${who.token}`, 'content-type': type },
    body,
  })
