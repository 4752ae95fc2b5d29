/** What ends the trust of browsers: any change of credentials, and the routes that list and revoke it. */
import { beforeAll, describe, expect, test } from 'vitest'
import { signToken } from '../../src/crypto/signed-token'
import { Breakdown, FAULTS } from '../degraded/breakdown'
import { post, said } from '../support/api'
import { MINUTE, pass, stopClock } from '../support/clock'
import { changePassword, NEW_PASSWORD, reset, resetToken } from '../support/credentials'
import { depsFor } from '../support/deps'
import { eventsOf, holdEvents, watchQueues } from '../support/queues'
import { freshCode, ok, type UserWithSecondFactor } from '../support/second-factor'
import { eventsAbout, PASSWORD, staff } from '../support/users'
import {
  inObject,
  listOf,
  outcome,
  signInWith,
  trustBrowser,
  userWithTrustedBrowser,
} from './devices'

stopClock()
watchQueues()
beforeAll(holdEvents)

type Ada = Awaited<ReturnType<typeof userWithTrustedBrowser>>
const byAdmin = async (method: string, path: string, body?: unknown) =>
  ok(await (await staff('admin')).asks(method, `/admin/users/${path}`, body))

/** What ends all trust; returns the password that is right afterwards. */
const ENDS: Record<string, (ada: Ada) => Promise<string>> = {
  'a change of the password': async (ada) => {
    ok(await changePassword(ada))
    return NEW_PASSWORD
  },
  'a reset of the password': async (ada) => {
    ok(await reset(await resetToken(ada.email)))
    return NEW_PASSWORD
  },
  '"sign out everywhere else"': async (ada) => {
    ok(await ada.asks('DELETE', '/users/sessions'))
    return PASSWORD
  },
  'an admin who revokes all sessions': async (ada) => {
    await byAdmin('DELETE', `${ada.id}/sessions`)
    return PASSWORD
  },
  'a deactivation': async (ada) => {
    await byAdmin('PUT', `${ada.id}/status`, { is_active: false })
    await byAdmin('PUT', `${ada.id}/status`, { is_active: true })
    return PASSWORD
  },
}

describe.each(Object.keys(ENDS))('%s', (name) => {
  test('ends the trust of all browsers, and says so once', async () => {
    const ada = await userWithTrustedBrowser()
    const second = await trustBrowser(ada)
    await eventsOf(ada.subject)
    const password = (await ENDS[name]?.(ada)) ?? ''
    pass(16 * MINUTE)
    for (const token of [ada.deviceToken, second]) {
      expect(outcome(await signInWith({ ...ada, password }, token))).toBe('asked')
    }
    const ended = (await eventsOf(ada.subject)).filter(
      ({ event }) => event === 'auth.device_trust_ended',
    )
    expect(ended).toHaveLength(1)
    expect(ended[0]?.data).toMatchObject({
      device_ids: [expect.any(String), expect.any(String)],
      reason: expect.stringMatching(/credentials_changed|revoked/),
    })
    expect(await inObject(ada.subject, trustedRows)).toEqual([])
  })
})

describe('turning the second factor off and on again', () => {
  test('by the user brings no trust back', async () => {
    const ada = await userWithTrustedBrowser()
    const off = { password: PASSWORD, code: await freshCode(ada) }
    ok(await ada.asks('POST', '/users/2fa/disable', off))
    expect(await listOf(ada)).toEqual([])
    const { secret } = ok(await ada.asks('POST', '/users/2fa/setup', { password: PASSWORD })).body
    ok(await ada.asks('POST', '/users/2fa/enable', { code: await freshCode({ secret }) }))
    expect(outcome(await signInWith(ada, ada.deviceToken))).toBe('asked')
  })

  test('by an admin ends it', async () => {
    const ada = await userWithTrustedBrowser()
    await byAdmin('POST', `${ada.id}/reset-2fa`)
    expect(await inObject(ada.subject, trustedRows)).toEqual([])
  })
})

describe('what does not end it', () => {
  test('signing out, revoking one session and new recovery codes', async () => {
    const ada = await userWithTrustedBrowser()
    const first = ok(await signInWith(ada, ada.deviceToken)).body
    ok(await post('/api/v1/auth/logout', undefined, { token: first.access_token }))
    const second = ok(await signInWith(ada, first.device_token)).body
    ok(await ada.asks('DELETE', `/users/sessions/${second.session_id}`))
    const proof = { password: PASSWORD, code: await freshCode(ada) }
    ok(await ada.asks('POST', '/users/2fa/recovery-codes', proof))
    expect(outcome(await signInWith(ada, second.device_token))).toBe('signed in')
  })
})

describe('the list', () => {
  test('shows each browser, by its name, with its last use', async () => {
    const ada = await userWithTrustedBrowser()
    const agent = { headers: { 'user-agent': 'Firefox/140.0 (X11; Linux x86_64)' } }
    const before = Date.now()
    await trustBrowser(ada, agent)
    const items = await listOf(ada)
    expect(items).toHaveLength(2)
    const [newest, first] = items
    expect(newest).toMatchObject({
      id: expect.stringMatching(/^[\w-]{22}$/),
      name: null,
      user_agent: agent.headers['user-agent'],
    })
    expect(Date.parse(String(newest?.created_at))).toBeGreaterThan(before)
    const named = await ada.asks('PATCH', `/users/trusted-devices/${first?.id}`, {
      name: '  Laptop at home ',
    })
    expect(named.status).toBe(204)
    pass(MINUTE)
    ok(await signInWith(ada, ada.deviceToken))
    expect((await listOf(ada)).map(({ name }) => name)).toEqual(['Laptop at home', null])
    ok(await ada.asks('PATCH', `/users/trusted-devices/${first?.id}`, { name: null }))
    expect((await listOf(ada)).map(({ name }) => name)).toEqual([null, null])
  })

  test.each([
    ['' as unknown],
    ['x'.repeat(61)],
    ['two\nlines'],
    ['left\u202eright'],
    [7],
    [undefined],
  ])('refuses the name %j', async (name) => {
    const ada = await userWithTrustedBrowser()
    const [item] = await listOf(ada)
    const reply = await ada.asks('PATCH', `/users/trusted-devices/${item?.id}`, { name })
    expect(said(reply)).toBe('422 validation_failed')
  })

  test('is left by one browser at once, or by all', async () => {
    const ada = await userWithTrustedBrowser()
    const [second, third] = [await trustBrowser(ada), await trustBrowser(ada)]
    const id = (await listOf(ada)).at(-1)?.id
    expect((await ada.asks('DELETE', `/users/trusted-devices/${id}`)).status).toBe(204)
    expect(said(await ada.asks('DELETE', `/users/trusted-devices/${id}`))).toBe('404 not_found')
    expect(outcome(await signInWith(ada, ada.deviceToken))).toBe('asked')
    const { device_token: renewed } = ok(await signInWith(ada, second)).body
    expect((await ada.asks('DELETE', '/users/trusted-devices')).status).toBe(204)
    expect((await ada.asks('DELETE', '/users/trusted-devices')).status).toBe(204)
    for (const token of [renewed, third]) {
      expect(outcome(await signInWith(ada, token))).toBe('asked')
    }
    expect(await listOf(ada)).toEqual([])
  })

  test("knows nothing of another user's browsers", async () => {
    const [ada, eve] = [await userWithTrustedBrowser(), await userWithTrustedBrowser()]
    const [hers] = await listOf(ada)
    const path = `/users/trusted-devices/${hers?.id}`
    expect(said(await eve.asks('DELETE', path))).toBe('404 not_found')
    expect(said(await eve.asks('PATCH', path, { name: 'Mine' }))).toBe('404 not_found')
    ok(await eve.asks('DELETE', '/users/trusted-devices'))
    expect(await listOf(ada)).toEqual([hers])
    expect(outcome(await signInWith(ada, ada.deviceToken))).toBe('signed in')
  })

  test('does not name or end what has expired', async () => {
    const ada = await userWithTrustedBrowser()
    const [item] = await listOf(ada)
    await inObject(ada.subject, (sql) =>
      sql.exec('UPDATE trusted_devices SET expires_at = 1').toArray(),
    )
    const path = `/users/trusted-devices/${item?.id}`
    expect(await listOf(ada)).toEqual([])
    expect(said(await ada.asks('PATCH', path, { name: 'Late' }))).toBe('404 not_found')
    expect(said(await ada.asks('DELETE', path))).toBe('404 not_found')
  })
})

test('an undo link works once, also with three requests at once', async () => {
  const ada = await userWithTrustedBrowser()
  const [device] = await listOf(ada)
  const token = await signToken(depsFor().config.TOKEN_KEYS, 'undo', {
    subject: ada.subject,
    passkey: null,
    device: device?.id ?? '',
    expires: Date.now() + MINUTE,
  })
  const undo = () => post('/api/v1/auth/undo-sign-in-method', { token })
  const replies = await Promise.all([undo(), undo(), undo()])
  expect(replies.map(said).sort()).toEqual(['200', '400 invalid_token', '400 invalid_token'])
  expect(await eventsAbout(ada.id)).toEqual(
    expect.arrayContaining(['two_factor.enabled', 'user.sign_in_method_undone']),
  )
  const undone = (await eventsAbout(ada.id)).filter((event) => event.endsWith('_undone'))
  expect(undone).toHaveLength(1)
})

describe('while a part of the service is down', () => {
  test('a sign-in is 503 and the token is not used up, when the object cannot be reached', async () => {
    const ada = await userWithTrustedBrowser()
    const down = new Breakdown()
    const body = { username: ada.email, password: PASSWORD, device_token: ada.deviceToken }
    for (const call of ['USER_SESSIONS', 'DB'] as const) {
      down.fails = ({ name }) => (name.startsWith(call) ? FAULTS['object lost']() : undefined)
      const reply = await down.ask({ method: 'POST', path: '/api/v1/auth/login', body })
      expect([call, reply.status]).toEqual([call, 503])
    }
    expect(outcome(await signInWith(ada, ada.deviceToken))).toBe('signed in')
  })

  test('the list and its routes are 503', async () => {
    const ada: UserWithSecondFactor = await userWithTrustedBrowser()
    const down = new Breakdown()
    down.fails = ({ name }) =>
      name.includes('rustedDevice') || name.includes('endTrust')
        ? FAULTS['object lost']()
        : undefined
    const path = '/api/v1/users/trusted-devices'
    for (const [method, to] of [
      ['GET', path],
      ['DELETE', path],
      ['DELETE', `${path}/x`],
      ['PATCH', `${path}/x`],
    ] as const) {
      const reply = await down.ask({
        method,
        path: to,
        token: ada.token,
        ...(method === 'PATCH' && { body: { name: 'x' } }),
      })
      expect([method, reply.status]).toEqual([method, 503])
    }
    expect(await listOf(ada)).toHaveLength(1)
  })
})

const trustedRows = (sql: SqlStorage) => sql.exec('SELECT id FROM trusted_devices').toArray()
