/** Restricted sessions: an expired password or a missing second factor, at every step of a session's life. */
import { eq, sql } from 'drizzle-orm'
import { decodeJwt } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { routes } from '../../src/app'
import type { RequiredAction } from '../../src/context'
import { isGuarded, needsPermission, type Route } from '../../src/http/route'
import { commitAndSync } from '../../src/sessions/account-state'
import { users } from '../../src/tables/users'
import { rowsOf } from '../db/rows'
import { call, post, type Reply, said } from '../support/api'
import { DAY, MINUTE, pass, stopClock } from '../support/clock'
import { changePassword, NEW_PASSWORD, reset, resetToken } from '../support/credentials'
import { depsFor } from '../support/deps'
import { addressOf } from '../support/routes'
import {
  challengeOf,
  enable,
  freshCode,
  ok,
  setUp,
  userWithSecondFactor,
  verify,
} from '../support/second-factor'
import { under } from '../support/under'
import { freshEmail, makeUser, PASSWORD, signedInUser, staff } from '../support/users'
import { postSignIn, session } from '../support/users-by-api'

stopClock()

const EXPIRED = '403 password_expired'
const refresh = (refresh_token: unknown) => post('/api/v1/auth/refresh', { refresh_token })

/** Signed in half an hour before the password is 90 days old. */
async function almostExpired(more: object = {}) {
  const person = await makeUser()
  pass(90 * DAY - 30 * MINUTE)
  const { body } = ok(await postSignIn(person, more))
  return { ...person, token: body.access_token, refreshToken: body.refresh_token, signedIn: body }
}

const claims = (token: string) => decodeJwt<{ roles?: string[] }>(token)
const RESTRICTED = { aud: 'gatehouse:restricted' }

/** Nor such as take no session at all. */
const isForSessions = ({ access }: Route) =>
  needsPermission(access) ? access.by !== 'api_key' : isGuarded(access)

/** The routes that do not answer with the requiredAction. */
async function openTo(requiredAction: RequiredAction, ask: (route: Route) => Promise<Reply>) {
  const guarded = routes.filter(isForSessions)
  expect(guarded.length).toBeGreaterThan(8)
  const open = []
  for (const route of guarded) {
    if ((await ask(route)).body?.code !== requiredAction) open.push(`${route.method} ${route.path}`)
  }
  return open.sort()
}

describe('a password of 90 days', () => {
  it('restricts a live session from that instant, on every route that does not complete the required action', async () => {
    const ada = await almostExpired()
    expect(ada.signedIn).toMatchObject({ restricted: null })
    expect(claims(ada.token)).toMatchObject({ aud: 'gatehouse', roles: ['user'] })
    const [row] = await rowsOf<{ at: number }>(
      'SELECT password_expires_at AS at FROM users WHERE id = ?',
      ada.id,
    )
    pass((row?.at ?? 0) - Date.now() - 1)
    expect((await session(ada.token)).status).toBe(200)
    pass(1)
    const open = await openTo('password_expired', (route) =>
      call(route.method.toUpperCase(), addressOf(route), undefined, ada),
    )
    expect(open).toEqual(['post /api/v1/users/change-password'])
  })

  it('can be changed in the restricted session; the next session is unrestricted', async () => {
    const ada = await almostExpired()
    pass(DAY / 48)
    expect(said(await session(ada.token))).toBe(EXPIRED)
    ok(await changePassword(ada))
    expect(said(await session(ada.token))).toBe('401 invalid_access_token')
    const { body } = ok(await postSignIn({ ...ada, password: NEW_PASSWORD }))
    expect(body.restricted).toBeNull()
    expect((await session(body.access_token)).status).toBe(200)
    const [row] = await rowsOf<{ days: number }>(
      'SELECT (password_expires_at - password_changed_at) / 86400000.0 AS days FROM users WHERE id = ?',
      ada.id,
    )
    expect(row?.days).toBe(90)
  })

  it('lets its session sign out', async () => {
    const ada = await almostExpired()
    pass(30 * MINUTE)
    expect(said(await session(ada.token))).toBe(EXPIRED)
    expect((await post('/api/v1/auth/logout', undefined, ada)).status).toBe(204)
    expect(said(await session(ada.token))).toBe('401 invalid_access_token')
  })

  it('restricts at refresh and at sign-in: an audience of its own and no roles', async () => {
    const ada = await almostExpired({ remember_me: true })
    pass(2 * DAY)
    for (const reply of [await refresh(ada.refreshToken), await postSignIn(ada)]) {
      expect(reply.status).toBe(200)
      expect(reply.body.restricted).toBe('password_expired')
      const { access_token: token } = reply.body
      expect(claims(token)).toMatchObject(RESTRICTED)
      expect(claims(token)).not.toHaveProperty('roles')
      expect(said(await session(token))).toBe(EXPIRED)
    }
  })
})

it('a change that an admin requires restricts live sessions', async () => {
  const ada = await signedInUser()
  const deps = depsFor()
  const [row] = await rowsOf('SELECT subject FROM users WHERE id = ?', ada.id)
  await commitAndSync(deps, String(row?.['subject']), {
    change: [
      deps.db
        .update(users)
        .set({ passwordExpiresAt: deps.now, authVersion: sql`auth_version + 1` })
        .where(eq(users.id, ada.id)),
    ],
    audit: [],
  })
  expect(said(await session(ada.token))).toBe(EXPIRED)
  expect(said(await changePassword(ada))).toBe('200')
})

it('a password that must be changed sets up no second factor, which would lock its owner out', async () => {
  const ada = await signedInUser()
  const begun = ok(await setUp(ada)).body
  const root = await staff('admin')
  await root.asks('POST', `/admin/users/${ada.id}/require-password-change`, {})
  const { access_token: token, restricted } = ok(await postSignIn(ada)).body
  expect(restricted).toBe('password_expired')
  expect(said(await setUp({ ...ada, token }))).toBe(EXPIRED)
  expect(said(await enable({ token }, await freshCode(begun)))).toBe(EXPIRED)
  ok(await reset(await resetToken(ada.email)))
  const back = ok(await postSignIn({ ...ada, password: NEW_PASSWORD })).body
  expect(back).toMatchObject({ restricted: null, user: { id: ada.id } })
})

it('a second step that waits while an admin demands a new password opens a restricted session', async () => {
  const ada = await userWithSecondFactor()
  const challenge = await challengeOf(ada)
  const root = await staff('admin')
  await root.asks('POST', `/admin/users/${ada.id}/require-password-change`, {})
  const { body } = ok(await verify(challenge, { code: await freshCode(ada) }))
  expect(body.restricted).toBe('password_expired')
  expect(said(await session(body.access_token))).toBe(EXPIRED)
})

it('under the profile nist no password expires', async () => {
  const email = freshEmail()
  const account = { email, password: 'a long phrase of four', full_name: 'Ada Lovelace' }
  ok(await under({ PASSWORD_PROFILE: 'nist' }).post('/api/v1/auth/register', account))
  const [row] = await rowsOf('SELECT password_expires_at AS at FROM users WHERE email = ?', email)
  expect(row).toEqual({ at: null })
})

describe('a role that demands a second factor', () => {
  const demanding = under({ REQUIRE_2FA_ROLES: 'admin,user' })
  const signIn = (person: { email: string }) =>
    demanding.post('/api/v1/auth/login', { username: person.email, password: PASSWORD })
  let ada: Awaited<ReturnType<typeof signedInUser>>
  beforeAll(async () => {
    ada = await signedInUser()
  })

  it('restricts live sessions and new ones until it is on', async () => {
    expect(said(await demanding.get('/api/v1/auth/session', ada.token))).toBe(
      '403 two_factor_required',
    )
    const { body } = ok(await signIn(ada))
    expect(body.restricted).toBe('two_factor_required')
    expect(claims(body.access_token)).toMatchObject(RESTRICTED)
    expect(claims(body.access_token)).not.toHaveProperty('roles')
    const blocked = await demanding.get('/api/v1/users/profile', body.access_token)
    expect(said(blocked)).toBe('403 two_factor_required')

    const setUp = { password: PASSWORD }
    const { secret } = ok(
      await demanding.post('/api/v1/users/2fa/setup', setUp, body.access_token),
    ).body
    const code = await freshCode({ secret })
    ok(await demanding.post('/api/v1/users/2fa/enable', { code }, body.access_token))
    const unrestricted = await demanding.get('/api/v1/auth/session', body.access_token)
    expect(unrestricted.status).toBe(200)

    const { challenge_token } = ok(await signIn(ada)).body
    const second = { challenge_token, code: await freshCode({ secret }) }
    const whole = ok(await demanding.post('/api/v1/auth/2fa/verify', second)).body
    expect(whole.restricted).toBeNull()
    expect(claims(whole.access_token)).toMatchObject({ aud: 'gatehouse', roles: ['user'] })
  })

  it('restricts every route that does not set it up', async () => {
    const bob = await signedInUser()
    const open = await openTo('two_factor_required', (route) =>
      demanding.call(route.method.toUpperCase(), addressOf(route), undefined, bob.token),
    )
    expect(open).toEqual([
      'get /api/v1/users/2fa',
      'get /api/v1/users/passkeys',
      'post /api/v1/auth/step-up',
      'post /api/v1/auth/step-up/passkey/options',
      'post /api/v1/users/2fa/enable',
      'post /api/v1/users/2fa/setup',
      'post /api/v1/users/change-password',
      'post /api/v1/users/passkeys',
      'post /api/v1/users/passkeys/options',
    ])
  })

  it('restricts nobody else', async () => {
    const bob = await signedInUser()
    const reply = await under({ REQUIRE_2FA_ROLES: 'admin' }).get('/api/v1/auth/session', bob.token)
    expect(reply.status).toBe(200)
  })

  it('comes second: an expired password is reported first', async () => {
    const bob = await almostExpired()
    pass(30 * MINUTE)
    expect(said(await demanding.get('/api/v1/auth/session', bob.token))).toBe(EXPIRED)
  })
})
