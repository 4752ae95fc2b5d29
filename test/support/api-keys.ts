/** API keys for tests, created by an admin through the API. */
import { call, type CallOptions, type Reply } from './api'
import { PASSWORD } from './users'

export interface Key {
  readonly id: string
  readonly token: string
  /** Calls the API with the key; the path is relative to `/api/v1`. */
  readonly asks: (
    method: string,
    path: string,
    body?: unknown,
    options?: CallOptions,
  ) => Promise<Reply>
}

export async function makeKey(
  maker: { token: string; password?: string },
  permissions: readonly string[] = ['read:all'],
  more: { expires_in_days?: number; name?: string } = {},
): Promise<Key> {
  const { password = PASSWORD } = maker
  const body = { name: 'Billing service', permissions, password, ...more }
  const made = await call('POST', '/api/v1/admin/api-keys', body, { token: maker.token })
  if (made.status !== 201) throw new Error(`api key: ${JSON.stringify(made.body)}`)
  const { id, token } = made.body
  return {
    id,
    token,
    asks: (method, path, sent, options) =>
      call(method, `/api/v1${path}`, sent, { token, ...options }),
  }
}
