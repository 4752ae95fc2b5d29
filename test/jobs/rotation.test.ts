import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { TOTP } from 'otpauth'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { signIdToken, verifyIdTokenHint } from '../../src/app-tokens/id-token'
import { commit } from '../../src/commit/commit'
import { countKeys } from '../../src/jobs/count-keys'
import { reEncrypt } from '../../src/jobs/re-encrypt'
import { composeMail } from '../../src/mail/compose'
import { addressedMail } from '../../src/mail/messages'
import { rotateSigningKeys } from '../../src/sessions/tokens/rotate-signing-keys'
import { forgetKeys, publishedKeys, signingKey } from '../../src/sessions/tokens/signing-keys'
import { outbox } from '../../src/tables/outbox'
import { post } from '../support/api'
import { depsFor } from '../support/deps'
import { freshEmail, PASSWORD, signedInUser } from '../support/users'
import { postSignIn, session } from '../support/users-by-api'
import { fetchWith } from '../support/worker'

const DAY = 86_400_000
const NEW_KEY = 'next:nLxYp3mWq8sD5vTz1RkGh7cJb2aUe9fXi4oV6wN0yQE'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
})
afterEach(() => {
  vi.useRealTimers()
})

const codeOf = (secret: string) => new TOTP({ secret }).generate({ timestamp: Date.now() })

/** What a fresh isolate publishes of one algorithm. */
const publishedOf = async (alg: string) =>
  (await publishedKeys(depsFor({ env: { ...env } }))).filter((each) => each.alg === alg)

test('a signing key is published days before it signs, and until its last token has expired', async () => {
  const before = await publishedOf('ES256')
  expect(before).toHaveLength(1)
  expect(await rotateSigningKeys(depsFor())).toEqual({ made: 0, dropped: 0 })

  vi.setSystemTime(Date.now() + 28 * DAY)
  const both = await Promise.all([rotateSigningKeys(depsFor()), rotateSigningKeys(depsFor())])
  expect(both.reduce((sum, { made }) => sum + made, 0)).toBe(1)
  const during = await publishedOf('ES256')
  expect(during).toHaveLength(2)
  const ada = await signedInUser()
  expect(kidOf(ada.token)).toBe(before[0]?.kid)

  vi.setSystemTime(Date.now() + 2 * DAY + 60_000)
  const fresh = await postSignIn(ada)
  expect(kidOf(fresh.body.access_token)).toBe(during.find(({ kid }) => kid !== before[0]?.kid)?.kid)
  expect((await session(fresh.body.access_token)).status).toBe(200)

  vi.setSystemTime(Date.now() + DAY)
  expect(await rotateSigningKeys(depsFor())).toMatchObject({ dropped: 1 })
  expect(await publishedOf('ES256')).toHaveLength(1)
})

test('an RS256 key is published a week before it signs, and listed for 90 days after', async () => {
  await env.DB.prepare('DELETE FROM signing_keys').run()
  const fresh = () => depsFor({ env: { ...env } })
  const start = Date.now()
  const first = await signingKey(fresh(), 'RS256')
  const hint = await signIdToken(fresh(), {
    app: { clientId: 'an-app', idTokenAlg: 'RS256' },
    appSession: { id: 'sid', sub: 'sub', amr: ['pwd'], authTime: start, expiresAt: start + DAY },
    nonce: null,
    accessToken: 'x',
  })
  vi.setSystemTime(start + 83 * DAY - 1)
  await rotateSigningKeys(fresh())
  expect(await publishedOf('RS256')).toHaveLength(1)
  vi.setSystemTime(start + 83 * DAY + 1)
  const made = await Promise.all([rotateSigningKeys(fresh()), rotateSigningKeys(fresh())])
  expect(made.map((each) => each.made).toSorted()).toEqual([0, 1])
  expect(await publishedOf('RS256')).toHaveLength(2)
  expect((await signingKey(fresh(), 'RS256')).kid).toBe(first.kid)

  vi.setSystemTime(start + 90 * DAY)
  const second = await signingKey(fresh(), 'RS256')
  expect(second.kid).not.toBe(first.kid)
  vi.setSystemTime(start + 180 * DAY - 1)
  await rotateSigningKeys(fresh())
  expect((await publishedOf('RS256')).map(({ kid }) => kid)).toContain(first.kid)
  expect(await verifyIdTokenHint(fresh(), hint)).toEqual({
    clientId: 'an-app',
    sub: 'sub',
    sid: 'sid',
  })
  vi.setSystemTime(start + 180 * DAY)
  await rotateSigningKeys(fresh())
  expect((await publishedOf('RS256')).map(({ kid }) => kid)).not.toContain(first.kid)
  expect(await verifyIdTokenHint(fresh(), hint)).toBeUndefined()
})

test('a new data key takes both signing keys along, and neither is replaced', async () => {
  const kids = [await signingKey(depsFor()), await signingKey(depsFor(), 'RS256')]
  const both = depsFor({ env: { ...env, DATA_KEYS: `${NEW_KEY},${env.DATA_KEYS}` } as Env })
  expect((await reEncrypt(both)).unreadable).toBe(0)
  const alone = depsFor({ env: { ...env, DATA_KEYS: NEW_KEY } as Env })
  const after = [await signingKey(alone), await signingKey(alone, 'RS256')]
  expect(after.map(({ kid }) => kid)).toEqual(kids.map(({ kid }) => kid))
  await env.DB.prepare('DELETE FROM signing_keys').run()
  forgetKeys(depsFor())
})

const kidOf = (token: string): unknown =>
  JSON.parse(
    new TextDecoder().decode(
      Uint8Array.fromBase64(token.split('.')[0] ?? '', { alphabet: 'base64url' }),
    ),
  ).kid

test('a new data key in front signs nobody out, and secrets and peppers move over to it', async () => {
  const ada = await signedInUser({ remember_me: true })
  const setup = await post('/api/v1/users/2fa/setup', { password: PASSWORD }, { token: ada.token })
  const { secret } = setup.body
  await post('/api/v1/users/2fa/enable', { code: codeOf(secret) }, { token: ada.token })

  const rotated = { ...env, DATA_KEYS: `${NEW_KEY},${env.DATA_KEYS}` } as Env
  const deps = depsFor({ env: rotated, config: depsFor({ env: rotated }).config })
  expect((await countKeys(deps))['two_factor:test1']).toBeGreaterThanOrEqual(1)
  const moved = await reEncrypt(deps)
  expect(moved.unreadable).toBe(0)
  expect(moved.moved).toBeGreaterThanOrEqual(2)
  expect(await reEncrypt(deps)).toEqual({ moved: 0, unreadable: 0 })
  expect((await countKeys(deps))['two_factor:test1']).toBeUndefined()

  const bearer = { headers: { authorization: `Bearer ${ada.token}` } }
  expect((await fetchWith(rotated as never, '/api/v1/auth/session', bearer)).status).toBe(200)

  // The password's pepper moves at the next sign-in; the factor is read under the new key.
  vi.setSystemTime(Date.now() + 60_000)
  const step = await fetchWith(
    rotated as never,
    '/api/v1/auth/login',
    json({ username: ada.email, password: PASSWORD }),
  )
  expect(step.body.requires_2fa).toBe(true)
  const done = await fetchWith(
    rotated as never,
    '/api/v1/auth/2fa/verify',
    json({ challenge_token: step.body.challenge_token, code: codeOf(secret) }),
  )
  expect(done.status, JSON.stringify(done.body)).toBe(200)
  const stored = await env.DB.prepare('SELECT hashed_password FROM users WHERE id = ?')
    .bind(ada.id)
    .first<string>('hashed_password')
  expect(stored).toContain(',k=next$')
})

test('addresses in the outbox move over to a new data key, and their mails are still sent', async () => {
  const email = freshEmail()
  const entry = await addressedMail(depsFor(), 'account-erased', { email, language: 'en' })
  await commit(depsFor(), { change: [], audit: [], outbox: [entry] })
  const deps = depsFor({ env: { ...env, DATA_KEYS: `${NEW_KEY},${env.DATA_KEYS}` } as Env })
  expect((await countKeys(deps))['outbox:test1']).toBeGreaterThanOrEqual(1)
  expect((await reEncrypt(deps)).unreadable).toBe(0)
  expect((await countKeys(deps))['outbox:test1']).toBeUndefined()

  const alone = depsFor({ env: { ...env, DATA_KEYS: NEW_KEY } as Env })
  const [row] = await alone.db
    .select()
    .from(outbox)
    .where(eq(outbox.id, entry.id ?? ''))
  expect(row && (await composeMail(alone, row))).toMatchObject({ to: email })
})

test('the count of keys names passwords, imported hashes and passwords that have become void', async () => {
  const before = await countKeys(depsFor())
  const count = (name: string) => before[name] ?? 0
  const [ada, bob] = [await signedInUser(), await signedInUser()]
  const makeVoid = (id: number, password: string | null) =>
    env.DB.prepare(
      'UPDATE users SET voided_password = hashed_password, hashed_password = ?2 WHERE id = ?1',
    )
      .bind(id, password)
      .run()
  await makeVoid(ada.id, null)
  await makeVoid(bob.id, `$2b$10$${'i'.repeat(53)}`)
  expect(await countKeys(depsFor())).toMatchObject({
    'void_password:test1': count('void_password:test1') + 2,
    'password:other': count('password:other') + 1,
    ...(count('password:test1') > 0 && { 'password:test1': count('password:test1') }),
  })
})

test('dropping a token key invalidates its tokens and harms no data', async () => {
  const ada = await signedInUser({ remember_me: true })
  const fresh = { TOKEN_KEYS: NEW_KEY }
  const refresh = json({ refresh_token: ada.refreshToken })
  expect((await fetchWith(fresh, '/api/v1/auth/refresh', refresh)).status).toBe(401)
  const again = await fetchWith(
    fresh,
    '/api/v1/auth/login',
    json({ username: ada.email, password: PASSWORD }),
  )
  expect(again.status).toBe(200)
})

test('a token key that is still listed verifies, and the newest one makes', async () => {
  const ada = await signedInUser({ remember_me: true })
  const both = { TOKEN_KEYS: `${NEW_KEY},${env.TOKEN_KEYS}` }
  const refreshed = await fetchWith(
    both,
    '/api/v1/auth/refresh',
    json({ refresh_token: ada.refreshToken }),
  )
  expect(refreshed.status).toBe(200)
  const onlyNew = await fetchWith(
    { TOKEN_KEYS: NEW_KEY },
    '/api/v1/auth/refresh',
    json({ refresh_token: refreshed.body.refresh_token }),
  )
  expect(onlyNew.status).toBe(200)
})

const json = (body: unknown): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})
