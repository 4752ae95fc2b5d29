/** Every route with what it demands. A new route fails this test until it is listed here. */
import { expect, test } from 'vitest'
import { routes } from '../src/app'
import { needsPermission } from '../src/http/route'
import { call } from './support/api'
import { isOAuth } from './support/routes'

const demand = ({ access }: (typeof routes)[number]) =>
  needsPermission(access)
    ? [
        access.permission,
        ...(access.by ? ['by', access.by] : []),
        ...(access.stepUp ? ['with proof'] : []),
      ].join(' ')
    : typeof access === 'object'
      ? `session, completes ${access.requiredActions.join(' or ')}`
      : access

test('these are the routes, and this is who may call them', () => {
  const listed = routes.map((each) => `${each.method.toUpperCase()} ${each.path} ${demand(each)}`)
  expect(listed.sort()).toEqual([
    'DELETE /api/v1/admin/api-keys/{id} admin:system by session',
    'DELETE /api/v1/admin/apps/{client_id} admin:system with proof',
    'DELETE /api/v1/admin/permissions/{name} admin:system with proof',
    'DELETE /api/v1/admin/resources/{id} admin:system with proof',
    'DELETE /api/v1/admin/roles/{name} admin:system with proof',
    'DELETE /api/v1/admin/users/{id} admin:users with proof',
    'DELETE /api/v1/admin/users/{id}/passkeys/{passkey_id} admin:users with proof',
    'DELETE /api/v1/admin/users/{id}/roles/{role} admin:users with proof',
    'DELETE /api/v1/admin/users/{id}/sessions admin:users',
    'DELETE /api/v1/admin/users/{id}/sessions/{sid} admin:users',
    'DELETE /api/v1/admin/webhooks/{id} admin:system',
    'DELETE /api/v1/users/account session',
    'DELETE /api/v1/users/api-keys/{id} session',
    'DELETE /api/v1/users/apps/{client_id} session',
    'DELETE /api/v1/users/passkeys/{id} session',
    'DELETE /api/v1/users/sessions session',
    'DELETE /api/v1/users/sessions/{id} session',
    'DELETE /api/v1/users/trusted-devices session',
    'DELETE /api/v1/users/trusted-devices/{id} session',
    'GET /.well-known/jwks.json anyone',
    'GET /.well-known/oauth-authorization-server anyone',
    'GET /.well-known/openid-configuration anyone',
    'GET /.well-known/passkey-endpoints anyone',
    'GET /.well-known/webauthn anyone',
    'GET /api/v1/admin/api-keys admin:system by session',
    'GET /api/v1/admin/apps admin:system',
    'GET /api/v1/admin/apps/{client_id} admin:system',
    'GET /api/v1/admin/apps/{client_id}/logout-deliveries admin:system',
    'GET /api/v1/admin/audit admin:system',
    'GET /api/v1/admin/outbox admin:system',
    'GET /api/v1/admin/permissions admin:system',
    'GET /api/v1/admin/resources admin:system',
    'GET /api/v1/admin/roles admin:system',
    'GET /api/v1/admin/roles/{name} admin:system',
    'GET /api/v1/admin/stats admin:users',
    'GET /api/v1/admin/stats/logins admin:users',
    'GET /api/v1/admin/stats/registrations admin:users',
    'GET /api/v1/admin/users admin:users',
    'GET /api/v1/admin/users/export admin:users',
    'GET /api/v1/admin/users/{id} admin:users',
    'GET /api/v1/admin/users/{id}/activity admin:users',
    'GET /api/v1/admin/users/{id}/passkeys admin:users',
    'GET /api/v1/admin/users/{id}/roles admin:users',
    'GET /api/v1/admin/users/{id}/sessions admin:users',
    'GET /api/v1/admin/webhooks admin:system',
    'GET /api/v1/admin/webhooks/{id} admin:system',
    'GET /api/v1/admin/webhooks/{id}/deliveries admin:system',
    'GET /api/v1/auth/password-policy anyone',
    'GET /api/v1/auth/session session',
    'GET /api/v1/users/2fa session, completes two_factor_required',
    'GET /api/v1/users/activity session',
    'GET /api/v1/users/apps session',
    'GET /api/v1/users/export session',
    'GET /api/v1/users/passkeys session, completes two_factor_required',
    'GET /api/v1/users/permissions session',
    'GET /api/v1/users/permissions/{name} session',
    'GET /api/v1/users/profile session',
    'GET /api/v1/users/sessions session',
    'GET /api/v1/users/trusted-devices session',
    'GET /healthz anyone',
    'GET /oauth/userinfo app_token',
    'GET /openapi.json anyone',
    'PATCH /api/v1/admin/apps/{client_id} admin:system',
    'PATCH /api/v1/admin/resources/{id} admin:system',
    'PATCH /api/v1/admin/roles/{name} admin:system with proof',
    'PATCH /api/v1/admin/users/{id} admin:users',
    'PATCH /api/v1/admin/webhooks/{id} admin:system',
    'PATCH /api/v1/users/passkeys/{id} session',
    'PATCH /api/v1/users/profile session',
    'PATCH /api/v1/users/trusted-devices/{id} session',
    'POST /api/v1/admin/api-keys admin:system by session',
    'POST /api/v1/admin/apps admin:system by session',
    'POST /api/v1/admin/apps/{client_id}/rotate-secret admin:system by session',
    'POST /api/v1/admin/import admin:system',
    'POST /api/v1/admin/outbox/{id}/retry admin:system',
    'POST /api/v1/admin/permissions admin:system with proof',
    'POST /api/v1/admin/resources admin:system by session',
    'POST /api/v1/admin/resources/{id}/rotate-secret admin:system by session',
    'POST /api/v1/admin/roles admin:system with proof',
    'POST /api/v1/admin/signing-keys/retire admin:system',
    'POST /api/v1/admin/users admin:users',
    'POST /api/v1/admin/users/{id}/require-password-change admin:users',
    'POST /api/v1/admin/users/{id}/resend-verification admin:users',
    'POST /api/v1/admin/users/{id}/reset-2fa admin:users with proof',
    'POST /api/v1/admin/users/{id}/roles admin:users with proof',
    'POST /api/v1/admin/users/{id}/send-password-reset admin:users',
    'POST /api/v1/admin/users/{id}/unlock admin:users',
    'POST /api/v1/admin/webhooks admin:system by session',
    'POST /api/v1/admin/webhooks/{id}/deliveries/{delivery_id}/redeliver admin:system',
    'POST /api/v1/admin/webhooks/{id}/rotate-secret admin:system by session',
    'POST /api/v1/admin/webhooks/{id}/test admin:system',
    'POST /api/v1/auth/2fa/passkey/options anyone',
    'POST /api/v1/auth/2fa/verify anyone',
    'POST /api/v1/auth/accept-invitation anyone',
    'POST /api/v1/auth/confirm-email-change anyone',
    'POST /api/v1/auth/decline-email-change anyone',
    'POST /api/v1/auth/decline-registration anyone',
    'POST /api/v1/auth/forgot-password anyone',
    'POST /api/v1/auth/introspect read:all by api_key',
    'POST /api/v1/auth/login anyone',
    'POST /api/v1/auth/logout own_token',
    'POST /api/v1/auth/passkey/options anyone',
    'POST /api/v1/auth/passkey/options-by-link anyone',
    'POST /api/v1/auth/passkey/verify anyone',
    'POST /api/v1/auth/refresh anyone',
    'POST /api/v1/auth/register anyone',
    'POST /api/v1/auth/resend-verification anyone',
    'POST /api/v1/auth/reset-password anyone',
    'POST /api/v1/auth/step-up session, completes two_factor_required',
    'POST /api/v1/auth/step-up/passkey/options session, completes two_factor_required',
    'POST /api/v1/auth/undo-email-change anyone',
    'POST /api/v1/auth/undo-sign-in-method anyone',
    'POST /api/v1/auth/verify-email anyone',
    'POST /api/v1/setup anyone',
    'POST /api/v1/users/2fa/disable session',
    'POST /api/v1/users/2fa/enable session, completes two_factor_required',
    'POST /api/v1/users/2fa/recovery-codes session',
    'POST /api/v1/users/2fa/setup session, completes two_factor_required',
    'POST /api/v1/users/change-email session',
    'POST /api/v1/users/change-password session, completes password_expired or two_factor_required',
    'POST /api/v1/users/passkeys session, completes two_factor_required',
    'POST /api/v1/users/passkeys/options session, completes two_factor_required',
    'POST /oauth/device app',
    'POST /oauth/introspect app',
    'POST /oauth/revoke app',
    'POST /oauth/token app',
    'POST /oauth/userinfo app_token',
    'PUT /api/v1/admin/users/{id}/status admin:users',
    'PUT /api/v1/users/profile session',
  ])
})

const guarded = routes.filter((each) => each.access !== 'anyone' && !isOAuth(each))
const path = (each: (typeof routes)[number]) => each.path.replaceAll(/\{\w+\}/g, '1')

test.each(guarded)('$method $path refuses strangers before it reads their body', async (each) => {
  const noKey = `ghk_${'a'.repeat(22)}_${'b'.repeat(43)}`
  const tokens = [undefined, 'x', 'a.b.c', `${'e'.repeat(5000)}.a.b`, 'ghk_', noKey]
  for (const token of tokens) {
    const body = each.body ? '{' : undefined
    const reply = await call(each.method.toUpperCase(), path(each), body, { token })
    expect([reply.status, reply.body.code]).toEqual([401, 'invalid_access_token'])
    expect(reply.headers.get('www-authenticate')).toBe('Bearer')
  }
})
