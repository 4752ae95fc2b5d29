/** The API with other settings or bindings than the tests' own. */
import type { Reply } from './api'
import { fetchWith } from './worker'

export function under(changes: Record<string, unknown>) {
  const ask = (method: string, path: string, body: unknown, token?: string): Promise<Reply> =>
    fetchWith(changes, path, {
      method,
      headers: {
        'content-type': 'application/json',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
  return {
    call: ask,
    del: (path: string, token?: string) => ask('DELETE', path, undefined, token),
    get: (path: string, token?: string) => ask('GET', path, undefined, token),
    patch: (path: string, body?: unknown, token?: string) => ask('PATCH', path, body, token),
    post: (path: string, body?: unknown, token?: string) => ask('POST', path, body, token),
  }
}
