/** How apps and resource servers authenticate, and what they may not try. */
import { env } from 'cloudflare:workers'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import type { JWTPayload } from 'jose'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { appMap, forgetAppMap } from '../../src/apps/app-map'
import { ASSERTION_TYPE, isRightAssertion } from '../../src/apps/client-assertion'
import { randomId, sha256, utf8 } from '../../src/crypto/encoding'
import { basic, postForm, said } from '../app-tokens/flow'
import { freshIp, type Reply } from '../support/api'
import { makeApp, type MadeApp, makeResource } from '../support/apps'
import { HOUR, MINUTE, pass, stopClock } from '../support/clock'
import { depsFor } from '../support/deps'
import { fetchWith } from '../support/worker'

stopClock()

const GRANT = { grant_type: 'client_credentials' }
const machine = () => makeApp({ kind: 'machine' })
const secretOf = ({ secret }: MadeApp): string => secret ?? ''
const withHeader = (authorization: string, fields: Record<string, string> = {}, ip?: string) =>
  postForm('/oauth/token', { ...GRANT, ...fields }, null, {
    authorization,
    ...(ip !== undefined && { 'cf-connecting-ip': ip }),
  })
const inBody = (fields: Record<string, string>) => postForm('/oauth/token', { ...GRANT, ...fields })
const challenge = ({ headers }: Reply) => headers.get('www-authenticate')

describe('client_secret_basic', () => {
  test('takes the right secret, with name and secret form-encoded', async () => {
    const app = await machine()
    expect(said(await withHeader(basic(app.clientId, secretOf(app))))).toBe('200')
    const encoded = secretOf(app).replaceAll(/./g, (char) => `%${char.charCodeAt(0).toString(16)}`)
    expect(said(await withHeader(basic(app.clientId, encoded)))).toBe('200')
    // Some clients name themselves in the body as well.
    expect(
      said(await withHeader(basic(app.clientId, secretOf(app)), { client_id: app.clientId })),
    ).toBe('200')
  })

  test('refuses everything else with a challenge and one answer', async () => {
    const [app, other] = [await machine(), await machine()]
    const right = secretOf(app)
    const replies = [
      await withHeader(basic(app.clientId, secretOf(other))),
      await withHeader(basic(app.clientId, '')),
      await withHeader(basic(app.clientId, `${right} `)),
      await withHeader(basic(randomId(), right)),
      await withHeader(basic(app.clientId, '%zz')),
      await withHeader('Basic %%%'),
      await withHeader(`Basic ${btoa('no-colon')}`),
      await withHeader(`Basic ${btoa(':x')}`),
      await withHeader(`Bearer ${right}`),
      await withHeader('Basic'),
    ]
    for (const reply of replies) {
      expect(said(reply)).toBe('401 invalid_client')
      expect(reply.body.error_description).toBe('Client authentication failed')
      expect(challenge(reply)).toMatch(/^Basic realm="gatehouse"/)
      expect(reply.headers.get('cache-control')).toBe('no-store')
    }
  })

  test('takes the previous secret while both are good', async () => {
    const app = await machine()
    const next = randomId()
    await env.DB.prepare(
      `UPDATE apps SET previous_secret_hash = secret_hash, previous_secret_until = ?2, secret_hash = ?3
       WHERE client_id = ?1`,
    )
      .bind(app.clientId, Date.now() + HOUR, await sha256(next))
      .run()
    forgetAppMap(depsFor())
    expect(said(await withHeader(basic(app.clientId, secretOf(app))))).toBe('200')
    expect(said(await withHeader(basic(app.clientId, next)))).toBe('200')
    pass(HOUR)
    expect(said(await withHeader(basic(app.clientId, secretOf(app))))).toBe('401 invalid_client')
    expect(said(await withHeader(basic(app.clientId, next)))).toBe('200')
  })
})

test('client_secret_post takes the secret in the body, and never in the query', async () => {
  const app = await makeApp({ kind: 'machine', authMethod: 'client_secret_post' })
  const fields = { client_id: app.clientId, client_secret: secretOf(app) }
  expect(said(await inBody(fields))).toBe('200')
  const wrong = await inBody({ ...fields, client_secret: randomId() })
  expect(said(wrong)).toBe('401 invalid_client')
  // A browser would ask its user for a password.
  expect(challenge(wrong)).toBeNull()
  const query = new URLSearchParams(fields).toString()
  expect(said(await postForm(`/oauth/token?${query}`, GRANT))).toBe('401 invalid_client')
})

test('an app authenticates by the method that it is registered for, and by one alone', async () => {
  const [basicApp, postApp] = [
    await machine(),
    await makeApp({ kind: 'machine', authMethod: 'client_secret_post' }),
  ]
  const spa = await makeApp({ kind: 'spa' })
  const inForm = (app: MadeApp) => ({ client_id: app.clientId, client_secret: secretOf(app) })
  const replies = [
    inBody(inForm(basicApp)),
    withHeader(basic(postApp.clientId, secretOf(postApp))),
    inBody({ client_id: basicApp.clientId }),
    inBody({ client_id: spa.clientId, client_secret: 'x' }),
    withHeader(basic(spa.clientId, '')),
    inBody({}),
  ]
  for (const reply of replies) expect(said(await reply)).toBe('401 invalid_client')
  const header = basic(basicApp.clientId, secretOf(basicApp))
  for (const fields of [
    inForm(basicApp),
    { client_assertion: 'x', client_assertion_type: ASSERTION_TYPE },
    { client_id: postApp.clientId },
  ]) {
    expect(said(await withHeader(header, fields))).toBe('400 invalid_request')
  }
})

describe('private_key_jwt', () => {
  const keys = new Map<string, CryptoKeyPair>()
  let app: MadeApp
  beforeAll(async () => {
    const jwks: { keys: JsonWebKey[] } = { keys: [] }
    for (const alg of ['RS256', 'ES256', 'PS256']) {
      const pair = (await generateKeyPair(alg, { extractable: true })) as CryptoKeyPair
      keys.set(alg, pair)
      jwks.keys.push({ ...(await exportJWK(pair.publicKey)), kid: alg, alg } as JsonWebKey)
    }
    app = await makeApp({ kind: 'machine', authMethod: 'private_key_jwt', jwks })
  })

  interface Made {
    claims?: JWTPayload
    without?: string
    alg?: string
    key?: CryptoKey | Uint8Array
    kid?: string
  }
  async function assertion({ claims = {}, without, alg = 'ES256', key, kid = alg }: Made = {}) {
    const now = Math.floor(Date.now() / 1000)
    const right: JWTPayload = {
      iss: app.clientId,
      sub: app.clientId,
      aud: 'http://localhost:8787',
      iat: now,
      exp: now + 60,
      jti: randomId(),
      ...claims,
    }
    if (without !== undefined) delete right[without]
    const signer = key ?? keys.get(alg)?.privateKey
    if (!signer) throw new Error('no key')
    return new SignJWT(right).setProtectedHeader({ alg, kid }).sign(signer)
  }
  const present = (client_assertion: string, more: Record<string, string> = {}) =>
    inBody({ client_assertion, client_assertion_type: ASSERTION_TYPE, ...more })

  test('takes an assertion for the issuer or the token endpoint, RS256 or ES256', async () => {
    for (const alg of ['RS256', 'ES256']) {
      expect(said(await present(await assertion({ alg })))).toBe('200')
    }
    const aud = 'http://localhost:8787/oauth/token'
    expect(said(await present(await assertion({ claims: { aud } })))).toBe('200')
    expect(said(await present(await assertion({ claims: { aud: [aud] } })))).toBe('200')
    expect(said(await present(await assertion(), { client_id: app.clientId }))).toBe('200')
  })

  const soon = Math.floor((Date.now() + HOUR) / 1000)
  test.each<[string, Made]>([
    ['for another service', { claims: { aud: 'https://other.example' } }],
    [
      'for this and another service',
      { claims: { aud: ['http://localhost:8787', 'https://b.example'] } },
    ],
    ['for an address that begins alike', { claims: { aud: 'http://localhost:8787.evil.example' } }],
    ['of another issuer', { claims: { iss: 'x' } }],
    ['about another app', { claims: { sub: 'x' } }],
    ['that has expired', { claims: { exp: soon - 3600 - 120 } }],
    ['that is good for a day', { claims: { exp: soon + 86_400 } }],
    ['of the future', { claims: { nbf: soon + 7200 } }],
    ['with an empty jti', { claims: { jti: '' } }],
    ['with a huge jti', { claims: { jti: 'j'.repeat(201) } }],
    ...['iss', 'sub', 'aud', 'exp', 'jti'].map((without): [string, Made] => [
      `without ${without}`,
      { without },
    ]),
    ['of an algorithm that is not offered', { alg: 'PS256' }],
  ])('refuses an assertion %s', async (_, made) => {
    expect(said(await present(await assertion(made)))).toBe('401 invalid_client')
  })

  test('refuses a signature by another key, none, or an HMAC with the public key', async () => {
    const stranger = await generateKeyPair('ES256')
    const publicKey = keys.get('RS256')?.publicKey
    const jwk = publicKey && (await exportJWK(publicKey))
    const [head, body] = (await assertion()).split('.')
    const none = btoa(JSON.stringify({ alg: 'none' })).replaceAll('=', '')
    for (const text of [
      await assertion({ key: stranger.privateKey }),
      await assertion({ alg: 'HS256', key: utf8(JSON.stringify(jwk)), kid: 'RS256' }),
      `${head}.${body}.`,
      `${none}.${body}.`,
      'x',
    ]) {
      expect(said(await present(text))).toBe('401 invalid_client')
    }
  })

  test('takes an assertion once, in parallel and in every isolate', async () => {
    const one = await assertion()
    const fields = { ...GRANT, client_assertion: one, client_assertion_type: ASSERTION_TYPE }
    const asked = Array.from({ length: 10 }, () =>
      fetchWith({}, '/oauth/token', {
        method: 'POST',
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          'cf-connecting-ip': freshIp(),
        },
        body: new URLSearchParams(fields).toString(),
      }),
    )
    const answers = (await Promise.all(asked)).map(said)
    expect(answers.filter((answer) => answer === '200')).toHaveLength(1)
    expect(answers.filter((answer) => answer === '401 invalid_client')).toHaveLength(9)
    pass(MINUTE / 2)
    expect(said(await present(one))).toBe('401 invalid_client')
    expect(said(await present(await assertion()))).toBe('200')
  })

  test('of an app that nobody registered is counted by network, before it is remembered', async () => {
    const keys: string[] = []
    const limit = ({ key }: RateLimitOptions) => {
      keys.push(key)
      return Promise.resolve({ success: false })
    }
    const deps = { ...depsFor(), env: { ...env, FORWARDED_LIMIT: { limit } } }
    const { clientId } = app
    const one = await assertion()
    const { jwks } = (await appMap(depsFor())).apps.get(clientId) ?? { jwks: null }
    await expect(
      isRightAssertion(deps, { clientId, jwks, source: 'metadata' }, one),
    ).rejects.toMatchObject({ code: 'temporarily_unavailable', status: 429 })
    expect(keys).toEqual([expect.stringMatching(/^assertions [\d.]+$/)])
    expect(await isRightAssertion(deps, { clientId, jwks, source: 'admin' }, one)).toBe(true)
    expect(keys).toHaveLength(1)
  })

  test('is remembered for as long as an assertion can be good', async () => {
    const jti = randomId()
    const exp = Math.floor((Date.now() + HOUR) / 1000)
    const long = await assertion({ claims: { jti, exp } })
    expect(said(await present(long))).toBe('200')
    pass(HOUR)
    expect(said(await present(long))).toBe('401 invalid_client')
  })

  test('needs the assertion’s type, and the client that it is about', async () => {
    const wrong = await inBody({
      client_assertion: await assertion(),
      client_assertion_type: 'jwt',
    })
    expect(said(wrong)).toBe('400 invalid_request')
    expect(said(await inBody({ client_assertion: await assertion() }))).toBe('400 invalid_request')
    const other = await machine()
    expect(said(await present(await assertion(), { client_id: other.clientId }))).toBe(
      '400 invalid_request',
    )
    const iss = { iss: other.clientId, sub: other.clientId }
    expect(said(await present(await assertion({ claims: iss })))).toBe('401 invalid_client')
  })
})

describe('a resource server', () => {
  test('authenticates for introspection alone, in the header or in the body', async () => {
    const api = await makeResource()
    const by = { clientId: api.id, secret: api.secret }
    const ask = (path: string, fields: Record<string, string>) =>
      postForm(path, { token: 'x', ...fields })
    expect(said(await postForm('/oauth/introspect', { token: 'x' }, by))).toBe('200')
    const inForm = { client_id: api.id, client_secret: api.secret }
    expect(said(await ask('/oauth/introspect', inForm))).toBe('200')
    const wrong = { client_id: api.id, client_secret: randomId() }
    expect(said(await ask('/oauth/introspect', wrong))).toBe('401 invalid_client')
    expect(said(await ask('/oauth/introspect', { client_id: api.id }))).toBe('401 invalid_client')
    expect(said(await postForm('/oauth/revoke', { token: 'x' }, by))).toBe('401 invalid_client')
    expect(said(await postForm('/oauth/token', GRANT, by))).toBe('401 invalid_client')
  })

  test('without a secret is nobody', async () => {
    const api = await makeResource()
    await env.DB.prepare('UPDATE resources SET secret_hash = NULL WHERE id = ?').bind(api.id).run()
    forgetAppMap(depsFor())
    for (const secret of [api.secret, '', 'x']) {
      const reply = await postForm('/oauth/introspect', { token: 'x' }, null, {
        authorization: basic(api.id, secret),
      })
      expect(said(reply)).toBe('401 invalid_client')
    }
  })
})

test('a public app may revoke but not introspect', async () => {
  const spa = await makeApp({ kind: 'spa' })
  expect(said(await postForm('/oauth/revoke', { token: 'x' }, spa))).toBe('200')
  expect(said(await postForm('/oauth/introspect', { token: 'x' }, spa))).toBe('401 invalid_client')
})

test('wrong secrets from one network get 429, and the app’s own one is still taken', async () => {
  const app = await machine()
  const limited = vi.spyOn(env.WRONG_API_KEY_LIMIT, 'limit')
  limited.mockImplementation(async ({ key }) => ({ success: !key.includes('203.0.113.9') }))
  const ip = '203.0.113.9'
  const refused = await withHeader(basic(app.clientId, 'wrong'), {}, ip)
  expect(said(refused)).toBe('429 temporarily_unavailable')
  expect(refused.headers.get('retry-after')).toBe('60')
  const keys = limited.mock.calls.map(([{ key }]) => key)
  expect(keys.some((key) => key.includes(ip) && key.startsWith('client '))).toBe(true)
  // No id or secret is in the key of a limit.
  expect(keys.join()).not.toContain(app.clientId)
  expect(said(await withHeader(basic(app.clientId, secretOf(app)), {}, ip))).toBe('200')
  expect(said(await withHeader(basic(app.clientId, 'wrong'), {}, '198.51.100.1'))).toBe(
    '401 invalid_client',
  )
  limited.mockRestore()
})
