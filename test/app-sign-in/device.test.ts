/** The sign-in of devices without a browser (RFC 8628), from the request to the tokens. */
import { env } from 'cloudflare:workers'
import { decodeJwt } from 'jose'
import { beforeEach, describe, expect, it } from 'vitest'
import { allowDevice, denyDevice } from '../../src/app-sign-in/decide-device'
import { newUserCode, readUserCode, userCodeHash } from '../../src/apps/device-codes'
import { purgeDevices } from '../../src/apps/purge-devices'
import { introspect, postForm, refreshWith } from '../app-tokens/flow'
import { rowsOf } from '../db/rows'
import { signedIn, Visitor } from '../pages/visitor'
import { freshIp } from '../support/api'
import { objectRows } from '../support/app-sessions'
import { makeApp, makeResource } from '../support/apps'
import { HOUR, MINUTE, pass, SECOND, stopClock } from '../support/clock'
import { depsFor } from '../support/deps'
import { publishDocument } from '../support/documents'
import { makeRole } from '../support/roles'
import { type SignedInUser, signedInUser } from '../support/users'
import { wrapEnv } from '../support/wrapped-env'
import {
  askDevice,
  codesFor,
  decideDevice,
  DEVICE_GRANT,
  deviceApp,
  enterCode,
  poll,
  polled,
  textOf,
} from './device-flow'
import { changeApp } from './flow'

stopClock()

beforeEach(() => rowsOf('DELETE FROM device_authorizations'))

describe('a device that asks', () => {
  it('gets two codes, and neither is stored', async () => {
    const app = await deviceApp()
    const { status, body, headers } = await askDevice(app)
    expect(status).toBe(200)
    expect(headers.get('cache-control')).toBe('no-store')
    expect(body).toEqual({
      device_code: expect.stringMatching(/^[\w.-]{40,200}$/),
      user_code: expect.stringMatching(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/),
      verification_uri: 'http://localhost:8787/device',
      verification_uri_complete: `http://localhost:8787/device?user_code=${body.user_code}`,
      expires_in: 600,
      interval: 5,
    })
    const [row] = await rowsOf('SELECT * FROM device_authorizations')
    const stored = JSON.stringify(row)
    for (const code of [body.device_code, body.user_code, body.user_code.replace('-', '')]) {
      expect(stored).not.toContain(code)
    }
    expect(row).toMatchObject({ state: 'pending', code: null, client_id: app.clientId })
  })

  it('must be of an app that is registered for devices, and authenticate as it is', async () => {
    const refusedOf = async (made: Parameters<typeof makeApp>[0]) => {
      const { status, body } = await askDevice(await makeApp(made))
      return `${status} ${body.error}`
    }
    expect(await refusedOf({ kind: 'native' })).toBe('400 unauthorized_client')
    expect(await refusedOf({ kind: 'machine', scopes: [] })).toBe('400 unauthorized_client')
    const web = await deviceApp({ kind: 'web' })
    expect((await askDevice(web)).status).toBe(200)
    const guess = await askDevice({ ...web, secret: 'guess' })
    expect([guess.status, guess.body.error]).toEqual([401, 'invalid_client'])
    const nobody = await askDevice({ clientId: 'a'.repeat(22), secret: null })
    expect([nobody.status, nobody.body.error]).toEqual([401, 'invalid_client'])
    const { clientId } = await publishDocument()
    const unregistered = await askDevice({ clientId, secret: null })
    expect([unregistered.status, unregistered.body.error]).toEqual([400, 'unauthorized_client'])
  })

  it.each([
    [{ scope: 'unheard-of' }, 'invalid_scope'],
    [{ scope: 'openid', resource: 'https://api.example.org/unknown' }, 'invalid_target'],
    [
      [
        ['scope', 'openid'],
        ['scope', 'email'],
      ] as [string, string][],
      'invalid_request',
    ],
  ])('is refused for %j', async (fields, error) => {
    const { status, body } = await askDevice(await deviceApp(), fields)
    expect([status, body.error]).toEqual([400, error])
    expect(await rowsOf('SELECT * FROM device_authorizations')).toEqual([])
  })

  it('writes at most 30 rows an hour from one network, if its app proves nothing', async () => {
    const [app, web] = [await deviceApp(), await deviceApp({ kind: 'web' })]
    const from = { 'cf-connecting-ip': freshIp() }
    for (let n = 0; n < 30; n++) expect((await askDevice(app, undefined, from)).status).toBe(200)
    const refused = await askDevice(app, undefined, from)
    expect([refused.status, refused.body.error]).toEqual([429, 'temporarily_unavailable'])
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(3000)
    expect(await rowsOf('SELECT count(*) AS n FROM device_authorizations')).toEqual([{ n: 30 }])
    expect((await askDevice(app)).status).toBe(200)
    // The server of a web app is one network for all of its users.
    expect((await askDevice(web, undefined, from)).status).toBe(200)
    pass(HOUR)
    expect((await askDevice(app, undefined, from)).status).toBe(200)
  })
})

describe('polling', () => {
  it('waits, and is slowed down when it comes too early', async () => {
    const app = await deviceApp()
    const codes = await codesFor(app)
    expect(await polled(app, codes)).toBe('400 authorization_pending')
    expect(await polled(app, codes)).toBe('400 slow_down')
    pass(6 * SECOND)
    // Ten seconds are asked for by now.
    expect(await polled(app, codes)).toBe('400 slow_down')
    pass(15 * SECOND)
    expect(await polled(app, codes)).toBe('400 authorization_pending')
    expect(await rowsOf('SELECT poll_seconds FROM device_authorizations')).toEqual([
      { poll_seconds: 15 },
    ])
  })

  it('is slowed down to a minute, and from then on writes nothing', async () => {
    const app = await deviceApp()
    const codes = await codesFor(app)
    for (let n = 0; n < 20; n++) await poll(app, codes)
    const [before] = await rowsOf('SELECT * FROM device_authorizations')
    expect(before).toMatchObject({ poll_seconds: 60 })
    pass(SECOND)
    expect(await polled(app, codes)).toBe('400 slow_down')
    expect(await rowsOf('SELECT * FROM device_authorizations')).toEqual([before])
  })

  it('ends after ten minutes', async () => {
    const app = await deviceApp()
    const codes = await codesFor(app)
    pass(10 * MINUTE + SECOND)
    expect(await polled(app, codes)).toBe('400 expired_token')
    expect(await purgeDevices(depsFor())).toBe(1)
    expect(await rowsOf('SELECT * FROM device_authorizations')).toEqual([])
    expect(await polled(app, codes)).toBe('400 expired_token')
  })

  it('with an invented code, a code of another app, or as another app gives nothing', async () => {
    const [app, other] = [await deviceApp(), await deviceApp()]
    const codes = await codesFor(app)
    const { visitor } = await signedIn()
    await decideDevice(visitor, codes.user_code)
    expect(await polled(other, codes)).toBe('400 invalid_grant')
    expect(await polled(app, { device_code: codes.user_code })).toBe('400 invalid_grant')
    expect(await polled(app, { device_code: `${codes.device_code}A` })).toBe('400 invalid_grant')
    const missing = await postForm('/oauth/token', { grant_type: DEVICE_GRANT }, app)
    expect([missing.status, missing.body.error]).toEqual([400, 'invalid_request'])
    expect(await polled(app, codes)).toBe('200 tokens')
  })
})

describe('the page', () => {
  it('asks strangers to sign in, and comes back with the code', async () => {
    const codes = await codesFor(await deviceApp())
    const visitor = new Visitor()
    const path = `/device?user_code=${codes.user_code}`
    const { status, to } = await visitor.open(path)
    expect([status, to]).toEqual([303, `/sign-in?next=${encodeURIComponent(path)}`])
    const { visitor: ada } = await signedIn()
    const shown = await ada.open(path)
    expect(shown.status).toBe(200)
    // Filled in, but the user must compare and go on: a link alone does nothing.
    expect(shown.html).toContain(`value="${codes.user_code}"`)
    expect(textOf(shown)).toContain('Compare it with the code on your device')
    expect(textOf(shown)).not.toContain('Television')
  })

  it('names the app, the scopes, and where and by what it was asked', async () => {
    const app = await deviceApp({ isFirstParty: false })
    const { body: codes } = await askDevice(
      app,
      { scope: 'openid email' },
      {
        'cf-connecting-ip': '203.0.113.9',
        'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
      },
    )
    const { visitor } = await signedIn()
    const shown = await enterCode(visitor, codes.user_code.toLowerCase().replace('-', ' '))
    expect(shown.status).toBe(200)
    const text = textOf(shown)
    for (const part of ['Television', '203.0.113.9', 'Firefox', 'email address', codes.user_code]) {
      expect(text).toContain(part)
    }
    expect(text).toContain('only if you started it yourself')
    // Looking decides nothing.
    expect(await polled(app, codes)).toBe('400 authorization_pending')
  })

  it.each(['', 'BCDF-GHJ', 'ABCD-EFGH', 'BCDF-GHJK', 'x'.repeat(500)])(
    'refuses the code %j',
    async (code) => {
      const { visitor } = await signedIn()
      const shown = await enterCode(visitor, code)
      expect(shown.status).toBe(422)
      const decided = await decideDevice(visitor, code)
      expect(decided.status).toBe(422)
    },
  )

  it('takes no decision from another site', async () => {
    const app = await deviceApp()
    const codes = await codesFor(app)
    const { visitor } = await signedIn()
    const fields = { user_code: codes.user_code, decision: 'allow' }
    const foreign = await visitor.post('/device/decide', fields, { 'sec-fetch-site': 'cross-site' })
    expect(foreign.status).toBe(403)
    expect(await polled(app, codes)).toBe('400 authorization_pending')
  })
})

describe('a device that its user allows', () => {
  it('gets tokens once, for what was asked', async () => {
    const resource = await makeResource({ scopes: [{ name: 'films:play' }] })
    const app = await deviceApp({
      scopes: ['openid', 'offline_access', 'films:play'],
      resources: [resource.identifier],
    })
    const codes = await codesFor(app, {
      scope: 'openid offline_access films:play',
      resource: resource.identifier,
    })
    const { visitor } = await signedIn()
    const done = await decideDevice(visitor, codes.user_code)
    expect([done.status, textOf(done).includes('go back to your device')]).toEqual([200, true])
    const { status, body } = await poll(app, codes)
    expect(status).toBe(200)
    expect(decodeJwt(body.access_token)).toMatchObject({
      aud: [resource.identifier, 'http://localhost:8787'],
      client_id: app.clientId,
      scope: expect.stringContaining('films:play'),
    })
    expect(decodeJwt(body.id_token)).toMatchObject({ aud: app.clientId })
    expect((await introspect(resource, body.access_token)).body).toMatchObject({ active: true })
    expect((await refreshWith(app, body.refresh_token)).status).toBe(200)
    expect(await rowsOf('SELECT * FROM device_authorizations')).toEqual([])
    expect(await polled(app, codes)).toBe('400 expired_token')
  })

  it('gets them minutes later too, if it polls slowly', async () => {
    const app = await deviceApp()
    const codes = await codesFor(app)
    const { visitor } = await signedIn()
    await decideDevice(visitor, codes.user_code)
    pass(9 * MINUTE)
    expect(await polled(app, codes)).toBe('200 tokens')
  })

  it('gets them once in 50 parallel polls, and keeps them', async () => {
    const app = await deviceApp()
    const codes = await codesFor(app)
    const { visitor } = await signedIn()
    await decideDevice(visitor, codes.user_code)
    const replies = await Promise.all(Array.from({ length: 50 }, () => poll(app, codes)))
    const right = replies.filter(({ status }) => status === 200)
    expect(right).toHaveLength(1)
    for (const { status, body } of replies.filter((reply) => !right.includes(reply))) {
      expect(status).toBe(400)
      expect(['authorization_pending', 'expired_token']).toContain(body.error)
    }
    // To the object a second exchange would be a replay, which ends the session.
    expect((await refreshWith(app, right[0]?.body.refresh_token)).status).toBe(200)
  })

  it('ends with the session in which it was allowed, unless it may stay', async () => {
    const app = await deviceApp()
    const { visitor } = await signedIn()
    const [bound, offline] = [await codesFor(app, { scope: 'openid' }), await codesFor(app)]
    for (const { user_code: code } of [bound, offline]) await decideDevice(visitor, code)
    const [boundTokens, offlineTokens] = [await poll(app, bound), await poll(app, offline)]
    await visitor.post('/sign-out')
    expect((await refreshWith(app, boundTokens.body.refresh_token)).body.error).toBe(
      'invalid_grant',
    )
    expect((await refreshWith(app, offlineTokens.body.refresh_token)).status).toBe(200)
  })

  it('gets nothing when its user signed out before it came back', async () => {
    const app = await deviceApp()
    const codes = await codesFor(app)
    const { visitor } = await signedIn()
    await decideDevice(visitor, codes.user_code)
    await visitor.post('/sign-out')
    expect(await polled(app, codes)).toBe('400 access_denied')
    expect(await polled(app, codes)).toBe('400 expired_token')
  })

  it('is decided about once: the second decision finds no device', async () => {
    const app = await deviceApp()
    const codes = await codesFor(app)
    const [{ visitor: ada }, { visitor: bob }] = [await signedIn(), await signedIn()]
    const shown = await Promise.all([
      decideDevice(ada, codes.user_code),
      decideDevice(bob, codes.user_code),
      decideDevice(bob, codes.user_code, 'deny'),
    ])
    const [first, ...others] = shown.map(({ status }) => status).sort((a, b) => a - b)
    expect(first).toBe(200)
    // 409: while the first was being decided.
    for (const status of others) expect([409, 422]).toContain(status)
    const again = await decideDevice(ada, codes.user_code, 'deny')
    expect([again.status, textOf(again).includes('know this code')]).toEqual([422, true])
  })

  it('is remembered as an app of the user, if it is a third party', async () => {
    const app = await deviceApp({ isFirstParty: false })
    const codes = await codesFor(app, { scope: 'openid email' })
    const user = await signedIn()
    await decideDevice(user.visitor, codes.user_code)
    await poll(app, codes)
    const subject = await rowsOf(`SELECT subject FROM users WHERE id = ${user.id}`)
    const stub = env.USER_SESSIONS.getByName(String(subject[0]?.['subject']))
    expect(await stub.connectedApps()).toEqual([
      expect.objectContaining({ clientId: app.clientId, scopes: ['openid', 'email'], sessions: 1 }),
    ])
  })
})

describe('of two answers at once, the second', () => {
  /** Two users find the device. When the first is about to allow it, the second answers too. */
  async function race(decision: 'allow' | 'deny') {
    const app = await deviceApp({ isFirstParty: false })
    const codes = await codesFor(app, { scope: 'openid email' })
    const [ada, bob] = [await signedInUser(), await signedInUser()]
    const [found, claimed, answered] = [0, 1, 2].map(() => Promise.withResolvers<void>())
    const slowly = (at: string, come: typeof found, go: typeof found) =>
      depsFor({
        env: wrapEnv(env, async ({ name }, call) => {
          if (name === at) {
            come?.resolve()
            await go?.promise
          }
          return call()
        }),
      })
    const who = ({ sessionId: sid, subject }: SignedInUser) => ({ sid, subject })
    const answer = decision === 'allow' ? allowDevice : denyDevice
    // An attempt is settled once the device is found.
    const second = answer(slowly('THROTTLE.settle', found, claimed), who(bob), codes.user_code)
    await found?.promise
    const slow = slowly('USER_SESSIONS.authorize', claimed, answered)
    const first = allowDevice(slow, who(ada), codes.user_code)
    await expect(second).rejects.toMatchObject({ code: 'changed_meanwhile' })
    answered?.resolve()
    await first
    return { app, codes, ada, bob }
  }

  it.each(['allow', 'deny'] as const)(
    '(%s) leaves neither a consent nor a code',
    async (answer) => {
      const { app, codes, ada, bob } = await race(answer)
      for (const table of ['consents', 'codes', 'app_sessions']) {
        expect(await objectRows(bob, table), table).toEqual([])
      }
      expect(await objectRows(ada, 'consents')).toHaveLength(1)
      expect(await polled(app, codes)).toBe('200 tokens')
    },
  )

  it('may be given when the Worker of the first has died', async () => {
    const app = await deviceApp()
    const codes = await codesFor(app)
    await rowsOf(`UPDATE device_authorizations SET claimed_at = ${Date.now()}`)
    const { visitor } = await signedIn()
    const shown = await decideDevice(visitor, codes.user_code)
    expect([shown.status, shown.html.includes('changed in the meantime')]).toEqual([409, true])
    expect(await polled(app, codes)).toBe('400 authorization_pending')
    pass(90 * SECOND)
    expect((await decideDevice(visitor, codes.user_code)).status).toBe(200)
    expect(await polled(app, codes)).toBe('200 tokens')
  })
})

describe('a device that is not allowed', () => {
  it('hears so, as often as it asks', async () => {
    const app = await deviceApp()
    const codes = await codesFor(app)
    const { visitor } = await signedIn()
    expect(textOf(await decideDevice(visitor, codes.user_code, 'deny'))).toContain('can’t sign in')
    expect(await polled(app, codes)).toBe('400 access_denied')
    expect(await polled(app, codes)).toBe('400 access_denied')
  })

  it('waits for another user, if this one may not use the app', async () => {
    await makeRole('viewer', 'use:television')
    const app = await deviceApp({ requiredPermission: 'use:television' })
    const codes = await codesFor(app)
    const { visitor } = await signedIn()
    expect((await decideDevice(visitor, codes.user_code)).status).toBe(403)
    expect(await polled(app, codes)).toBe('400 authorization_pending')
  })

  it('is gone when its app was disabled, or may not use devices any more', async () => {
    const { visitor } = await signedIn()
    for (const change of ['disabled_at = 1', 'device_flow = 0']) {
      const app = await deviceApp()
      const codes = await codesFor(app)
      await changeApp(app, change)
      expect((await enterCode(visitor, codes.user_code)).status).toBe(422)
    }
  })

  it('gets no scope that its app lost meanwhile', async () => {
    const app = await deviceApp()
    const codes = await codesFor(app, { scope: 'openid email' })
    await changeApp(app, `scopes = '["openid"]'`)
    const { visitor } = await signedIn()
    await decideDevice(visitor, codes.user_code)
    expect((await poll(app, codes)).body.scope).toBe('openid')
  })
})

describe('guessing user codes', () => {
  it('ends for a user after ten, for right ones too, until 15 minutes have passed', async () => {
    const app = await deviceApp()
    const codes = await codesFor(app)
    const { visitor } = await signedIn()
    for (let n = 0; n < 10; n++) {
      expect((await enterCode(visitor, newUserCode())).status).toBe(422)
    }
    const locked = await enterCode(visitor, codes.user_code)
    expect(locked.status).toBe(429)
    expect((await decideDevice(visitor, codes.user_code)).status).toBe(429)
    pass(16 * MINUTE)
    const again = await codesFor(app)
    expect((await enterCode(visitor, again.user_code)).status).toBe(200)
  })

  const from = (ip: string) => ({ 'sec-fetch-site': 'same-origin', 'cf-connecting-ip': ip })
  const guess = (visitor: Visitor, ip: string) =>
    visitor.post('/device', { user_code: newUserCode() }, from(ip))
  const users = (length: number) => Promise.all(Array.from({ length }, () => signedIn()))

  it('by one user locks nobody else of their network out, however often they try', async () => {
    const ip = freshIp()
    const [ada, bob] = await users(2)
    const codes = await codesFor(await deviceApp())
    for (let n = 0; n < 50; n++) {
      expect((await guess(ada?.visitor ?? new Visitor(), ip)).status).toBe(n < 10 ? 422 : 429)
    }
    const shown = await bob?.visitor.post('/device', { user_code: codes.user_code }, from(ip))
    expect(shown?.status).toBe(200)
  })

  it('ends for a network after a hundred, whoever is signed in, for 15 minutes', async () => {
    const ip = freshIp()
    const [last, ...guessing] = await users(11)
    for (const { visitor } of guessing) {
      for (let n = 0; n < 10; n++) expect((await guess(visitor, ip)).status).toBe(422)
    }
    const { visitor = new Visitor() } = last ?? {}
    expect((await guess(visitor, ip)).status).toBe(429)
    const { user_code: code } = await codesFor(await deviceApp())
    expect((await enterCode(visitor, code)).status).toBe(200)
    // The refused guess did not count, and the lock does not grow.
    pass(15 * MINUTE + SECOND)
    expect((await guess(visitor, ip)).status).toBe(422)
  })

  it('costs nothing for what cannot be a code, and for right ones', async () => {
    const { visitor } = await signedIn()
    for (let n = 0; n < 12; n++) await enterCode(visitor, 'AEIOU')
    const app = await deviceApp()
    for (let n = 0; n < 12; n++) {
      const codes = await codesFor(app)
      expect((await enterCode(visitor, codes.user_code)).status).toBe(200)
    }
  })
})

describe('user codes', () => {
  it('use all letters alike, and none that could make a word', () => {
    const counts = new Map<string, number>()
    for (let n = 0; n < 5_000; n++) {
      for (const letter of newUserCode().replace('-', '')) {
        counts.set(letter, (counts.get(letter) ?? 0) + 1)
      }
    }
    expect([...counts.keys()].sort().join('')).toBe('BCDFGHJKLMNPQRSTVWXZ')
    // 2,000 expected of each; five standard deviations are 218.
    for (const count of counts.values()) expect(Math.abs(count - 2_000)).toBeLessThan(250)
  })

  it.each(['wdjb mjht', 'WDJBMJHT', 'ＷＤＪＢ－ＭＪＨＴ', ' wDjB-mJhT\n', 'W-D-J-B-M-J-H-T'])(
    'are read however they are typed: %j',
    (typed) => expect(readUserCode(typed)).toBe('WDJB-MJHT'),
  )

  it('are stored under a key', async () => {
    const keys = depsFor().config.TOKEN_KEYS
    expect(await userCodeHash(keys, 'WDJB-MJHT')).toMatch(/^[\w-]{43}$/)
  })
})
