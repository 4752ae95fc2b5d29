/**
 * Somebody has a copy of D1 and `DATA_KEYS`, and then the runbook of docs/operations.md is followed, step
 * by step: what the copy opens before opens nothing afterwards.
 */
import { env } from 'cloudflare:workers'
import { importJWK, type JWK, SignJWT } from 'jose'
import { expect, test, vi } from 'vitest'
import runbook from '../docs/operations.md?raw'
import { outboxHandlers } from '../src/background/outbox-handlers'
import { randomId } from '../src/crypto/encoding'
import { decrypt } from '../src/crypto/encrypt'
import { sessionHash } from '../src/crypto/session-hash'
import { countKeys } from '../src/jobs/count-keys'
import { reEncrypt } from '../src/jobs/re-encrypt'
import { sweepOutbox } from '../src/outbox/sweep'
import { rowsOf } from './db/rows'
import { userWithBoth } from './faults/passkey-flows'
import { passkeyProof } from './step-up/people'
import { said } from './support/api'
import { makeKey } from './support/api-keys'
import { SoftwareAuthenticator } from './support/authenticator'
import { MINUTE, pass, stopClock } from './support/clock'
import { depsFor } from './support/deps'
import { assertion, created as made, secondStep, undoToken, used } from './support/passkeys'
import { challengeOf, freshCode, userWithSecondFactor } from './support/second-factor'
import { under } from './support/under'
import { signedInUser, staff } from './support/users'
import { postSignIn } from './support/users-by-api'
import { consoleLines, fetchWith } from './support/worker'
import { trustBrowser } from './trusted-devices/devices'

stopClock()

const ring = (id: string): string => {
  const bytes = crypto.getRandomValues(new Uint8Array(32))
  return `${id}:${bytes.toBase64({ alphabet: 'base64url', omitPadding: true })}`
}

/** What the thief can make: a token of any session whose id is known, by the stolen signing key. */
async function stolenKey(): Promise<(sid: string) => Promise<string>> {
  const { DATA_KEYS } = depsFor().config
  const [row] = await rowsOf<{ kid: string; private_key: string }>('SELECT * FROM signing_keys')
  if (!row) throw new Error('nobody has signed in')
  const place = `signing_keys.private_key/${row.kid}` as const
  const key = await importJWK(
    JSON.parse(await decrypt(DATA_KEYS, place, row.private_key)) as JWK,
    'ES256',
  )
  const now = Math.floor(Date.now() / 1000)
  return (sid) =>
    new SignJWT({ sid, roles: ['admin'] })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: row.kid })
      .setIssuer('http://localhost:8787')
      .setAudience('gatehouse')
      .setSubject('1')
      .setJti(randomId())
      .setIssuedAt(now)
      .setExpirationTime(now + 30 * 86_400)
      .sign(key)
}

test('new TOKEN_KEYS end trusted browsers, undo links and challenges of passkeys, and no passkey', async () => {
  const ada = await userWithBoth()
  const undo = await undoToken(ada.email)
  const proof = await passkeyProof(ada)
  const second = await secondStep(await challengeOf(ada), ada.authenticator)
  const signIn = await assertion(ada.authenticator)
  const created = await made(ada, new SoftwareAuthenticator())
  const device_token = await trustBrowser(ada)

  const isolate = under({ TOKEN_KEYS: ring('tokens') })
  const post = async (path: string, body: object, token?: string) => {
    const reply = await isolate.post(`/api/v1${path}`, body, token)
    return reply.body.requires_2fa === true ? 'asked' : said(reply)
  }
  const password = { username: ada.email, password: ada.password }
  expect(await post('/auth/login', { ...password, device_token })).toBe('asked')
  expect(await post('/auth/undo-sign-in-method', { token: undo })).toBe('400 invalid_token')
  expect(await post('/auth/passkey/verify', signIn)).toBe('401 invalid_challenge')
  expect(await post('/auth/2fa/verify', second)).toBe('401 invalid_challenge')
  // Access tokens are signed by other keys, and their sessions are revoked with those.
  expect(await post('/auth/step-up', proof, ada.token)).toBe('400 invalid_challenge')
  expect(await post('/users/passkeys', created, ada.token)).toBe('400 invalid_challenge')

  const options = await isolate.post('/api/v1/auth/passkey/options', {})
  expect(await post('/auth/passkey/verify', await used(options, ada.authenticator))).toBe('200')
})

test('after the runbook, the stolen copy of the keys is of no use', async () => {
  consoleLines()
  const root = await staff('admin')
  const key = await makeKey(root, ['admin:system', 'admin:users'])
  const ada = await signedInUser({ remember_me: true })
  const bob = await userWithSecondFactor()
  const hashes = [ada, bob].map(({ sessionId }) => sessionHash(sessionId))
  await vi.waitUntil(
    async () => {
      const rows = await rowsOf('SELECT id FROM user_sessions')
      return hashes.every((hash) => rows.some(({ id }) => id === hash))
    },
    { timeout: 8000 },
  )

  const forge = await stolenKey()
  const copy = JSON.stringify(
    await Promise.all(
      ['user_sessions', 'audit_log', 'outbox', 'parked_events'].map((t) =>
        rowsOf(`SELECT * FROM ${t}`),
      ),
    ),
  )
  for (const { sessionId } of [root, ada, bob]) expect(copy).not.toContain(sessionId)
  let settings: Record<string, string> = {}
  const session = (token: string) =>
    fetchWith({ ...env, ...settings }, '/api/v1/auth/session', {
      headers: { authorization: `Bearer ${token}` },
    })
  const post = (path: string, body: object, token?: string) =>
    fetchWith({ ...env, ...settings }, `/api/v1${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token && { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(body),
    })
  // Whoever also has an id, from an older log or backup, is let in until something is done.
  const forged = await forge(ada.sessionId)
  expect((await session(forged)).status).toBe(200)
  expect((await session(await forge(ada.sessionId.slice(0, 22) + randomId()))).status).toBe(401)

  // 1. A new entry of DATA_KEYS in front.
  settings = { DATA_KEYS: `${ring('after')},${env.DATA_KEYS}` }
  // 2. Signing keys are retired and sessions are revoked.
  const body = { confirm: 'end_every_session' }
  expect((await post('/admin/signing-keys/retire', body, key.token)).status).toBe(202)
  pass(MINUTE)
  await sweepOutbox(depsFor(), outboxHandlers)
  for (const token of [forged, root.token, ada.token, bob.token]) {
    expect((await session(token)).status).toBe(401)
  }
  const keys = await rowsOf<{ key: string }>('SELECT private_key AS key FROM signing_keys')
  // One that signs access tokens, and one that signs ID tokens.
  expect(keys.map((row) => row.key.split('.')[0])).toEqual(['after', 'after'])
  // 3. New TOKEN_KEYS, alone.
  settings = { ...settings, TOKEN_KEYS: ring('tokens') }
  const refreshed = await post('/auth/refresh', { refresh_token: ada.refreshToken })
  expect([refreshed.status, refreshed.body.code]).toEqual([401, 'invalid_refresh_token'])
  // 4. Encrypted columns move.
  const deps = depsFor({ env: { ...env, ...settings } as Env })
  expect((await reEncrypt(deps)).unreadable).toBe(0)
  expect((await countKeys(deps))['two_factor:test1']).toBeUndefined()

  // People sign in again, with their second factor too, and what the thief has opens nothing.
  const again = await post('/auth/login', { username: ada.email, password: ada.password })
  expect((await session(again.body.access_token)).status).toBe(200)
  expect((await session(await forge(again.body.session_id))).status).toBe(401)
  const step = await post('/auth/login', { username: bob.email, password: bob.password })
  const proof = { challenge_token: step.body.challenge_token, code: await freshCode(bob) }
  expect((await post('/auth/2fa/verify', proof)).status).toBe(200)
  expect((await postSignIn({ ...ada, password: 'not-theirs' })).status).toBe(401)
})

test('the page names the steps in the order that is followed here', () => {
  const [, text = ''] = /^## After a leak of the database[^\n]*\n([^]*?)^## /m.exec(runbook) ?? []
  const order = [
    'secret put DATA_KEYS',
    'new entry in front',
    'npm run admin -- keys retire --yes',
    'end_every_session',
    'jobs.end_sessions',
    'secret put TOKEN_KEYS',
    'new entry alone',
    'Encrypted columns move',
    'require new passwords',
  ].map((words) => text.indexOf(words))
  expect(order).not.toContain(-1)
  expect(order).toEqual(order.toSorted((a, b) => a - b))
})
