/**
 * What the routes of account state and privacy ask of D1: no statement scans a table that grows with the
 * users, and rows read are the same at 1,000 and at 20,000 of them.
 */
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, test } from 'vitest'
import worker from '../../src/index'
import { freshIp } from '../support/api'
import { capturingEnv, planOf } from '../support/captured-sql'
import { lines } from '../support/chunk'
import { stopClock } from '../support/clock'
import { mailTo, tokenIn } from '../support/mailbox'
import { meteredEnv } from '../support/metered'
import { storedPasskey } from '../support/passkeys'
import { type Write, writesOn } from '../support/user-writes'
import {
  freshEmail,
  makeUser,
  PASSWORD,
  type SignedInUser,
  signedInUser,
  signIn,
  staff,
} from '../support/users'

// The role map must not age between two measurements.
stopClock()

type Ask = Write & { token?: string; type?: string }

let root: SignedInUser
beforeAll(async () => {
  root = await staff('admin')
  await makeUser({ roles: ['admin'] })
})

/** Every request once, each on people of its own; all succeed. */
async function* requests(): AsyncGenerator<[string, Ask]> {
  const by = (write: Write): Ask => ({ ...write, token: root.token })
  for (const route of Object.keys(writesOn({ id: 0, sid: '', role: '' }))) {
    const isPending = route.endsWith('resend-verification')
    const made = await makeUser({
      roles: ['moderator'],
      status: isPending ? 'pending' : 'active',
    })
    const sid = isPending ? '' : (await signIn(made)).sessionId
    const role = route.startsWith('POST') ? 'admin' : 'moderator'
    const passkey = isPending ? 'none' : await storedPasskey(made.id)
    const all: Record<string, Write> = writesOn({ id: made.id, sid, role, passkey })
    yield [route, by(all[route] as Write)]
  }
  const ada = await signedInUser()
  const path = `/admin/users/${ada.id}`
  yield ['PATCH email', by({ method: 'PATCH', path, body: { email: freshEmail() } })]
  for (const read of ['', '/roles', '/sessions']) {
    yield [`GET user${read}`, by({ method: 'GET', path: path + read })]
  }
  for (const read of ['/admin/roles', '/admin/roles/user', '/admin/permissions']) {
    yield [`GET ${read}`, by({ method: 'GET', path: read })]
  }
  const email = freshEmail()
  const invitation = { email, full_name: 'Eve Evans', roles: ['moderator'] }
  yield ['POST invite', by({ method: 'POST', path: '/admin/users', body: invitation })]
  const token = tokenIn(await mailTo(email), '/accept-invitation')
  const accepted = { token, password: PASSWORD }
  yield ['POST accept', { method: 'POST', path: '/auth/accept-invitation', body: accepted }]
  const chunk = lines(
    { email: freshEmail(), full_name: 'Ivy Imported' },
    { email, full_name: 'Eve' },
  )
  const ndjson = { method: 'POST', path: '/admin/import', body: chunk }
  yield ['POST import', { ...by(ndjson), type: 'application/x-ndjson' }]
  const name = `role-${crypto.randomUUID().slice(0, 8)}`
  const role = { name, permissions: ['read:all'] }
  yield ['POST role', by({ method: 'POST', path: '/admin/roles', body: role })]
  const change = { description: 'x', permissions: ['read:own'] }
  yield ['PATCH role', by({ method: 'PATCH', path: `/admin/roles/${name}`, body: change })]
  yield ['DELETE role', by({ method: 'DELETE', path: `/admin/roles/${name}` })]
  const permission = { name: `do:x-${crypto.randomUUID().slice(0, 8)}` }
  yield ['POST permission', by({ method: 'POST', path: '/admin/permissions', body: permission })]
  const gone = `/admin/permissions/${permission.name}`
  yield ['DELETE permission', by({ method: 'DELETE', path: gone })]
  const own = { token: ada.token }
  yield ['GET permissions', { ...own, method: 'GET', path: '/users/permissions' }]
  yield ['GET export', { ...own, method: 'GET', path: '/users/export' }]
  const erasure = { method: 'DELETE', path: '/users/account', body: { password: PASSWORD } }
  yield ['DELETE account', { ...own, ...erasure }]
}

async function ask(theEnv: Env, { method, path, body, token, type }: Ask, title: string) {
  const request = new Request(`http://localhost:8787/api/v1${path}`, {
    method,
    headers: {
      'content-type': type ?? 'application/json',
      'cf-connecting-ip': freshIp(),
      ...(token && { authorization: `Bearer ${token}` }),
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const ctx = createExecutionContext()
  const response = await worker.fetch(request as never, theEnv, ctx)
  const text = await response.text()
  await waitOnExecutionContext(ctx)
  expect(response.status, `${title}: ${text}`).toBeLessThan(300)
}

/** Few rows however many users, or none that is stored. */
const MAY_BE_SCANNED = new Set([
  'CONSTANT',
  'roles',
  'permissions',
  'role_permissions',
  'signing_keys',
  'apps',
  'resources',
  'scopes',
  'sectors',
  // Events that could not be written: empty unless something is broken.
  'parked_events',
])

test('no statement scans a table that grows with the users', { timeout: 15_000 }, async () => {
  const { env: capturing, seen } = capturingEnv(env)
  const scans = new Set<string>()
  const texts = new Set<string>()
  for await (const [title, request] of requests()) {
    seen.length = 0
    await ask(capturing, request, title)
    for (const statement of seen) {
      texts.add(statement.text)
      for (const step of await planOf(env.DB, statement)) {
        const [, name, rest = ''] = /^SCAN (\S+)(.*)/.exec(step) ?? []
        // A subquery is bounded by its own LIMIT; what it reads has steps of its own.
        if (!name || name.startsWith('(subquery')) continue
        if (rest.includes('VIRTUAL TABLE') || MAY_BE_SCANNED.has(name)) continue
        scans.add(`${title}: ${step}`)
      }
    }
  }
  expect([...scans]).toEqual([])
  // That statements were seen at all.
  expect(texts.size).toBeGreaterThan(60)
})

describe('rows read', () => {
  /** Users with all that hangs on them, up to so many. */
  const fill = async (from: number, to: number) => {
    const numbers = `WITH RECURSIVE n(i) AS (SELECT ${from} UNION ALL SELECT i + 1 FROM n WHERE i < ${to - 1})`
    const idOfUser = `(SELECT id FROM users WHERE email_key = 'filler' || i || '@example.com')`
    await env.DB.batch(
      [
        `${numbers} INSERT INTO users (subject, email, email_key, full_name, email_verified_at, origin, invited_by, created_at, updated_at)
         SELECT printf('filler%016d', i), 'filler' || i || '@example.com', 'filler' || i || '@example.com', 'Filler ' || i, 1, 'imported', ${root.id}, i, i FROM n`,
        `${numbers} INSERT INTO user_roles (user_id, role_id, assigned_at, assigned_by) SELECT ${idOfUser}, 1, 0, ${root.id} FROM n`,
        `${numbers} INSERT INTO one_time_tokens (hash, purpose, user_id, email, key_id, created_at, expires_at)
         SELECT printf('filler%037d', i), 'reset_password', ${idOfUser}, 'x', 'test1', 0, 9e12 FROM n`,
        `${numbers} INSERT INTO audit_log (id, at, event, actor_id, target_id, ip)
         SELECT printf('01000000-0000-7000-8000-%012d', i), 0, 'user.profile_updated', ${idOfUser}, ${idOfUser}, 'x' FROM n`,
      ].map((sql) => env.DB.prepare(sql)),
    )
  }

  const { env: metered, meter } = meteredEnv(env)
  const measure = async () => {
    const rows: Record<string, number> = {}
    for await (const [title, request] of requests()) {
      meter.reset()
      await ask(metered, request, title)
      rows[title] = meter.rows.read
    }
    return rows
  }

  test('are the same at 1,000 and at 20,000 users', { timeout: 30_000 }, async () => {
    await fill(0, 1000)
    await ask(metered, { method: 'GET', path: '/admin/roles', token: root.token }, 'to warm up')
    await ask(metered, { method: 'GET', path: '/users/export', token: root.token }, 'to warm up')
    const few = await measure()
    await fill(1000, 20_000)
    // The index may merge its pages in between, which is a row more or less.
    for (const [name, rows] of Object.entries(await measure())) {
      expect(Math.abs(rows - (few[name] ?? 0)), name).toBeLessThanOrEqual(1)
    }
    expect(Math.max(...Object.values(few))).toBeLessThan(120)
  })
})
