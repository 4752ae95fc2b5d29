/** Keys are listed beside sessions, and actions against a stolen session revoke them too if asked to. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { rowsOf } from '../db/rows'
import { post, said } from '../support/api'
import { type Key, makeKey } from '../support/api-keys'
import { DAY, pass, stopClock } from '../support/clock'
import { forgot, mailedToken, NEW_PASSWORD } from '../support/credentials'
import { named } from '../support/named'
import { makeRole } from '../support/roles'
import { under } from '../support/under'
import { PASSWORD, type SignedInUser, signIn, staff } from '../support/users'
import { wrapEnv } from '../support/wrapped-env'

stopClock()

let root: SignedInUser
beforeAll(async () => {
  await makeRole('support', 'admin:users', 'read:own', 'write:own')
  root = await staff('admin')
})

const USERS = '/admin/users'
const works = async (key: { asks: SignedInUser['asks'] }) =>
  said(await key.asks('GET', USERS)) !== '401 invalid_access_token'
const revokedOf = (id: number) =>
  rowsOf<{ actor_id: number | null; data: string }>(
    "SELECT actor_id, data FROM audit_log WHERE event = 'api_key.all_revoked' AND target_id = ?",
    id,
  )

describe('where sessions are shown', () => {
  test('live keys and webhooks are shown too, newest first and without secrets', async () => {
    const admin = await staff('admin')
    const [first, second, ended] = [
      await makeKey(admin, ['read:all', 'admin:users']),
      await makeKey(admin),
      await makeKey(admin),
    ]
    await makeKey(root)
    await admin.asks('DELETE', `/admin/api-keys/${ended.id}`)
    const hook = { url: 'https://hooks.example.com/secret', events: null, password: PASSWORD }
    const { id } = (await admin.asks('POST', '/admin/webhooks', hook)).body
    const { body } = await admin.asks('GET', '/users/sessions')
    expect(body.items).toHaveLength(1)
    expect(body.api_keys.map((key: { id: string }) => key.id).sort()).toEqual(
      [first.id, second.id].sort(),
    )
    expect(body.api_keys.find((key: { id: string }) => key.id === first.id)).toEqual({
      id: first.id,
      name: 'Billing service',
      permissions: ['admin:users', 'read:all'],
      created_at: expect.any(String),
      expires_at: expect.any(String),
      last_used_at: null,
    })
    expect(body.webhooks).toEqual([
      { id, host: 'hooks.example.com', enabled: true, created_at: expect.any(String) },
    ])
    const seen = await root.asks('GET', `${USERS}/${admin.id}/sessions`)
    expect([seen.body.api_keys, seen.body.webhooks]).toEqual([body.api_keys, body.webhooks])
    await rowsOf('DELETE FROM webhooks')
  })

  test('a user without any has empty lists', async () => {
    const { body } = await (await staff()).asks('GET', '/users/sessions')
    expect([body.api_keys, body.webhooks]).toEqual([[], []])
  })
})

describe('a user’s own key', () => {
  test('can be revoked without a permission, and revoking it again changes nothing', async () => {
    const admin = await staff('admin')
    const key = await makeKey(admin, ['admin:users'])
    await root.asks('DELETE', `${USERS}/${admin.id}/roles/admin`)
    expect((await admin.asks('GET', '/users/sessions')).body.api_keys).toHaveLength(1)
    for (let n = 0; n < 2; n++) {
      expect((await admin.asks('DELETE', `/users/api-keys/${key.id}`)).status).toBe(204)
    }
    await root.asks('POST', `${USERS}/${admin.id}/roles`, { role: 'admin' })
    expect(await works(key)).toBe(false)
    const events = await rowsOf(
      "SELECT actor_id, target_id FROM audit_log WHERE event = 'api_key.revoked' AND instr(data, ?)",
      key.id,
    )
    expect(events).toEqual([{ actor_id: admin.id, target_id: admin.id }])
  })

  test('another user’s key is answered like one that does not exist', async () => {
    const [key, other] = [await makeKey(root, ['admin:users']), await staff('admin')]
    expect(said(await other.asks('DELETE', `/users/api-keys/${key.id}`))).toBe('404 not_found')
    expect(said(await other.asks('DELETE', '/users/api-keys/none'))).toBe('404 not_found')
    expect(await works(key)).toBe(true)
  })
})

/** Each act, without keys and with them; the actor that its event names. */
type ActorOf = 'admin' | 'user'
const ACTS: Record<
  string,
  [ActorOf, (who: SignedInUser, more: object) => Promise<{ status: number }>]
> = {
  'an admin revokes the sessions': [
    'admin',
    (who, more) => {
      const query = new URLSearchParams(more as Record<string, string>).toString()
      return root.asks('DELETE', `${USERS}/${who.id}/sessions${query && `?${query}`}`)
    },
  ],
  'an admin resets the second factor': [
    'admin',
    async (who, more) => {
      await who.asks('POST', '/users/2fa/setup', { password: PASSWORD })
      return root.asks('POST', `${USERS}/${who.id}/reset-2fa`, bodyOf(more))
    },
  ],
  'an admin resets a second factor that is not on': [
    'admin',
    (who, more) => root.asks('POST', `${USERS}/${who.id}/reset-2fa`, bodyOf(more)),
  ],
  'an admin requires a new password': [
    'admin',
    (who, more) => root.asks('POST', `${USERS}/${who.id}/require-password-change`, bodyOf(more)),
  ],
  'an admin deactivates and activates': [
    'admin',
    async (who, more) => {
      const path = `${USERS}/${who.id}/status`
      await root.asks('PUT', path, { is_active: false, ...more })
      return root.asks('PUT', path, { is_active: true })
    },
  ],
  'an admin activates somebody who is active': [
    'admin',
    (who, more) => root.asks('PUT', `${USERS}/${who.id}/status`, { is_active: true, ...more }),
  ],
  'the user revokes the other sessions': [
    'user',
    (who, more) => {
      const query = new URLSearchParams(more as Record<string, string>).toString()
      return who.asks('DELETE', `/users/sessions${query && `?${query}`}`)
    },
  ],
  'the user changes the password': [
    'user',
    (who, more) =>
      who.asks('POST', '/users/change-password', {
        current_password: PASSWORD,
        new_password: NEW_PASSWORD,
        ...more,
      }),
  ],
  'the user resets the password': [
    'user',
    async (who, more) => {
      await forgot(who.email)
      const token = await mailedToken(who.email, '/reset-password')
      return post('/api/v1/auth/reset-password', { token, new_password: NEW_PASSWORD, ...more })
    },
  ],
}
const bodyOf = (more: object) => (Object.keys(more).length === 0 ? undefined : more)

describe.each(Object.entries(ACTS))('%s', (_, [by, act]) => {
  test('API keys stay unless requested; then all are revoked, in one event', async () => {
    const who = await staff('admin')
    const keys = [await makeKey(who, ['admin:users']), await makeKey(who, ['admin:users'])]
    expect((await act(who, {})).status).toBeLessThan(300)
    expect(await Promise.all(keys.map(works))).toEqual([true, true])
    expect(await revokedOf(who.id)).toEqual([])

    const again = await staff('admin')
    const [one, two] = [await makeKey(again, ['admin:users']), await makeKey(again)]
    const others = await makeKey(root, ['admin:users'])
    expect((await act(again, { keys: true })).status).toBeLessThan(300)
    expect([await works(one), await works(two), await works(others)]).toEqual([false, false, true])
    const [event, ...more] = await revokedOf(again.id)
    expect(more).toEqual([])
    expect(event?.actor_id).toBe(by === 'admin' ? root.id : again.id)
    expect(JSON.parse(event?.data ?? '').key_ids.sort()).toEqual([one.id, two.id].sort())
  })

  test('of a user without keys leaves no event of them', async () => {
    const who = await staff('admin')
    expect((await act(who, { keys: true })).status).toBeLessThan(300)
    expect(await revokedOf(who.id)).toEqual([])
  })
})

describe('revoking all other sessions with keys leaves no key that one of them creates concurrently', () => {
  test.each([1, 2])('before batch %d', async (nth) => {
    const ada = await staff('admin')
    const thief = await signIn(ada)
    let made: Key | undefined
    let batches = 0
    const api = under({
      ...wrapEnv(env, async ({ name }, go) => {
        if (name === 'DB.batch' && ++batches === nth) made = await makeKey(thief, ['admin:users'])
        return go()
      }),
    })
    expect(said(await api.del('/api/v1/users/sessions?keys=true', ada.token))).toBe('204')
    expect(made && (await works(made))).not.toBe(true)
    expect(await revokedOf(ada.id)).toHaveLength(made ? 1 : 0)
  })

  test('also where another change of credentials overtakes it', async () => {
    const ada = await staff('admin')
    const key = await makeKey(ada, ['admin:users'])
    let batches = 0
    const api = under({
      ...wrapEnv(env, async ({ name }, go) => {
        if (name === 'DB.batch' && batches++ === 0) {
          await root.asks('DELETE', `${USERS}/${ada.id}/sessions`)
        }
        return go()
      }),
    })
    await api.del('/api/v1/users/sessions?keys=true', ada.token)
    expect(await works(key)).toBe(false)
  })
})

test('a key that is expired only by a clock that is ahead is revoked with the others', async () => {
  const who = await staff('admin')
  const key = await makeKey(who, ['admin:users'], { expires_in_days: 1 })
  const now = Date.now()
  pass(2 * DAY)
  const later = await staff('admin')
  const ended = await later.asks('DELETE', `${USERS}/${who.id}/sessions?keys=true`)
  vi.setSystemTime(now)
  expect([said(ended), await works(key)]).toEqual(['204', false])
  expect(JSON.parse((await revokedOf(who.id))[0]?.data ?? '')).toEqual({ key_ids: [key.id] })
})

test('keys of a user with more permissions cannot be revoked', async () => {
  const [helper, admin] = [await staff('support'), await staff('admin')]
  const key = await makeKey(admin, ['admin:users'])
  const path = `${USERS}/${admin.id}`
  for (const [method, at, body] of [
    ['DELETE', '/sessions?keys=true'],
    ['POST', '/reset-2fa', { keys: true }],
    ['POST', '/require-password-change', { keys: true }],
    ['PUT', '/status', { is_active: true, keys: true }],
  ] as const) {
    expect(said(await helper.asks(method, `${path}${at}`, body)), at).toBe('403 outranked')
  }
  expect(await works(key)).toBe(true)
})

test('anything but true and false is refused by name', async () => {
  const { id } = await staff()
  const path = `${USERS}/${id}`
  expect(named(await root.asks('DELETE', `${path}/sessions?keys=yes`))).toEqual([
    'keys invalid_value',
  ])
  expect(named(await root.asks('POST', `${path}/reset-2fa`, { keys: 'x' }))).toEqual([
    'keys invalid_type',
  ])
  expect(named(await root.asks('POST', `${path}/reset-2fa`, { key: true }))).toEqual([
    'key unknown_field',
  ])
})

test('the link that undoes a change of address lists the keys it revokes', async () => {
  const admin = await staff('admin')
  const move = { password: PASSWORD, new_email: `moved-${admin.email}` }
  await admin.asks('POST', '/users/change-email', move)
  await post('/api/v1/auth/confirm-email-change', {
    token: await mailedToken(move.new_email, '/confirm-email-change'),
    password: PASSWORD,
  })
  const key = await makeKey(admin, ['admin:users'])
  await post('/api/v1/auth/undo-email-change', {
    token: await mailedToken(admin.email, '/undo-email-change'),
  })
  const [event] = await revokedOf(admin.id)
  expect(JSON.parse(event?.data ?? '')).toEqual({ key_ids: [key.id] })
})
