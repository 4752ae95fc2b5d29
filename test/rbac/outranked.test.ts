/** Nobody changes a user who holds more than they do, by any route, or grants what they do not hold. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, test } from 'vitest'
import { said, send } from '../support/api'
import { storedPasskey } from '../support/passkeys'
import { makeRole } from '../support/roles'
import { declaredWrites, writesOn } from '../support/user-writes'
import { freshEmail, makeUser, rowOf, type SignedInUser, signIn, staff } from '../support/users'
import { session } from '../support/users-by-api'

/** Looks after users, and may nothing else. */
let support: SignedInUser
/** May run the system but not look after users. */
let engineer: SignedInUser
beforeAll(async () => {
  await makeRole('support', 'admin:users', 'read:own', 'write:own')
  await makeRole('engineer', 'admin:system', 'read:own', 'write:own')
  await makeRole('reader', 'read:all')
  await makeRole('badge')
  support = await staff('support')
  engineer = await staff('engineer')
})

/** Everything stored about a user, and whether their session lives. */
const stateOf = async (who: SignedInUser) => {
  const tables = ['user_roles', 'one_time_tokens', 'recovery_codes', 'passkeys'].map((table) =>
    env.DB.prepare(`SELECT * FROM ${table} WHERE user_id = ?`).bind(who.id),
  )
  const [mails] = await env.DB.batch([
    env.DB.prepare("SELECT * FROM outbox WHERE subject = ? AND kind = 'mail'").bind(who.subject),
  ])
  const { status, body } = await session(who.token)
  return {
    row: await rowOf(who.id),
    tables: (await env.DB.batch(tables)).map(({ results }) => results),
    mails: mails?.results,
    session: [status, body.user?.roles],
  }
}

test('the list of writes is every route there is', () => {
  expect(Object.keys(writesOn({ id: 1, sid: 'x', role: 'user' })).sort()).toEqual(declaredWrites())
})

const routesOfUsers = declaredWrites()

describe.each([
  ['an admin', ['admin']],
  ['a moderator, who may read everything', ['moderator']],
  ['somebody who holds one permission more', ['support', 'reader']],
  ['the engineer', ['engineer']],
])('%s', (_, roles) => {
  let target: SignedInUser
  let passkey: string
  beforeAll(async () => {
    target = await staff(...roles)
    passkey = await storedPasskey(target.id)
  })

  test.each(routesOfUsers)('%s is 403 outranked and changes nothing', async (route) => {
    const role = roles[0] ?? ''
    const writes = writesOn({ id: target.id, sid: target.sessionId, role, passkey })
    const { method, path, body } = writes[route as keyof typeof writes] as any
    const before = await stateOf(target)
    expect(said(await support.asks(method, path, body))).toBe('403 outranked')
    expect(await stateOf(target)).toEqual(before)
    const { results } = await env.DB.prepare(
      'SELECT event FROM audit_log WHERE target_id = ? AND actor_id = ?',
    )
      .bind(target.id, support.id)
      .all()
    expect(results).toEqual([])
  })
})

test('every route can change a user who holds the same or less, and admins can edit themselves', async () => {
  const reached: string[] = []
  for (const route of routesOfUsers) {
    const status = route.endsWith('resend-verification') ? 'pending' : 'active'
    const person = await makeUser({ roles: ['support', 'badge'], status })
    const target = status === 'active' ? await signIn(person) : { ...person, sessionId: 'x' }
    const passkey = await storedPasskey(target.id)
    const writes = writesOn({ id: target.id, sid: target.sessionId, role: 'badge', passkey })
    const { method, path, body } = writes[route as keyof typeof writes] as any
    const given = body?.role === undefined ? body : { role: 'badge' }
    const reply = await support.asks(method, path, given)
    expect(reply.status, `${route} ${JSON.stringify(reply.body)}`).toBeLessThan(300)
    reached.push(route)
  }
  expect(reached).toEqual(routesOfUsers)
  const own = `/admin/users/${support.id}`
  expect(said(await support.asks('PATCH', own, { bio: 'me' }))).toBe('200')
})

describe('nobody grants what they do not hold', () => {
  const TOO_MUCH = ['admin', 'moderator', 'engineer', 'reader']

  test('by giving a role, to another or to themselves', async () => {
    const ada = await makeUser()
    for (const role of TOO_MUCH) {
      for (const id of [ada.id, support.id]) {
        const reply = await support.asks('POST', `/admin/users/${id}/roles`, { role })
        expect(said(reply), role).toBe('403 forbidden')
      }
    }
    for (const role of ['support', 'badge', 'user']) {
      const reply = await support.asks('POST', `/admin/users/${ada.id}/roles`, { role })
      expect(said(reply), role).toBe('200')
    }
  })

  test('by inviting', async () => {
    for (const role of TOO_MUCH) {
      const body = { email: freshEmail(), full_name: 'Eve Evans', roles: ['badge', role] }
      expect(said(await support.asks('POST', '/admin/users', body)), role).toBe('403 forbidden')
      const { results } = await env.DB.prepare('SELECT 1 FROM users WHERE email = ?')
        .bind(body.email)
        .all()
      expect(results).toEqual([])
    }
    const body = { email: freshEmail(), full_name: 'Eve Evans', roles: ['support'] }
    const invited = await support.asks('POST', '/admin/users', body)
    expect([invited.status, invited.body.roles]).toEqual([201, ['support', 'user']])
  })

  test('by importing: the whole chunk is refused', async () => {
    const lines = (roles: string[]) =>
      [{ email: freshEmail() }, { email: freshEmail(), roles }]
        .map((line) => JSON.stringify({ full_name: 'Eve Evans', ...line }))
        .join('\n')
    const chunk = (roles: string[]) =>
      send('/api/v1/admin/import', {
        method: 'POST',
        headers: {
          authorization: `Bearer ${engineer.token}`,
          'content-type': 'application/x-ndjson',
        },
        body: lines(roles),
      })
    const count = () => env.DB.prepare('SELECT count(*) AS n FROM users').first()
    const before = await count()
    for (const role of ['admin', 'moderator', 'support', 'reader']) {
      expect(said(await chunk(['badge', role])), role).toBe('403 forbidden')
    }
    expect(await count()).toEqual(before)
    expect((await chunk(['engineer'])).body).toEqual({
      imported: 2,
      skipped: 0,
      skipped_lines: [],
      errors: [],
    })
  })

  test('each of the two permissions opens its own routes and not the other’s', async () => {
    expect(said(await support.asks('GET', '/admin/roles'))).toBe('403 forbidden')
    expect(said(await support.asks('POST', '/admin/import'))).toBe('403 forbidden')
    expect(said(await engineer.asks('GET', `/admin/users/${support.id}`))).toBe('403 forbidden')
    expect(said(await engineer.asks('GET', '/admin/roles'))).toBe('200')
  })
})
