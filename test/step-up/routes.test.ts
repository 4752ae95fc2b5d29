/** Every sensitive route: refused without a recent proof, and taken with one. */
import { beforeEach, describe, expect, test } from 'vitest'
import { routes } from '../../src/app'
import { needsPermission } from '../../src/http/route'
import { problemsOf } from '../../src/openapi/problems-of'
import { rowsOf } from '../db/rows'
import { said } from '../support/api'
import { makeKey } from '../support/api-keys'
import { stopClock } from '../support/clock'
import { storedPasskey } from '../support/passkeys'
import { ok, userWithSecondFactor } from '../support/second-factor'
import { freshEmail, makeUser, PASSWORD, rowOf, type SignedInUser, staff } from '../support/users'
import {
  adminWithPasskey,
  adminWithPassword,
  adminWithSecondFactor,
  expectRefused,
  growStale,
  stepUp,
} from './people'

stopClock()
/** Nobody may have more than twenty. */
beforeEach(async () => {
  await rowsOf('DELETE FROM webhooks')
  await rowsOf('DELETE FROM resources')
})

interface Act {
  readonly path: string
  readonly body?: object
  readonly done: number
}
type Admin = Pick<SignedInUser, 'asks'>

let names = 0
const newName = () => {
  names += 1
  return `made-${names}`
}
const HOOK = { url: 'https://hooks.example.com/path', events: null }
const hookOf = async ({ asks }: Admin): Promise<string> =>
  ok(await asks('POST', '/admin/webhooks', HOOK)).body.id
const APP = {
  name: 'Orders',
  kind: 'web',
  first_party: true,
  redirect_uris: ['https://orders.example.org/callback'],
}
const API = { identifier: 'https://api.example.org/orders', name: 'Orders API' }
const appOf = async ({ asks }: Admin): Promise<string> =>
  ok(await asks('POST', '/admin/apps', APP)).body.client_id
const resourceOf = async ({ asks }: Admin): Promise<string> =>
  ok(await asks('POST', '/admin/resources', API)).body.id
const roleOf = async ({ asks }: Admin): Promise<string> =>
  ok(await asks('POST', '/admin/roles', { name: newName() })).body.name

/** By route; each is prepared while the admin's proof is recent. */
const OWN: Record<string, (admin: Admin) => Promise<Act>> = {
  'POST /users/change-email': async () => ({
    path: '/users/change-email',
    body: { new_email: freshEmail() },
    done: 202,
  }),
  'POST /users/2fa/setup': async () => ({ path: '/users/2fa/setup', body: {}, done: 200 }),
  'DELETE /users/account': async () => ({ path: '/users/account', body: {}, done: 202 }),
  'POST /admin/api-keys': async () => ({
    path: '/admin/api-keys',
    body: { name: 'Billing', permissions: ['read:all'] },
    done: 201,
  }),
  'POST /admin/apps': async () => ({ path: '/admin/apps', body: APP, done: 201 }),
  'PATCH /admin/apps/{client_id}': async (admin) => ({
    path: `/admin/apps/${await appOf(admin)}`,
    body: { redirect_uris: ['https://other.example.org/callback'] },
    done: 200,
  }),
  'POST /admin/apps/{client_id}/rotate-secret': async (admin) => ({
    path: `/admin/apps/${await appOf(admin)}/rotate-secret`,
    body: {},
    done: 200,
  }),
  'POST /admin/resources': async () => ({ path: '/admin/resources', body: API, done: 201 }),
  'PATCH /admin/resources/{id}': async (admin) => ({
    path: `/admin/resources/${await resourceOf(admin)}`,
    body: { scopes: [{ name: 'orders:read' }] },
    done: 200,
  }),
  'POST /admin/resources/{id}/rotate-secret': async (admin) => ({
    path: `/admin/resources/${await resourceOf(admin)}/rotate-secret`,
    body: {},
    done: 200,
  }),
  'POST /admin/webhooks': async () => ({ path: '/admin/webhooks', body: HOOK, done: 201 }),
  'PATCH /admin/webhooks/{id}': async (admin) => ({
    path: `/admin/webhooks/${await hookOf(admin)}`,
    body: { url: 'https://other.example.com/path' },
    done: 200,
  }),
  'POST /admin/webhooks/{id}/rotate-secret': async (admin) => ({
    path: `/admin/webhooks/${await hookOf(admin)}/rotate-secret`,
    body: {},
    done: 200,
  }),
}
const OF_SECOND_FACTOR: typeof OWN = {
  'POST /users/2fa/disable': async () => ({ path: '/users/2fa/disable', body: {}, done: 200 }),
  'POST /users/2fa/recovery-codes': async () => ({
    path: '/users/2fa/recovery-codes',
    body: {},
    done: 200,
  }),
}
/** Their bodies have no place for a proof. */
const BARE: typeof OWN = {
  'POST /admin/roles': async () => ({ path: '/admin/roles', body: { name: newName() }, done: 201 }),
  'PATCH /admin/roles/{name}': async (admin) => ({
    path: `/admin/roles/${await roleOf(admin)}`,
    body: { permissions: ['read:own'] },
    done: 200,
  }),
  'DELETE /admin/roles/{name}': async (admin) => ({
    path: `/admin/roles/${await roleOf(admin)}`,
    done: 204,
  }),
  'DELETE /admin/apps/{client_id}': async (admin) => ({
    path: `/admin/apps/${await appOf(admin)}`,
    done: 204,
  }),
  'DELETE /admin/resources/{id}': async (admin) => ({
    path: `/admin/resources/${await resourceOf(admin)}`,
    done: 204,
  }),
  'POST /admin/permissions': async () => ({
    path: '/admin/permissions',
    body: { name: `${newName()}:all` },
    done: 201,
  }),
  'DELETE /admin/permissions/{name}': async ({ asks }) => {
    const name = `${newName()}:all`
    ok(await asks('POST', '/admin/permissions', { name }))
    return { path: `/admin/permissions/${name}`, done: 204 }
  },
  'POST /admin/users/{id}/roles': async () => ({
    path: `/admin/users/${(await makeUser()).id}/roles`,
    body: { role: 'moderator' },
    done: 200,
  }),
  'DELETE /admin/users/{id}/roles/{role}': async () => ({
    path: `/admin/users/${(await makeUser({ roles: ['moderator'] })).id}/roles/moderator`,
    done: 204,
  }),
  'PATCH /admin/users/{id}': async () => ({
    path: `/admin/users/${(await makeUser()).id}`,
    body: { email: freshEmail() },
    done: 200,
  }),
  'POST /admin/users/{id}/reset-2fa': async () => ({
    path: `/admin/users/${(await userWithSecondFactor()).id}/reset-2fa`,
    done: 200,
  }),
  'DELETE /admin/users/{id}': async () => ({
    path: `/admin/users/${(await makeUser()).id}`,
    done: 202,
  }),
  'DELETE /admin/users/{id}/passkeys/{passkey_id}': async () => {
    const { id } = await makeUser()
    return { path: `/admin/users/${id}/passkeys/${await storedPasskey(id)}`, done: 204 }
  },
}
/** Tried elsewhere: test/passkeys/, test/step-up/passwordless.test.ts, test/step-up/granting.test.ts. */
const ELSEWHERE = [
  'POST /auth/step-up',
  'POST /users/change-password',
  'POST /users/passkeys/options',
  'POST /users/passkeys',
  'DELETE /users/passkeys/{id}',
  'POST /admin/users',
  'POST /admin/import',
]

const methodOf = (route: string) => route.split(' ')[0] ?? ''

test('every route that may ask for a proof is tried', () => {
  const asking = routes
    .filter((route) => problemsOf(route).some(({ code }) => code === 'step_up_required'))
    .map(({ method, path }) => `${method.toUpperCase()} ${path.replace('/api/v1', '')}`)
  const tried = [OWN, OF_SECOND_FACTOR, BARE].flatMap((each) => Object.keys(each))
  expect(asking.sort()).toEqual([...tried, ...ELSEWHERE].sort())
})

const PEOPLE = {
  password: adminWithPassword,
  'second factor': adminWithSecondFactor,
  passkey: adminWithPasskey,
}

describe.each(Object.entries(PEOPLE))('an admin with a %s', (kind, makeAdmin) => {
  const isWeak = kind === 'password'
  const acts = Object.entries({
    ...OWN,
    ...(kind === 'second factor' && OF_SECOND_FACTOR),
    ...BARE,
  }).filter(([route]) => kind !== 'second factor' || route !== 'POST /users/2fa/setup')

  test.each(acts)(
    '%s: is refused when the proof is old, and goes on after step-up',
    async (route, prepare) => {
      const admin = await makeAdmin()
      if (!isWeak) ok(await stepUp(admin, await admin.right()))
      const { path, body, done } = await prepare(admin)
      growStale()
      expectRefused(await admin.asks(methodOf(route), path, body), admin.methods)
      if (!isWeak) expectRefused(await stepUp(admin, { password: PASSWORD }), admin.methods)
      ok(await stepUp(admin, await admin.right()))
      expect(said(await admin.asks(methodOf(route), path, body))).toBe(String(done))
    },
  )
})

const FIELDS: typeof OWN = { ...OWN, ...OF_SECOND_FACTOR }

describe('a proof in the body', () => {
  test.each(Object.entries(FIELDS))(
    '%s takes a right one, and refuses a wrong one',
    async (route, prepare) => {
      const isOfFactor = route in OF_SECOND_FACTOR
      const admin = isOfFactor ? await adminWithSecondFactor() : await adminWithPassword()
      const { path, body, done } = await prepare(admin)
      const wrong = { ...body, password: 'Wrong-Horse-7' }
      expect(said(await admin.asks(methodOf(route), path, wrong))).toBe('400 incorrect_password')
      growStale()
      expect(said(await admin.asks(methodOf(route), path, wrong))).toBe('400 incorrect_password')
      const right = { ...body, ...(await admin.right()) }
      expect(said(await admin.asks(methodOf(route), path, right))).toBe(String(done))
    },
  )

  test.each(Object.keys(OWN).filter((route) => route !== 'POST /users/2fa/setup'))(
    '%s asks for the code beside a right password',
    async (route) => {
      const admin = await adminWithSecondFactor()
      const { path, body } = (await OWN[route]?.(admin)) ?? { path: '' }
      growStale()
      const weak = await admin.asks(methodOf(route), path, { ...body, password: PASSWORD })
      expect(said(weak)).toBe('422 validation_failed')
      expect(weak.body.errors).toMatchObject([{ path: 'code', code: 'required' }])
    },
  )
})

test('API keys go on as before: they have no session to prove', async () => {
  const root = await staff('admin')
  const key = await makeKey(root, ['admin:system', 'admin:users', 'read:all', 'read:own'])
  growStale()
  for (const route of Object.keys(BARE)) {
    const admin = await adminWithPassword()
    const { path, body, done } = (await BARE[route]?.(admin)) ?? { path: '', done: 0 }
    expect([route, said(await key.asks(methodOf(route), path, body))]).toEqual([
      route,
      String(done),
    ])
  }
})

test('who lacks the permission is not asked for a proof first', async () => {
  const user = await staff('moderator')
  growStale()
  for (const route of routes) {
    const { access } = route
    if (!needsPermission(access) || !access.stepUp) continue
    const path = route.path.replace('/api/v1', '').replaceAll(/\{\w+\}/g, '987654321')
    expect(said(await user.asks(route.method.toUpperCase(), path))).toBe('403 forbidden')
  }
})

test('an edit of another user asks for a proof only if it has an address', async () => {
  const admin = await adminWithPassword()
  const { id, email } = await makeUser()
  growStale()
  const edit = (body: object) => admin.asks('PATCH', `/admin/users/${id}`, body)
  expect(said(await edit({ full_name: 'Ada King', bio: 'x' }))).toBe('200')
  // Even the address that the user has: naming it makes links void.
  for (const given of [email, freshEmail()]) {
    expectRefused(await edit({ full_name: 'Eve', email: given }), admin.methods)
  }
  expect((await rowOf(id))?.['full_name']).toBe('Ada King')
})

test('the proof is asked for before the body is read', async () => {
  const admin = await adminWithPassword()
  growStale()
  const reply = await admin.asks('POST', '/admin/roles', { nonsense: true })
  expectRefused(reply, admin.methods)
})
