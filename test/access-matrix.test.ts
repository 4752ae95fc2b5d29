/**
 * Who gets what answer from which route: every route of the product, asked without a body by each kind
 * of caller. The table is checked in (access-matrix.json); a new route or a changed answer fails here
 * until the table is made anew and read:
 *
 *   npx vitest run --project workerd test/access-matrix.test.ts -u && git diff test/access-matrix.json
 */
import { exports } from 'cloudflare:workers'
import { beforeAll, describe, expect, test } from 'vitest'
import { routes } from '../src/app'
import { needsPermission, type Route } from '../src/http/route'
import { basic, tokensFor } from './app-tokens/flow'
import { freshIp } from './support/api'
import { makeKey } from './support/api-keys'
import { makeApp } from './support/apps'
import { stopClock } from './support/clock'
import { isOAuth } from './support/routes'
import { challengeOf, userWithSecondFactor } from './support/second-factor'
import { signedInUser, staff } from './support/users'

stopClock()

const callers = new Map<string, string | undefined>()
/** Of callers who send no bearer token. */
const credentials = new Map<string, string>()
beforeAll(async () => {
  const root = await staff('admin')
  const [user, moderator, admin] = [await staff(), await staff('moderator'), await staff('admin')]
  const [off, restricted] = [await staff('admin'), await signedInUser({ roles: ['admin'] })]
  await root.asks('PUT', `/admin/users/${off.id}/status`, { is_active: false })
  await root.asks('POST', `/admin/users/${restricted.id}/require-password-change`)
  const half = await challengeOf(await userWithSecondFactor())
  callers
    .set('anonymous', undefined)
    .set('user', user.token)
    .set('moderator', moderator.token)
    .set('admin', admin.token)
    .set('deactivated', off.token)
    .set('half signed-in', half)
    .set('restricted', restricted.token)
    .set('key', (await makeKey(root, ['admin:users', 'admin:system', 'read:all'])).token)
    .set('key without a scope', (await makeKey(root, ['read:own'])).token)
  const app = await makeApp()
  // Of a user who calls nothing, as some routes end the sessions of their caller's apps.
  callers.set('app token', (await tokensFor(app, await staff('admin'))).access_token)
  credentials.set('app', basic(app.clientId, app.secret ?? ''))
  callers.set('app', 'in the header')
})

/** No user, role, session or message has this for its name. */
const NOBODY = '987654321'
const addressOf = (route: Route) => route.path.replaceAll(/\{\w+\}/g, NOBODY)
const titleOf = (route: Route) => `${route.method.toUpperCase()} ${route.path}`
/** It erases the caller on the strength of a recent sign-in, so it is tried with a wrong password. */
const OAUTH_BODY = { grant_type: 'client_credentials', token: 'x' }
const ERASURE = 'DELETE /api/v1/users/account'
/** Last, for whoever has signed out gets no other answer any more. */
const inOrder = routes.toSorted(
  (a, b) => Number(a.path.endsWith('/logout')) - Number(b.path.endsWith('/logout')),
)

async function answer(route: Route, token: string | undefined, caller: string): Promise<string> {
  const authorization = credentials.get(caller) ?? (token && `Bearer ${token}`)
  const response = await exports.default.fetch(`http://localhost:8787${addressOf(route)}`, {
    method: route.method.toUpperCase(),
    headers: { 'cf-connecting-ip': freshIp(), ...(authorization && { authorization }) },
    // What authenticates the callers of these is in their header; no body lacks it.
    ...(isOAuth(route) && route.method === 'post' && { body: new URLSearchParams(OAUTH_BODY) }),
    ...(titleOf(route) === ERASURE && { body: new URLSearchParams({ password: 'Wrong-Horse-7' }) }),
  })
  const text = await response.text()
  const isProblem = response.headers.get('content-type')?.startsWith('application/problem+json')
  if (isOAuth(route) && response.status >= 400)
    return `${response.status} ${JSON.parse(text).error}`
  return isProblem ? `${response.status} ${JSON.parse(text).code}` : String(response.status)
}

const ROLES: Record<string, string[]> = { user: [], moderator: ['moderator'], admin: ['admin'] }

/** Right after a sign-in an account can be erased without more, so another user of the kind asks. */
async function erasable(route: Route, caller: string): Promise<string | undefined> {
  const roles = ROLES[caller]
  if (titleOf(route) !== 'DELETE /api/v1/users/account' || !roles) return undefined
  return (await staff(...roles)).token
}

const rows: [string, Record<string, string>][] = []
beforeAll(async () => {
  for (const route of inOrder) {
    const answers: Record<string, string> = {}
    for (const [caller, token] of callers) {
      answers[caller] = await answer(route, (await erasable(route, caller)) ?? token, caller)
    }
    rows.push([titleOf(route), answers])
  }
  rows.sort(([a], [b]) => (a < b ? -1 : 1))
}, 120_000)

test('every route answers every kind of caller as the checked-in table says', async () => {
  const table = `${JSON.stringify(Object.fromEntries(rows), null, 2)}\n`
  await expect(table).toMatchFileSnapshot('./access-matrix.json')
})

describe('the table itself', () => {
  const access = new Map(routes.map((route) => [titleOf(route), route.access]))
  const guarded = () => rows.filter(([title]) => access.get(title) !== 'anyone' && !ofApps(title))
  const ofApps = (title: string) => ['app', 'app_token'].includes(String(access.get(title)))

  test('lets apps and their tokens in where they belong, and nowhere else', () => {
    for (const [title, answers] of rows.filter(([each]) => ofApps(each))) {
      const wanted = access.get(title) === 'app' ? 'app' : 'app token'
      for (const [caller, answer] of Object.entries(answers)) {
        const isIn = caller === wanted
        expect(/^401 invalid_(client|token)$/.test(answer), `${title} ${caller}`).toBe(!isIn)
      }
    }
    for (const [title, answers] of guarded()) {
      const refused = '401 invalid_access_token'
      expect([answers['app'], answers['app token']], title).toEqual([refused, refused])
    }
  })

  test('refuses callers who are not signed in, half signed in or deactivated', () => {
    for (const [title, answers] of guarded()) {
      for (const caller of ['anonymous', 'deactivated', 'half signed-in']) {
        expect(answers[caller], title).toBe('401 invalid_access_token')
      }
    }
  })

  test('refuses a route with a permission to users who do not hold it', () => {
    for (const [title, answers] of guarded()) {
      const needs = access.get(title)
      if (!needs || !needsPermission(needs) || needs.by === 'api_key') continue
      expect([answers['user'], answers['moderator']], title).toEqual([
        '403 forbidden',
        '403 forbidden',
      ])
      expect(answers['admin'], title).not.toMatch(/^(401|403|5)/)
    }
  })

  test('takes a key where a permission will do, and nowhere else', () => {
    for (const [title, answers] of guarded()) {
      const needs = access.get(title)
      const isTaken = needs && needsPermission(needs) && needs.by !== 'session'
      expect(answers['key without a scope'], title).toBe(
        isTaken ? '403 forbidden' : '401 invalid_access_token',
      )
      expect(answers['key'] === '401 invalid_access_token', title).toBe(!isTaken)
    }
  })

  test('lets a restricted session sign out and complete its required action, and nothing else', () => {
    const open = guarded().filter(([, { restricted = '' }]) => !/^40[13]/.test(restricted))
    expect(open.map(([title]) => title)).toEqual([
      'POST /api/v1/auth/logout',
      'POST /api/v1/users/change-password',
    ])
  })

  test('has no fault in it', () => {
    for (const [title, answers] of rows) {
      expect(
        Object.values(answers).filter((answer) => answer.startsWith('5')),
        title,
      ).toEqual([])
    }
  })
})
