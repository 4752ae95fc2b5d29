/** Sign-in by passkey: what it proves, what it refuses, and what it costs. */
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, test, vi } from 'vitest'
import worker from '../../src/index'
import { call, freshIp, post, said } from '../support/api'
import { SoftwareAuthenticator } from '../support/authenticator'
import { MINUTE, pass, stopClock } from '../support/clock'
import { mailTo } from '../support/mailbox'
import {
  assertion,
  created,
  deviceBound,
  present,
  secondStep,
  signInByPasskey,
  signInOptions,
  userWithPasskey,
} from '../support/passkeys'
import { ok } from '../support/second-factor'
import { signedInUser } from '../support/users'
import { fetchWith } from '../support/worker'
import { recordingEnv, wrapEnv } from '../support/wrapped-env'

stopClock()
vi.setConfig({ testTimeout: 20_000 })

const count = async (from: string): Promise<number> =>
  (await env.DB.prepare(`SELECT count(*) AS n FROM ${from}`).first<{ n: number }>())?.n ?? -1
const sessionsOf = async ({ subject }: { subject: string }) =>
  env.USER_SESSIONS.getByName(subject).listSessions()

describe('a passkey that verified its user', () => {
  test('is a whole sign-in of strength 2, and remembered if asked', async () => {
    const ada = await userWithPasskey()
    const sent = await assertion(ada.authenticator)
    const { status, body } = await present(sent, { remember_me: true })
    expect([status, body.user.id, body.restricted]).toEqual([200, ada.id, null])
    expect(body.refresh_token).toMatch(/^refresh\./)
    const [listed] = (await sessionsOf(ada)).filter(({ sid }) => sid === body.session_id)
    expect(listed).toMatchObject({ amr: ['swk', 'mfa'], isRemembered: true })
  })

  test('may be sent as a form, as every body may: its response is JSON text', async () => {
    const ada = await userWithPasskey()
    const { challenge_token, credential } = await assertion(ada.authenticator)
    const form = { challenge_token, credential: JSON.stringify(credential) }
    const sent = await call('POST', '/api/v1/auth/passkey/verify', form, { form: true })
    expect([sent.status, sent.body.user?.id]).toEqual([200, ada.id])
  })

  test('asks for no second factor and completes what a role demands', async () => {
    const ada = await userWithPasskey({ roles: ['moderator'] }, deviceBound())
    const settings = { REQUIRE_2FA_ROLES: 'moderator' }
    const sent = await assertion(ada.authenticator)
    const { status, body } = await fetchWith(settings, '/api/v1/auth/passkey/verify', json(sent))
    expect([status, body.restricted]).toEqual([200, null])
    expect((await sessionsOf(ada)).find(({ sid }) => sid === body.session_id)?.amr).toEqual([
      'hwk',
      'mfa',
    ])
  })
})

const json = (body: unknown): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})

test('PK-1: 50 copies of one response at once open one session', async () => {
  const ada = await userWithPasskey()
  const before = (await sessionsOf(ada)).length
  const sent = await assertion(ada.authenticator)
  const replies = await Promise.all(Array.from({ length: 50 }, () => present(sent)))
  const answers = replies.map(said)
  expect(answers.filter((each) => each === '200')).toHaveLength(1)
  expect(answers.filter((each) => each === '401 invalid_passkey')).toHaveLength(49)
  expect((await sessionsOf(ada)).length).toBe(before + 1)
})

describe('PK-3: the counter of a device-bound passkey', () => {
  test('never falls: a lower one is refused as a whole sign-in, and the user is told', async () => {
    const ada = await userWithPasskey({}, deviceBound())
    const copy = ada.authenticator.clone()
    for (let n = 0; n < 3; n++) expect(said(await signInByPasskey(ada.authenticator))).toBe('200')
    for (let n = 0; n < 2; n++) {
      expect(said(await signInByPasskey(copy))).toBe('401 invalid_passkey')
    }
    const mail = await mailTo(ada.email, 2)
    expect(mail.subject).toBe('Please check a passkey at Gatehouse')
    // The real one goes on working.
    expect(said(await signInByPasskey(ada.authenticator))).toBe('200')
  })

  test('a lower one still counts behind a password, and does not lower the counter', async () => {
    const ada = await userWithPasskey({ roles: ['moderator'] }, deviceBound())
    const copy = ada.authenticator.clone()
    for (let n = 0; n < 3; n++) ok(await signInByPasskey(ada.authenticator))
    const settings = { REQUIRE_2FA_ROLES: 'moderator' }
    const first = await fetchWith(
      settings,
      '/api/v1/auth/login',
      json({ email: ada.email, password: ada.password }),
    )
    expect(first.body.requires_2fa).toBe(true)
    const second = await secondStep(first.body.challenge_token, copy)
    const reply = ok(await post('/api/v1/auth/2fa/verify', second))
    const listed = await sessionsOf(ada)
    expect(listed.find(({ sid }) => sid === reply.body.session_id)?.amr).toEqual([
      'pwd',
      'hwk',
      'mfa',
    ])
    expect(said(await signInByPasskey(copy))).toBe('401 invalid_passkey')
    expect(said(await signInByPasskey(ada.authenticator))).toBe('200')
  })

  test('a synced one may send 0 for ever', async () => {
    const ada = await userWithPasskey()
    for (let n = 0; n < 3; n++) expect(said(await signInByPasskey(ada.authenticator))).toBe('200')
  })
})

describe('PK-7: a passkey that did not verify its user', () => {
  const unverified = { isUserVerified: false }

  test('never opens anything alone', async () => {
    const ada = await userWithPasskey()
    expect(said(await signInByPasskey(ada.authenticator, unverified))).toBe('401 invalid_passkey')
  })

  test('proves nothing in step-up, and completes a sign-in behind a password', async () => {
    const ada = await userWithPasskey({ roles: ['moderator'] })
    const login = json({ email: ada.email, password: ada.password })
    const settings = { REQUIRE_2FA_ROLES: 'moderator' }
    const { body } = await fetchWith(settings, '/api/v1/auth/login', login)
    const sent = await secondStep(body.challenge_token, ada.authenticator, unverified)
    expect(said(await post('/api/v1/auth/2fa/verify', sent))).toBe('200')
  })
})

test('PK-8: while the object is down the answer is 503, and the same response works afterwards', async () => {
  const ada = await userWithPasskey()
  const sent = await assertion(ada.authenticator)
  const broken = wrapEnv(env, async ({ name }, go) => {
    if (name.startsWith('USER_SESSIONS')) throw new Error('Durable Object is overloaded')
    return go()
  })
  const reply = await fetchWith({ ...broken }, '/api/v1/auth/passkey/verify', json(sent))
  expect(said(reply)).toBe('503 unavailable')
  expect(said(await present(sent))).toBe('200')
})

/** Refused alike, whatever is wrong. */
describe('a wrong response', () => {
  const WRONG = {
    'from another site': { origin: 'https://evil.example' },
    'for another relying party': { rpId: 'evil.example' },
    'from a frame': { crossOrigin: true },
    'of another user': { userHandle: 'AAAA' },
    'of another ceremony': { clientData: { type: 'webauthn.create' } },
    'with another challenge': { clientData: { challenge: 'AAAA' } },
    'without the user': { isUserPresent: false },
    'with another backup eligibility': { isBackupEligible: false, isBackedUp: false },
  }
  test.each(Object.entries(WRONG))('%s is refused', async (_, how) => {
    const ada = await userWithPasskey()
    expect(said(await signInByPasskey(ada.authenticator, how))).toBe('401 invalid_passkey')
  })

  test('expires with its challenge', async () => {
    const ada = await userWithPasskey()
    const sent = await assertion(ada.authenticator)
    pass(5 * MINUTE)
    expect(said(await present(sent))).toBe('401 invalid_challenge')
  })

  test('an account that is not active is told so after a right response only', async () => {
    const ada = await userWithPasskey()
    await env.DB.prepare('UPDATE users SET deactivated_at = 1 WHERE id = ?').bind(ada.id).run()
    const wrong = await signInByPasskey(ada.authenticator, { origin: 'https://evil.example' })
    expect(said(wrong)).toBe('401 invalid_passkey')
    expect(said(await signInByPasskey(ada.authenticator))).toBe('401 account_not_active')
  })
})

describe('purposes never mix', () => {
  test('a challenge of another purpose is no challenge to sign in', async () => {
    const ada = await userWithPasskey()
    const options = [
      await ada.asks('POST', '/users/passkeys/options', {}),
      await ada.asks('POST', '/auth/step-up/passkey/options'),
    ]
    for (const { body } of options) {
      const sent = {
        ...(await assertion(ada.authenticator)),
        challenge_token: body.challenge_token,
      }
      expect(said(await present(sent))).toBe('401 invalid_challenge')
    }
  })

  test('a challenge to sign in adds no passkey and is no second step', async () => {
    const ada = await userWithPasskey()
    const { body } = ok(await signInOptions())
    const sent = await created(ada, new SoftwareAuthenticator())
    const mixed = { ...sent, challenge_token: body.challenge_token }
    expect(said(await ada.asks('POST', '/users/passkeys', mixed))).toBe('400 invalid_challenge')
    const used = await assertion(ada.authenticator)
    expect(said(await post('/api/v1/auth/2fa/verify', used))).toBe('401 invalid_challenge')
  })
})

describe('an anonymous request', () => {
  test('gets the same to sign in, whoever asks, but for the challenge', async () => {
    const shapes = []
    for (let n = 0; n < 2; n++) {
      const { body } = ok(await signInOptions())
      expect(body.publicKey).toEqual({
        challenge: expect.stringMatching(/^[\w-]{43}$/),
        rpId: 'localhost',
        timeout: 300_000,
        userVerification: 'required',
      })
      shapes.push(JSON.stringify(body).length)
    }
    expect(shapes[0]).toBe(shapes[1])
  })

  test('10,000 challenges leave no row and wake no object', async () => {
    const recording = recordingEnv(env)
    const ask = async () => {
      const ctx = createExecutionContext()
      const request = new Request('http://localhost:8787/api/v1/auth/passkey/options', {
        method: 'POST',
        headers: { 'cf-connecting-ip': freshIp() },
      })
      const response = await worker.fetch(request as never, recording.env, ctx)
      await response.text()
      await waitOnExecutionContext(ctx)
      return response.status
    }
    // The relying party id is compared with the stored passkeys once per isolate.
    expect(await ask()).toBe(200)
    recording.calls.length = 0
    for (let n = 0; n < 100; n++) {
      const statuses = await Promise.all(Array.from({ length: 100 }, ask))
      expect(new Set(statuses)).toEqual(new Set([200]))
    }
    expect(recording.calls).toEqual([])
  }, 60_000)

  test('with an unknown credential asks D1 once, wakes no object, and is counted', async () => {
    const stranger = new SoftwareAuthenticator()
    await created(await signedInUser(), stranger)
    const sent = await assertion(stranger)
    const recording = recordingEnv(env)
    const failed =
      "audit_log WHERE event = 'auth.sign_in_failed' AND data ->> 'reason' = 'unknown_passkey'"
    const before = await count(failed)
    const reply = await fetchWith(recording.env as never, '/api/v1/auth/passkey/verify', json(sent))
    expect(said(reply)).toBe('401 unknown_passkey')
    expect(recording.calls).toEqual(['DB.all', 'EVENTS_QUEUE.send'])
    await vi.waitUntil(async () => (await count(failed)) === before + 1, { timeout: 15_000 })
  })
})

test('a sign-in costs one D1 query and one object call, and no hash', async () => {
  const ada = await userWithPasskey()
  const recording = recordingEnv(env)
  const cost = async () => {
    const init = json(await assertion(ada.authenticator))
    const ctx = createExecutionContext()
    recording.calls.length = 0
    const url = 'http://localhost:8787/api/v1/auth/passkey/verify'
    const response = await worker.fetch(new Request(url, init) as never, recording.env, ctx)
    const calls = recording.calls.filter((name) => !name.includes('QUEUE'))
    await response.text()
    await waitOnExecutionContext(ctx)
    return { status: response.status, calls }
  }
  // The first one reads the roles, which a warm isolate has in memory.
  await cost()
  expect(await cost()).toEqual({ status: 200, calls: ['DB.all', 'USER_SESSIONS.openSession'] })
})

describe('bad input', () => {
  const nested = (bytes: number[], depth: number) =>
    Buffer.from(
      new Uint8Array(Array.from({ length: depth }, (_, i) => bytes[i % bytes.length] ?? 0)),
    ).toString('base64url')
  const BOMBS: Record<string, string> = {
    'arrays in arrays': nested([0x81], 10_000),
    'a map of 2^32 entries': Buffer.from([0xba, 0xff, 0xff, 0xff, 0xff]).toString('base64url'),
    'a text of 2^64 bytes': Buffer.from([0x7b, ...Array(8).fill(0xff)]).toString('base64url'),
    'duplicate keys': Buffer.from([0xa2, 0x61, 0x61, 0x01, 0x61, 0x61, 0x02]).toString('base64url'),
    'no bytes': '',
    'no base64url': '%%%',
  }
  test.each(Object.entries(BOMBS))('an attestation of %s is 4xx', async (_, attestationObject) => {
    const ada = await signedInUser()
    const sent = await created(ada, new SoftwareAuthenticator())
    sent.credential.response.attestationObject = attestationObject
    const { status } = await ada.asks('POST', '/users/passkeys', sent)
    expect([400, 422]).toContain(status)
  })

  test('a megabyte is refused by the limit of bodies', async () => {
    const ada = await userWithPasskey()
    const sent = await assertion(ada.authenticator)
    sent.credential.response.authenticatorData = 'A'.repeat(1_000_000)
    expect(said(await present(sent))).toBe('413 payload_too_large')
  })

  test.each([[{}], [{ id: 1 }], [null], ['x'], [[]]])(
    'a credential %j is 422',
    async (credential) => {
      const { body } = ok(await signInOptions())
      const reply = await present({ challenge_token: body.challenge_token, credential })
      expect(said(reply)).toBe('422 validation_failed')
    },
  )
})
