/**
 * Every write on one user, with a body that actually changes them: for tests that go over all of
 * them.
 */
import { routes } from '../../src/app'

export interface Write {
  method: string
  path: string
  body?: unknown
}

const PREFIX = '/api/v1/admin/users/{id}'

/** The writes by route. `role` is a role of the user, `sid` one of their sessions. */
export const writesOn = (target: { id: number; sid: string; role: string; passkey?: string }) => {
  const { id, sid, role, passkey = 'none' } = target
  const path = `/admin/users/${id}`
  const post = (name: string, body?: unknown): Write => ({
    method: 'POST',
    path: `${path}/${name}`,
    body,
  })
  return {
    [`PATCH ${PREFIX}`]: { method: 'PATCH', path, body: { full_name: 'Taken Over' } },
    [`DELETE ${PREFIX}`]: { method: 'DELETE', path },
    [`PUT ${PREFIX}/status`]: { method: 'PUT', path: `${path}/status`, body: { is_active: false } },
    [`POST ${PREFIX}/roles`]: post('roles', { role: 'moderator' }),
    [`DELETE ${PREFIX}/roles/{role}`]: { method: 'DELETE', path: `${path}/roles/${role}` },
    [`DELETE ${PREFIX}/sessions`]: { method: 'DELETE', path: `${path}/sessions` },
    [`DELETE ${PREFIX}/sessions/{sid}`]: { method: 'DELETE', path: `${path}/sessions/${sid}` },
    [`DELETE ${PREFIX}/passkeys/{passkey_id}`]: {
      method: 'DELETE',
      path: `${path}/passkeys/${passkey}`,
    },
    [`POST ${PREFIX}/reset-2fa`]: post('reset-2fa'),
    [`POST ${PREFIX}/require-password-change`]: post('require-password-change'),
    [`POST ${PREFIX}/resend-verification`]: post('resend-verification'),
    [`POST ${PREFIX}/send-password-reset`]: post('send-password-reset'),
    [`POST ${PREFIX}/unlock`]: post('unlock'),
  } satisfies Record<string, Write>
}

/** The same routes, as the product declares them. */
export const declaredWrites = (): string[] =>
  routes
    .filter(({ method, path }) => method !== 'get' && path.startsWith(PREFIX))
    .map(({ method, path }) => `${method.toUpperCase()} ${path}`)
    .sort()
