/**
 * Whatever a signed-in user can post either asks for a recent proof or is listed here. A new route or page that
 * is sensitive and forgets to ask fails this test.
 */
import { expect, test } from 'vitest'
import { routes } from '../../src/app'
import { isGuarded } from '../../src/http/route'
import { problemsOf } from '../../src/openapi/problems-of'
import { pages } from '../../src/pages/pages'
import { PROOF_FIELDS } from '../../src/pages/runtime/proof-fields'

const PAGES_THAT_DO_NOT_ASK = {
  'profile and preferences': [
    '/account',
    '/account/preferences/remove',
    '/welcome',
    '/account/passkeys/rename',
    '/account/passkeys/later',
    '/account/sessions/trusted-browsers/rename',
  ],
  'part of a ceremony, whose verb asks or was begun with a proof': [
    '/account/passkeys/add',
    '/account/passkeys/options',
    '/account/step-up/passkey-options',
    '/account/two-factor/enable',
    '/admin/import',
  ],
  'only ends what gives access': [
    '/account/sessions/end',
    '/account/sessions/end-others',
    '/account/sessions/revoke-key',
    '/account/sessions/trusted-browsers/end',
    '/account/sessions/trusted-browsers/end-all',
    '/admin/users/:id/end-session',
    '/admin/users/:id/end-sessions',
    '/admin/users/:id/revoke-key',
    '/account/apps/disconnect',
  ],
  'gives an app or a device what its user decides, as the consent page does': [
    '/device',
    '/device/decide',
  ],
  'only reads': ['/account/privacy/export', '/admin/users/export', '/admin/audit/export'],
  'what admins do all day': [
    '/admin/users/bulk',
    '/admin/users/:id/activate',
    '/admin/users/:id/resend-verification',
    '/admin/users/:id/send-password-reset',
    '/admin/users/:id/require-password-change',
    '/admin/users/:id/unlock',
    '/admin/users/:id/deactivate',
    '/admin/apps/:name/logout-deliveries/retry',
    '/admin/outbox/retry',
  ],
}

const ROUTES_THAT_DO_NOT_ASK = {
  'profile and names': [
    'PUT /users/profile',
    'PATCH /users/profile',
    'PATCH /users/passkeys/{id}',
    'PATCH /users/trusted-devices/{id}',
  ],
  'part of a ceremony, which was begun with a proof': [
    'POST /users/2fa/enable',
    'POST /auth/step-up/passkey/options',
  ],
  'only ends what gives access': [
    'DELETE /users/sessions/{id}',
    'DELETE /users/sessions',
    'DELETE /users/trusted-devices/{id}',
    'DELETE /users/trusted-devices',
    'DELETE /users/api-keys/{id}',
    'DELETE /users/apps/{client_id}',
    'DELETE /admin/users/{id}/sessions',
    'DELETE /admin/users/{id}/sessions/{sid}',
    'DELETE /admin/webhooks/{id}',
    'DELETE /admin/api-keys/{id}',
    'POST /admin/signing-keys/retire',
  ],
  'only reads': ['POST /auth/introspect'],
  'what admins do all day': [
    'PUT /admin/users/{id}/status',
    'POST /admin/users/{id}/require-password-change',
    'POST /admin/users/{id}/resend-verification',
    'POST /admin/users/{id}/send-password-reset',
    'POST /admin/users/{id}/unlock',
    'POST /admin/outbox/{id}/retry',
    'POST /admin/webhooks/{id}/test',
    'POST /admin/webhooks/{id}/deliveries/{delivery_id}/redeliver',
  ],
}

test('every page of a signed-in user takes a proof, or is listed', () => {
  const lacking = pages.filter(({ access, post, form }) => {
    if (!post || access === 'anyone' || access === 'visitor') return false
    const taken = form ? Object.keys(form.fields().shape) : []
    return !PROOF_FIELDS.every((name) => taken.includes(name))
  })
  const listed = Object.values(PAGES_THAT_DO_NOT_ASK).flat()
  expect(lacking.map(({ path }) => path).sort()).toEqual(listed.sort())
})

test('every route of a signed-in user may ask for a proof, or is listed', () => {
  const lacking = routes.filter(
    (route) =>
      route.method !== 'get' &&
      isGuarded(route.access) &&
      !problemsOf(route).some(({ code }) => code === 'step_up_required'),
  )
  const names = lacking.map(
    ({ method, path }) => `${method.toUpperCase()} ${path.replace('/api/v1', '')}`,
  )
  expect(names.sort()).toEqual(Object.values(ROUTES_THAT_DO_NOT_ASK).flat().sort())
})
