/** The service binding's methods, called as another Worker calls them: over RPC, with props. */
import { createExecutionContext } from 'cloudflare:test'
import { env, exports } from 'cloudflare:workers'
import { beforeAll, describe, expect, test } from 'vitest'
import { Gatehouse } from '../../src/rpc/rpc'
import type { GatehouseBinding, GatehouseProps } from '../../src/rpc/rpc-types'
import { makeKey } from '../support/api-keys'
import { stopClock } from '../support/clock'
import { type SignedInUser, signedInUser, staff } from '../support/users'
import { consoleLines } from '../support/worker'
import { wrapEnv } from '../support/wrapped-env'

stopClock()

const bound = (props: GatehouseProps = { app: 'notes' }): GatehouseBinding =>
  (exports as unknown as { Gatehouse: (options: object) => GatehouseBinding }).Gatehouse({ props })

let root: SignedInUser
let gatehouse: GatehouseBinding
beforeAll(async () => {
  root = await staff('admin')
  gatehouse = bound()
})

const withHeader = (authorization?: string) =>
  new Request('https://app.example/', {
    headers: { 'cf-connecting-ip': '192.0.2.7', ...(authorization && { authorization }) },
  })

const instant = () => expect.stringMatching(/^\d{4}-.*Z$/)

describe('authenticate', () => {
  test('tells who presents a token and what they may do, given the token, a header or a request', async () => {
    const bob = await staff('moderator')
    const expected = {
      ok: true,
      user: {
        id: bob.id,
        roles: ['moderator', 'user'],
        permissions: ['read:all', 'read:own', 'write:own'],
      },
      session: {
        id: bob.sessionId,
        expires_at: instant(),
        amr: ['pwd'],
        auth_time: instant(),
        proved_at: instant(),
        strength: 1,
      },
    }
    for (const presented of [
      bob.token,
      `Bearer ${bob.token}`,
      `bearer ${bob.token}`,
      withHeader(`Bearer ${bob.token}`),
    ]) {
      expect(await gatehouse.authenticate(presented)).toEqual(expected)
    }
  })

  test('tells nothing presented from what is not good', async () => {
    const key = await makeKey(root)
    for (const nothing of ['', 'Bearer ', withHeader()]) {
      expect(await gatehouse.authenticate(nothing)).toEqual({ ok: false, reason: 'no_token' })
    }
    for (const nothing of [undefined, null, 7, {}]) {
      const result = await gatehouse.authenticate(nothing as unknown as string)
      expect(result).toEqual({ ok: false, reason: 'no_token' })
    }
    const bob = await signedInUser({ remember_me: true })
    for (const wrong of ['x', 'a.b.c', bob.refreshToken ?? '', key.token, 'Basic eDp5']) {
      expect(await gatehouse.authenticate(wrong)).toEqual({ ok: false, reason: 'invalid_token' })
    }
  })

  test('a restricted session is told its required action', async () => {
    const bob = await staff()
    await root.asks('POST', `/admin/users/${bob.id}/require-password-change`)
    const refused = { ok: false, reason: 'password_expired' }
    expect(await gatehouse.authenticate(bob.token)).toEqual(refused)
    expect(await gatehouse.hasPermission(bob.token, 'read:own')).toEqual(refused)
  })

  test('a revoked session is refused at the next call', async () => {
    const ends: ((bob: SignedInUser) => Promise<unknown>)[] = [
      (bob) => bob.asks('POST', '/auth/logout'),
      (bob) => root.asks('PUT', `/admin/users/${bob.id}/status`, { is_active: false }),
      (bob) => root.asks('DELETE', `/admin/users/${bob.id}`),
      (bob) => gatehouse.revokeSessions(bob.id),
    ]
    for (const end of ends) {
      const bob = await staff()
      expect((await gatehouse.authenticate(bob.token)).ok).toBe(true)
      await end(bob)
      const result = await gatehouse.authenticate(bob.token)
      expect(result).toEqual({ ok: false, reason: 'invalid_token' })
    }
  })
})

test('hasPermission answers for now', async () => {
  const bob = await staff('moderator')
  const may = (name: string) => gatehouse.hasPermission(withHeader(`Bearer ${bob.token}`), name)
  expect(await may('read:all')).toEqual({ ok: true, allowed: true })
  expect(await may('admin:users')).toEqual({ ok: true, allowed: false })
  expect(await may('no:such')).toEqual({ ok: true, allowed: false })
  await root.asks('DELETE', `/admin/users/${bob.id}/roles/moderator`)
  expect(await may('read:all')).toEqual({ ok: true, allowed: false })
})

test('getUser is the account as the API shows it', async () => {
  const bob = await staff()
  const { body } = await bob.asks('GET', '/users/profile')
  expect(await gatehouse.getUser(bob.id)).toEqual({ ok: true, user: body })
  for (const id of [987_654_321, -1, 1.5, Number.NaN, '1', undefined, { id: 1 }]) {
    const result = await gatehouse.getUser(id as number)
    expect(result, String(id)).toEqual({ ok: false, reason: 'not_found' })
  }
})

describe('revokeSessions', () => {
  test('also revokes the API keys, but only for exactly true', async () => {
    const ada = await staff('admin')
    const key = await makeKey(ada, ['admin:users'])
    const status = async () => (await key.asks('GET', '/admin/users')).status
    for (const also of [undefined, {}, null, { keys: 'true' }]) {
      expect(await gatehouse.revokeSessions(ada.id, also as never)).toEqual({ ok: true })
      expect(await status()).toBe(200)
    }
    expect(await gatehouse.revokeSessions(ada.id, { keys: true })).toEqual({ ok: true })
    expect(await status()).toBe(401)
  })

  const eventOf = (id: number) =>
    env.DB.prepare(
      "SELECT actor_id, data FROM audit_log WHERE event = 'app.sessions_revoked' AND target_id = ?",
    )
      .bind(id)
      .first()

  test('leaves the application\u2019s name in the log, as far as it is one', async () => {
    for (const [app, named] of [
      ['notes', 'notes'],
      ['two words\n', 'unnamed'],
      [undefined, 'unnamed'],
    ] as const) {
      const bob = await staff()
      expect(await bound(app === undefined ? {} : { app }).revokeSessions(bob.id)).toEqual({
        ok: true,
      })
      expect(await eventOf(bob.id)).toEqual({
        actor_id: null,
        data: JSON.stringify({ app: named }),
      })
    }
  })

  test('of nobody is not found, and twice is once', async () => {
    const bob = await staff()
    expect(await gatehouse.revokeSessions(bob.id)).toEqual({ ok: true })
    expect(await gatehouse.revokeSessions(bob.id)).toEqual({ ok: true })
    const nobody = await gatehouse.revokeSessions(987_654_321)
    expect(nobody).toEqual({ ok: false, reason: 'not_found' })
  })
})

test('props.allow leaves out what it does not name', async () => {
  const bob = await staff()
  const narrow = bound({ app: 'notes', allow: ['authenticate'] })
  const refused = { ok: false, reason: 'not_allowed' }
  expect((await narrow.authenticate(bob.token)).ok).toBe(true)
  expect(await narrow.hasPermission(bob.token, 'read:own')).toEqual(refused)
  expect(await narrow.getUser(bob.id)).toEqual(refused)
  expect(await narrow.revokeSessions(bob.id)).toEqual(refused)
  expect((await gatehouse.authenticate(bob.token)).ok).toBe(true)
})

describe('a fault of ours is an answer, not an exception, and no verdict', () => {
  const unavailable = { ok: false, reason: 'unavailable', retry_after_seconds: 5 }
  const under = (changed: object) =>
    new Gatehouse(createExecutionContext() as never, { ...env, ...changed } as Env)

  test.each(['fails', 'hangs'])('when everything outside %s', async (how) => {
    const bob = await staff()
    const said = consoleLines()
    const broken = wrapEnv(env, () =>
      how === 'hangs'
        ? new Promise(() => undefined)
        : Promise.reject(new Error(`D1_ERROR: lost ${bob.email}`)),
    )
    const service = under({ ...broken, REQUEST_BUDGET_MS: '100' })
    expect(await service.authenticate(bob.token)).toEqual(unavailable)
    expect(await service.hasPermission(bob.token, 'read:own')).toEqual(unavailable)
    expect(await service.getUser(bob.id)).toEqual(unavailable)
    expect(await service.revokeSessions(bob.id)).toEqual(unavailable)
    expect(said.join()).toContain('request_failed')
    expect(said.join()).not.toContain(bob.email)
  })

  test('when the service is not configured', async () => {
    const said = consoleLines()
    expect(await under({ TOKEN_KEYS: '' }).authenticate('x')).toEqual(unavailable)
    expect(said.join()).toContain('config_invalid')
  })
})
