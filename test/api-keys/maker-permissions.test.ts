/** What a key may do: its scopes, as far as its maker may, at this moment; and never more. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, test } from 'vitest'
import { randomId } from '../../src/crypto/encoding'
import { call, freshIp, type Reply, said, send } from '../support/api'
import { type Key, makeKey } from '../support/api-keys'
import { justBefore } from '../support/lost-account-state'
import { storedPasskey } from '../support/passkeys'
import { makeRole } from '../support/roles'
import { under } from '../support/under'
import { declaredWrites, writesOn } from '../support/user-writes'
import {
  freshEmail,
  makeUser,
  rowOf,
  type SignedInUser,
  signedInUser,
  staff,
} from '../support/users'

let root: SignedInUser
beforeAll(async () => {
  await makeRole('builder', 'admin:system', 'admin:users', 'read:own', 'write:own', 'read:all')
  await makeRole('reader', 'read:all')
  await makeRole('support', 'admin:users')
  root = await staff('admin')
})

const USERS = '/admin/users'

describe('a key', () => {
  test('does what its scopes say and nothing else', async () => {
    const key = await makeKey(root, ['admin:users'])
    expect((await key.asks('GET', USERS)).status).toBe(200)
    expect(said(await key.asks('GET', '/admin/roles'))).toBe('403 forbidden')
  })

  test('is no session: not for its maker’s account, nor to make, list or end keys', async () => {
    const key = await makeKey(root, ['admin:users', 'admin:system', 'read:own', 'write:own'])
    const asked: [string, string, unknown?][] = [
      ['GET', '/auth/session'],
      ['POST', '/auth/logout'],
      ['GET', '/users/profile'],
      ['POST', '/users/change-password', { current_password: 'x', new_password: 'y' }],
      ['GET', '/admin/api-keys'],
      ['POST', '/admin/api-keys', { name: 'x', permissions: ['read:own'] }],
      ['DELETE', `/admin/api-keys/${key.id}`],
    ]
    for (const [method, path, body] of asked) {
      expect(said(await key.asks(method, path, body)), path).toBe('401 invalid_access_token')
    }
    expect((await key.asks('GET', USERS)).status).toBe(200)
  })

  test('spelled differently is refused', async () => {
    const { token } = await makeKey(root, ['admin:users'])
    const [, id = '', secret = ''] = /^ghk_(.{22})_(.{43})$/.exec(token) ?? []
    const wrong = [
      `ghk_${id}_${secret}=`,
      `ghk_${id}_${secret}A`,
      `ghk_${id}_${secret.slice(1)}`,
      `ghk_${secret.slice(0, 22)}_${secret}`,
      `GHK_${id}_${secret}`,
      `ghk_${id}`,
      `ghk_${id}_${secret}`.replaceAll('_', '.'),
      `ghk_${id}_${'A'.repeat(43)}`,
    ]
    for (const text of wrong) {
      const reply = await call('GET', `/api/v1${USERS}`, undefined, { token: text })
      expect(said(reply), text).toBe('401 invalid_access_token')
    }
  })
})

describe('a key loses what its maker loses, at the next request', () => {
  let maker: SignedInUser
  let key: Key
  const make = async (...roles: string[]) => {
    maker = await staff(...roles)
    key = await makeKey(maker, ['admin:users', 'admin:system'])
    expect((await key.asks('GET', USERS)).status).toBe(200)
  }

  test('when the maker is deactivated; the key works again after reactivation', async () => {
    await make('builder')
    await root.asks('PUT', `${USERS}/${maker.id}/status`, { is_active: false })
    expect(said(await key.asks('GET', USERS))).toBe('401 invalid_access_token')
    await root.asks('PUT', `${USERS}/${maker.id}/status`, { is_active: true })
    expect((await key.asks('GET', USERS)).status).toBe(200)
  })

  test('when a role is taken from the maker', async () => {
    await make('builder', 'support')
    await root.asks('DELETE', `${USERS}/${maker.id}/roles/builder`)
    expect((await key.asks('GET', USERS)).status).toBe(200)
    expect(said(await key.asks('GET', '/admin/roles'))).toBe('403 forbidden')
  })

  test('when the maker’s role is redefined', async () => {
    await root.asks('POST', '/admin/roles', {
      name: 'passing',
      permissions: ['admin:users', 'admin:system'],
    })
    await make('passing')
    await root.asks('PATCH', '/admin/roles/passing', { permissions: ['admin:system'] })
    expect(said(await key.asks('GET', USERS))).toBe('403 forbidden')
  })

  test('when the maker is erased', async () => {
    await make('builder')
    await root.asks('DELETE', `${USERS}/${maker.id}`)
    expect(said(await key.asks('GET', USERS))).toBe('401 invalid_access_token')
  })

  test('a permission made anew under its old name is in no old key', async () => {
    const ask = (method: string, path: string, body?: unknown) => root.asks(method, path, body)
    await ask('POST', '/admin/permissions', { name: 'press:button' })
    const old = await makeKey(root, ['press:button', 'admin:users'])
    expect((await ask('DELETE', '/admin/permissions/press:button')).status).toBe(204)
    await ask('POST', '/admin/permissions', { name: 'press:button' })
    const { body } = await ask('GET', '/admin/api-keys')
    const shown = body.items.find((each: Key) => each.id === old.id)
    expect(shown.permissions).toEqual(['admin:users'])
  })
})

describe('a key gives no more than it has, though its maker could', () => {
  let key: Key
  beforeAll(async () => {
    key = await makeKey(root, ['admin:users', 'admin:system'])
  })

  const importOf = (line: string) =>
    send('/api/v1/admin/import', {
      method: 'POST',
      headers: { authorization: `Bearer ${key.token}`, 'content-type': 'application/x-ndjson' },
      body: line,
    })

  test('by assigning a role, inviting or importing', async () => {
    const bob = await makeUser()
    for (const role of ['admin', 'moderator', 'reader']) {
      const given = await key.asks('POST', `${USERS}/${bob.id}/roles`, { role })
      expect(said(given), role).toBe('403 forbidden')
      const invitation = { email: freshEmail(), full_name: 'Ada', roles: [role] }
      expect(said(await key.asks('POST', USERS, invitation)), role).toBe('403 forbidden')
      const line = JSON.stringify({ email: freshEmail(), full_name: 'Ada', roles: [role] })
      expect(said(await importOf(line)), role).toBe('403 forbidden')
    }
    const allowed = await key.asks('POST', `${USERS}/${bob.id}/roles`, { role: 'support' })
    expect(allowed.status).toBe(200)
    const invitation = { email: freshEmail(), full_name: 'Ada', roles: ['user'] }
    expect((await key.asks('POST', USERS, invitation)).status).toBe(201)
  })

  test('by a role that it makes or changes', async () => {
    const make = (name: string, permissions: string[]) =>
      key.asks('POST', '/admin/roles', { name, permissions })
    expect(said(await make('taller', ['read:all']))).toBe('403 forbidden')
    expect((await make('as-tall', ['admin:users'])).status).toBe(201)
    const raise = { permissions: ['admin:users', 'read:all'] }
    expect(said(await key.asks('PATCH', '/admin/roles/as-tall', raise))).toBe('403 forbidden')
    expect(said(await key.asks('PATCH', '/admin/roles/reader', { description: 'x' }))).toBe(
      '403 forbidden',
    )
    const { body } = await root.asks('GET', '/admin/roles/as-tall')
    expect(body.permissions).toEqual(['admin:users'])
  })

  describe('nor does it touch', () => {
    const targets: [string, () => Promise<SignedInUser>][] = [
      ['its maker', async () => root],
      ['another admin', () => staff('admin')],
      ['somebody who holds what it does not', () => staff('reader')],
    ]
    describe.each(targets)('%s:', (_, find) => {
      test.each(declaredWrites())('%s is 403 outranked and changes nothing', async (route) => {
        const target = await find()
        const passkey = await storedPasskey(target.id)
        const writes = writesOn({ id: target.id, sid: target.sessionId, role: 'user', passkey })
        const { method, path, body } = writes[route as keyof typeof writes] as any
        const before = await rowOf(target.id)
        expect(said(await key.asks(method, path, body))).toBe('403 outranked')
        expect(await rowOf(target.id)).toEqual(before)
      })
    })

    test('its maker, even if it has all of the maker’s permissions', async () => {
      const maker = await staff('builder')
      const all = ['admin:system', 'admin:users', 'read:own', 'write:own', 'read:all']
      const ownKey = await makeKey(maker, all)
      const twin = await staff('builder')
      const move = { email: freshEmail() }
      expect(said(await ownKey.asks('PATCH', `${USERS}/${maker.id}`, move))).toBe('403 outranked')
      expect((await ownKey.asks('PATCH', `${USERS}/${twin.id}`, { bio: 'x' })).status).toBe(200)
    })

    test('but everybody who has no more than registering gives', async () => {
      const bob = await signedInUser()
      const status = { is_active: false }
      expect((await key.asks('PUT', `${USERS}/${bob.id}/status`, status)).status).toBe(200)
    })
  })
})

test('a key that is revoked or loses a scope after the guard changes nothing in the batch', async () => {
  for (const table of ['api_keys', 'api_key_permissions']) {
    const { id, token } = await makeKey(root, ['admin:system'])
    const lose = () =>
      env.DB.prepare(
        table === 'api_keys'
          ? 'UPDATE api_keys SET revoked_at = 1 WHERE id = ?'
          : 'DELETE FROM api_key_permissions WHERE api_key_id = ?',
      )
        .bind(id)
        .run()
    const ask = { method: 'POST', path: '/admin/roles', body: { name: `late-${table}` } }
    const reply = await justBefore(lose, token, ask)
    expect([said(reply), reply.batches], table).toEqual(['403 forbidden', 1])
  }
})

test('what a key did names it in the log, with its maker as the actor', async () => {
  const key = await makeKey(root, ['admin:users'])
  const bob = await makeUser()
  await key.asks('PATCH', `${USERS}/${bob.id}`, { bio: 'x' })
  await root.asks('PATCH', `${USERS}/${bob.id}`, { bio: 'y' })
  const { body } = await root.asks('GET', `/admin/audit?target_id=${bob.id}`)
  const edits = body.items.filter((each: any) => each.action === 'admin.user_edited')
  expect(edits.map((each: any) => [each.actor_id, each.api_key_id])).toEqual([
    [root.id, null],
    [root.id, key.id],
  ])
  const change = env.DB.prepare('UPDATE audit_log SET api_key_id = ? WHERE api_key_id = ?')
  await expect(change.bind(randomId(), key.id).run()).rejects.toThrow('append-only')
})

describe('throttling', () => {
  test('a key has a budget, which only its secret can use up', async () => {
    const key = await makeKey(root, ['admin:users'])
    // The runtime's own limiter, with fewer a minute.
    const api = under({ API_KEY_LIMIT: env.REGISTER_LIMIT })
    const ask = (token: string) => api.get(`/api/v1${USERS}`, token)
    for (let n = 0; n < 20; n++) await ask(`${key.token.slice(0, -3)}AAA`)
    const replies: Reply[] = []
    while (replies.at(-1)?.status !== 429 && replies.length < 40) replies.push(await ask(key.token))
    const refused = replies.at(-1)
    expect(replies.length).toBeGreaterThan(10)
    expect([refused?.body.code, refused?.headers.get('retry-after')]).toEqual([
      'too_many_attempts',
      '60',
    ])
    expect((await ask((await makeKey(root, ['admin:users'])).token)).status).toBe(200)
  })

  test('wrong keys end in 429, and right ones from there still pass', async () => {
    const key = await makeKey(root, ['admin:users'])
    const ip = freshIp()
    const statuses = new Set<number>()
    for (let n = 0; n < 130; n++) {
      const token = `ghk_${randomId()}_${'A'.repeat(43)}`
      statuses.add((await call('GET', `/api/v1${USERS}`, undefined, { token, ip })).status)
    }
    expect([...statuses]).toEqual([401, 429])
    expect((await key.asks('GET', USERS, undefined, { ip })).status).toBe(200)
  })
})
