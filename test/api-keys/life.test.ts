/** Creating, listing and revoking keys, and what is kept of them. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, test } from 'vitest'
import { purgeApiKeys } from '../../src/api-keys/purge-api-keys'
import { call, said } from '../support/api'
import { makeKey } from '../support/api-keys'
import { DAY, HOUR, MINUTE, pass, stopClock } from '../support/clock'
import { changeToken, verifyChange, mailedToken, undoChange } from '../support/credentials'
import { depsFor } from '../support/deps'
import { named } from '../support/named'
import { makeRole } from '../support/roles'
import { under } from '../support/under'
import { freshEmail, PASSWORD, type SignedInUser, staff } from '../support/users'
import { consoleLines } from '../support/worker'
import { wrapEnv } from '../support/wrapped-env'

stopClock()

let root: SignedInUser
beforeAll(async () => {
  await makeRole('engineer', 'admin:system', 'read:own', 'write:own')
  root = await staff('admin')
})

const KEYS = '/admin/api-keys'
const rowOf = (id: string) => env.DB.prepare('SELECT * FROM api_keys WHERE id = ?').bind(id).first()
const listed = async (id: string) => {
  const { body } = await root.asks('GET', KEYS)
  return body.items.find((each: { id: string }) => each.id === id)
}

describe('creating a key', () => {
  test('shows its token once, and lasts 90 days unless it is told otherwise', async () => {
    const permissions = ['read:all', 'read:all', 'admin:users']
    const request = { name: ' Billing ', permissions, password: PASSWORD }
    const { status, headers, body } = await root.asks('POST', KEYS, request)
    expect([status, headers.get('cache-control')]).toEqual([201, 'no-store'])
    const { token, ...shown } = body
    expect(token).toMatch(/^ghk_[\w-]{22}_[\w-]{43}$/)
    expect(token).toContain(shown.id)
    expect(shown).toEqual({
      id: expect.stringMatching(/^[\w-]{22}$/),
      name: 'Billing',
      permissions: ['admin:users', 'read:all'],
      created_by: root.id,
      created_at: new Date().toISOString(),
      expires_at: new Date(Date.now() + 90 * DAY).toISOString(),
      last_used_at: null,
      revoked_at: null,
    })
    expect(await listed(shown.id)).toEqual(shown)
    expect(JSON.stringify(await root.asks('GET', KEYS))).not.toContain(token.slice(-43))
  })

  test('keeps of the secret its digest, so two keys have nothing in common', async () => {
    const [one, two] = [await makeKey(root), await makeKey(root)]
    const [first, second] = [await rowOf(one.id), await rowOf(two.id)]
    expect(first?.['secret_hash']).not.toBe(second?.['secret_hash'])
    expect(JSON.stringify(first)).not.toContain(one.token.slice(-43))
  })

  test('names every field that is wrong', async () => {
    const wrong = { name: 'a\nb', permissions: [], expires_in_days: 366, scopes: ['x'] }
    expect(named(await root.asks('POST', KEYS, wrong)).sort()).toEqual([
      'expires_in_days too_big',
      'name invalid_format',
      'permissions too_small',
      'scopes unknown_field',
    ])
    const unknown = { name: 'x', permissions: ['read:all', 'read:minds'], password: 'wrong' }
    expect(named(await root.asks('POST', KEYS, unknown))).toEqual([
      'permissions.1 unknown_permission',
    ])
  })

  test('takes a form too', async () => {
    const fields = { permissions: 'read:all', expires_in_days: '1' }
    const body = { name: 'x', ...fields, password: PASSWORD }
    const made = await root.asks('POST', KEYS, body, { form: true })
    expect(made.status).toBe(201)
    expect(made.body.expires_at).toBe(new Date(Date.now() + DAY).toISOString())
  })

  test('gives no more than its maker holds', async () => {
    const engineer = await staff('engineer')
    for (const permission of ['read:all', 'admin:users']) {
      const request = { name: 'x', permissions: ['read:own', permission], password: PASSWORD }
      expect(said(await engineer.asks('POST', KEYS, request))).toBe('403 forbidden')
    }
    expect((await makeKey(engineer, ['admin:system', 'read:own'])).token).toBeTruthy()
  })
})

describe('revoking a key', () => {
  test('takes effect at the next request, and revoking it again changes nothing', async () => {
    const key = await makeKey(await staff('admin'), ['admin:users'])
    expect((await key.asks('GET', '/admin/users')).status).toBe(200)
    expect((await root.asks('DELETE', `${KEYS}/${key.id}`)).status).toBe(204)
    expect(said(await key.asks('GET', '/admin/users'))).toBe('401 invalid_access_token')
    const row = await rowOf(key.id)
    pass(MINUTE)
    expect((await root.asks('DELETE', `${KEYS}/${key.id}`)).status).toBe(204)
    expect(await rowOf(key.id)).toEqual(row)
    expect((await listed(key.id)).revoked_at).not.toBeNull()
  })

  test('that does not exist is 404', async () => {
    expect(said(await root.asks('DELETE', `${KEYS}/${'x'.repeat(22)}`))).toBe('404 not_found')
  })

  test('comes by itself when its time is over', async () => {
    const maker = await staff('admin')
    const key = await makeKey(maker, ['admin:users'], { expires_in_days: 1 })
    pass(DAY - 1)
    expect((await key.asks('GET', '/admin/users')).status).toBe(200)
    pass(1)
    expect(said(await key.asks('GET', '/admin/users'))).toBe('401 invalid_access_token')
    // The sessions of the file have run out with it.
    root = await staff('admin')
  })
})

describe('what is kept', () => {
  test('the last use, to within 15 minutes and by one write', async () => {
    const key = await makeKey(root, ['admin:users'])
    const start = Date.now()
    await key.asks('GET', '/admin/users')
    expect((await rowOf(key.id))?.['last_used_at']).toBe(start)
    pass(15 * MINUTE - 1)
    await key.asks('GET', '/admin/users')
    expect((await rowOf(key.id))?.['last_used_at']).toBe(start)
    pass(1)
    await Promise.all([1, 2, 3].map(() => key.asks('GET', '/admin/users')))
    expect((await listed(key.id)).last_used_at).toBe(new Date(start + 15 * MINUTE).toISOString())
  })

  test('a wrong secret is no use of a key', async () => {
    const key = await makeKey(root, ['admin:users'])
    await call('GET', '/api/v1/admin/users', undefined, { token: `${key.token.slice(0, -3)}AAA` })
    expect((await rowOf(key.id))?.['last_used_at']).toBeNull()
  })

  test('only the id of an erased maker is kept, and their keys stop working', async () => {
    const maker = await staff('admin')
    const key = await makeKey(maker, ['admin:users'], { name: 'Of Ada' })
    await root.asks('DELETE', `/admin/users/${maker.id}`)
    expect(said(await key.asks('GET', '/admin/users'))).toBe('401 invalid_access_token')
    expect(await rowOf(key.id)).toMatchObject({
      name: '',
      maker_subject: null,
      made_by: maker.id,
      revoked_at: Date.now(),
    })
    expect((await root.asks('DELETE', `${KEYS}/${key.id}`)).status).toBe(204)
  })

  test('a user’s export has the keys they created, without the secrets', async () => {
    const maker = await staff('admin')
    const key = await makeKey(maker)
    await makeKey(root)
    const { body } = await maker.asks('GET', '/users/export')
    expect(body.api_keys).toEqual([await listed(key.id)])
  })

  test('a key is deleted 400 days after it expired or was revoked; its events stay in the log', async () => {
    const key = await makeKey(root, ['admin:users'], { expires_in_days: 1 })
    await key.asks('GET', `/admin/users/${root.id}`)
    const at = (ms: number) => depsFor({ now: Date.now() + ms })
    await purgeApiKeys(at(401 * DAY - HOUR))
    expect(await rowOf(key.id)).not.toBeNull()
    const deps = at(401 * DAY)
    expect((await purgeApiKeys(deps)).keys).toBeGreaterThan(0)
    expect(await rowOf(key.id)).toBeNull()
    const scopes = await env.DB.prepare('SELECT 1 FROM api_key_permissions WHERE api_key_id = ?')
      .bind(key.id)
      .first()
    const acts = await env.DB.prepare('SELECT 1 FROM audit_log WHERE api_key_id = ?')
      .bind(key.id)
      .first()
    expect([scopes, acts === null]).toEqual([null, false])
  })
})

test('the list goes on by its cursor, newest first, each key once', async () => {
  for (let n = 0; n < 55; n++) await makeKey(root)
  const first = (await root.asks('GET', KEYS)).body
  expect(first.items).toHaveLength(50)
  const second = (await root.asks('GET', `${KEYS}?cursor=${first.next_cursor}`)).body
  const all = [...first.items, ...second.items]
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length)
  expect(all.map(({ created_at }) => created_at)).toEqual(
    all
      .map(({ created_at }) => created_at)
      .sort()
      .reverse(),
  )
  expect(first.total).toBe(all.length)
  expect(second.next_cursor).toBeNull()
  expect((await root.asks('GET', `${KEYS}?cursor=xx`)).status).toBe(422)
})

test('an address that was taken and brought back leaves no key behind', async () => {
  const ada = await staff('admin')
  await verifyChange(await changeToken(ada, freshEmail()), { by: ada.token })
  const [key, other] = [await makeKey(ada, ['admin:users']), await makeKey(root, ['admin:users'])]
  expect((await undoChange(await mailedToken(ada.email, '/undo-email-change'))).status).toBe(200)
  expect(said(await key.asks('GET', '/admin/users'))).toBe('401 invalid_access_token')
  expect((await other.asks('GET', '/admin/users')).status).toBe(200)
})

test('a failure to record a use does not fail the request', async () => {
  const { id, token } = await makeKey(root, ['admin:users'])
  let calls = 0
  const failing = wrapEnv(env, (_, go) => {
    calls += 1
    return calls === 2 ? Promise.reject(new Error('D1_ERROR: lost')) : go()
  })
  const said = consoleLines()
  const { status } = await under({ ...failing }).get('/api/v1/admin/users', token)
  expect([status, (await rowOf(id))?.['last_used_at']]).toEqual([200, null])
  expect(said.join()).toContain('key_use_not_noted')
})
