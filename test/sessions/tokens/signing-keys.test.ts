/** Signing keys in D1, the JWKS, and what a token must be to pass for ours. */
import { env } from 'cloudflare:workers'
import {
  base64url,
  exportSPKI,
  generateKeyPair,
  importJWK,
  jwtVerify,
  SignJWT,
  UnsecuredJWT,
} from 'jose'
import type { JWK, JWTPayload } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { randomId, utf8 } from '../../../src/crypto/encoding'
import { decrypt } from '../../../src/crypto/encrypt'
import { signAccessToken, verifyAccessToken } from '../../../src/sessions/tokens/access-token'
import { KEY_CACHE_MS, signingKey } from '../../../src/sessions/tokens/signing-keys'
import { ALPHABET } from '../../crypto/rings'
import { get } from '../../support/api'
import { depsFor } from '../../support/deps'
import { recordingEnv } from '../../support/wrapped-env'

const ISSUER = 'http://localhost:8787'
/** An environment object of its own has caches of its own, as another isolate has. */
const isolate = (now = Date.now()) => depsFor({ env: { ...env }, now })
const sid = randomId() + randomId()
const session = (now: number) => ({
  userId: 7,
  sid,
  sessionExpiresAt: now + 86_400_000,
  isRestricted: false,
  roles: ['user'],
})
const publishedKey = (keys: JWK[], alg: string) => keys.find((each) => each.alg === alg)
const storedKeys = async () =>
  (
    await env.DB.prepare('SELECT kid, public_jwk, private_key FROM signing_keys').all<
      Record<'kid' | 'public_jwk' | 'private_key', string>
    >()
  ).results

// First of all tests: 20 isolates in need at once, and no key yet.
let kids: string[] = []
let rsaKids: string[] = []
beforeAll(async () => {
  const made = await Promise.all(Array.from({ length: 20 }, () => signingKey(isolate())))
  kids = made.map(({ kid }) => kid)
  const rsa = await Promise.all(Array.from({ length: 4 }, () => signingKey(isolate(), 'RS256')))
  rsaKids = rsa.map(({ kid }) => kid)
})

describe('a signing key', () => {
  it('is made once, however many isolates are in need at once', async () => {
    expect(await storedKeys()).toHaveLength(2)
    expect([...new Set(kids), ...new Set(rsaKids)]).toHaveLength(2)
  })

  it('of RS256 is not replaced because an isolate is cold, or because ES256 keys are gone', async () => {
    await env.DB.prepare("DELETE FROM signing_keys WHERE alg = 'ES256'").run()
    const [own, rsa] = [await signingKey(isolate()), await signingKey(isolate(), 'RS256')]
    expect(own.kid).not.toBe(kids[0])
    expect(rsa.kid).toBe(rsaKids[0])
    expect(await storedKeys()).toHaveLength(2)
    kids = [own.kid]
  })

  it.each([
    ['ES256', /^[\w-]{43}$/],
    // Any number below the modulus: now and then it is a byte or two shorter.
    ['RS256', /^[\w-]{330,342}$/],
  ])('of %s has its private part encrypted, bound to its own row', async (alg, secret) => {
    const row = (await storedKeys()).find((each) => JSON.parse(each.public_jwk).alg === alg)
    if (!row) throw new Error('no key')
    const { DATA_KEYS } = isolate().config
    const opened = JSON.parse(
      await decrypt(DATA_KEYS, `signing_keys.private_key/${row.kid}`, row.private_key),
    ) as JWK
    expect(opened.d).toMatch(secret)
    expect(JSON.stringify(row)).not.toContain(opened.d)
    await expect(
      decrypt(DATA_KEYS, `signing_keys.private_key/${randomId()}`, row.private_key),
    ).rejects.toThrow()
  })

  it('is published without its private part, cacheable as long as isolates cache it', async () => {
    const reply = await get('/.well-known/jwks.json')
    expect(reply.headers.get('cache-control')).toBe(`public, max-age=${KEY_CACHE_MS / 1000}`)
    // Pages of any origin may read it, so that all origins get one answer.
    expect(reply.headers.get('access-control-allow-origin')).toBe('*')
    expect(reply.headers.get('vary')).toBeNull()
    expect(reply.headers.get('set-cookie')).toBeNull()
    const keys = reply.body.keys as JWK[]
    expect(keys).toHaveLength(2)
    const [key, rsa] = [publishedKey(keys, 'ES256'), publishedKey(keys, 'RS256')]
    expect(Object.keys(rsa ?? {}).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use'])
    expect(rsa).toMatchObject({ kid: rsaKids[0], kty: 'RSA', alg: 'RS256', use: 'sig' })
    expect(base64url.decode(rsa?.n ?? '')).toHaveLength(2048 / 8)
    expect(Object.keys(key ?? {}).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
    expect(key).toMatchObject({ kid: kids[0], alg: 'ES256', crv: 'P-256', use: 'sig' })
  })

  it('verifies its tokens for anyone who has the published half', async () => {
    const deps = isolate()
    const { token } = await signAccessToken(deps, session(deps.now))
    const jwk = publishedKey((await get('/.well-known/jwks.json')).body.keys, 'ES256')
    const { payload, protectedHeader } = await jwtVerify(token, await importJWK(jwk ?? {}), {
      issuer: ISSUER,
      audience: 'gatehouse',
      typ: 'at+jwt',
    })
    expect(protectedHeader).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: kids[0] })
    const claims = ['aud', 'exp', 'iat', 'iss', 'jti', 'roles', 'sid', 'sub']
    expect(Object.keys(payload).sort()).toEqual(claims)
    expect(payload).toMatchObject({ sub: '7', sid, roles: ['user'] })
  })
})

describe('an isolate', () => {
  it('reads the keys once in five minutes', async () => {
    const { env: watched, calls } = recordingEnv(env)
    const start = Date.now()
    const { token } = await signAccessToken(depsFor({ env: watched, now: start }), session(start))
    for (const now of [start, start + 1000, start + KEY_CACHE_MS - 1]) {
      expect(await verifyAccessToken(depsFor({ env: watched, now }), token)).toBeDefined()
    }
    expect(calls).toHaveLength(1)
    await verifyAccessToken(depsFor({ env: watched, now: start + KEY_CACHE_MS }), token)
    expect(calls).toHaveLength(2)
  })

  it('looks again for an unknown kid at most once in 10 seconds', async () => {
    const { env: watched, calls } = recordingEnv(env)
    const start = Date.now()
    const stray = async (now: number) => {
      for (let i = 0; i < 20; i++) {
        const token = await forged({ header: { kid: randomId() } })
        expect(await verifyAccessToken(depsFor({ env: watched, now }), token)).toBeUndefined()
      }
      return calls.length
    }
    expect(await stray(start)).toBe(1)
    expect(await stray(start + 9_999)).toBe(1)
    expect(await stray(start + 10_000)).toBe(2)
    expect(await stray(start + 19_999)).toBe(2)
  })

  it('that remembers a token forgets it once it expires, and once its signing key is gone', async () => {
    const deps = isolate()
    const { token } = await signAccessToken(deps, session(deps.now))
    const at = (ms: number) => verifyAccessToken({ ...deps, now: deps.now + ms }, token)
    expect(await at(0)).toEqual({ userId: 7, sid })
    const key = await env.DB.prepare(
      "DELETE FROM signing_keys WHERE alg = 'ES256' RETURNING kid, alg, public_jwk, private_key, created_at, signs_from, signs_until, published_until",
    ).first()
    expect(await at(KEY_CACHE_MS - 1)).toEqual({ userId: 7, sid })
    expect(await at(KEY_CACHE_MS)).toBeUndefined()

    const values = Object.values(key ?? {})
    const columns = Object.keys(key ?? {}).join()
    const insert = `INSERT INTO signing_keys (${columns}) VALUES (${values.map(() => '?').join()})`
    await env.DB.prepare(insert)
      .bind(...values)
      .run()
    expect(await at(2 * KEY_CACHE_MS)).toEqual({ userId: 7, sid })
    expect(await at(3_599_000)).toEqual({ userId: 7, sid })
    expect(await at(3_600_000)).toBeUndefined()
  })
})

interface Forgery {
  header?: Record<string, unknown>
  claims?: JWTPayload
  without?: string
  key?: CryptoKey | Uint8Array
}

/** A token as ours in everything but what is given. */
async function forged({ header = {}, claims = {}, without, key }: Forgery): Promise<string> {
  const own = await signingKey(isolate())
  const payload: JWTPayload = { ...rightClaims(), ...claims }
  if (without !== undefined) delete payload[without]
  return new SignJWT(payload)
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: own.kid, ...header })
    .sign(key ?? own.key)
}

function rightClaims(): JWTPayload {
  const iat = Math.floor(Date.now() / 1000)
  return { iss: ISSUER, aud: 'gatehouse', sub: '7', sid, jti: randomId(), iat, exp: iat + 600 }
}

describe('a token', () => {
  it('that is ours in everything passes: the control of what follows', async () => {
    expect(await verifyAccessToken(isolate(), await forged({}))).toEqual({ userId: 7, sid })
    const restricted = await forged({ claims: { aud: 'gatehouse:restricted' } })
    expect(await verifyAccessToken(isolate(), restricted)).toEqual({ userId: 7, sid })
  })

  const past = Math.floor(Date.now() / 1000) - 1
  it.each<[string, Forgery]>([
    ['of another type', { header: { typ: 'JWT' } }],
    ['of no type', { header: { typ: undefined } }],
    ['for another audience', { claims: { aud: 'billing' } }],
    ['for an audience that only begins alike', { claims: { aud: 'gatehouse:admin' } }],
    ['of another issuer', { claims: { iss: 'http://evil.example' } }],
    ['that has expired', { claims: { exp: past } }],
    ['that is not valid yet', { claims: { nbf: past + 600 } }],
    ['without a kid', { header: { kid: undefined } }],
    ['of an unknown kid', { header: { kid: randomId() } }],
    ...['iss', 'aud', 'sub', 'sid', 'jti', 'iat', 'exp'].map((without): [string, Forgery] => [
      `without ${without}`,
      { without },
    ]),
  ])('%s is refused', async (_, forgery) => {
    expect(await verifyAccessToken(isolate(), await forged(forgery))).toBeUndefined()
  })

  it('signed by nobody, by a stranger or with the public key as a secret is refused', async () => {
    const [kid = ''] = kids
    const head = base64url.encode(JSON.stringify({ alg: 'none', typ: 'at+jwt', kid }))
    const body = new UnsecuredJWT(rightClaims()).encode().split('.')[1]
    const stranger = await generateKeyPair('ES256')
    const row = (await storedKeys()).find((each) => each.kid === kids[0])
    const jwk = row?.public_jwk ?? ''
    const published = await importJWK(JSON.parse(jwk) as JWK, 'ES256', { extractable: true })
    const spki = published instanceof Uint8Array ? '' : await exportSPKI(published)
    const forgeries = [
      `${head}.${body}.`,
      await forged({ key: stranger.privateKey }),
      await forged({ header: { alg: 'HS256' }, key: utf8(spki) }),
      await forged({ header: { alg: 'HS256' }, key: utf8(jwk) }),
      // Ours, and in everything an access token, but signed by the key of ID tokens.
      await forged({
        header: { alg: 'RS256', kid: rsaKids[0] },
        key: (await signingKey(isolate(), 'RS256')).key,
      }),
    ]
    for (const token of forgeries) {
      expect(await verifyAccessToken(isolate(), token)).toBeUndefined()
    }
  })

  it('of a restricted session has an audience of its own and no roles', async () => {
    const deps = isolate()
    const { token } = await signAccessToken(deps, { ...session(deps.now), isRestricted: true })
    const jwk = publishedKey((await get('/.well-known/jwks.json')).body.keys, 'ES256')
    const key = await importJWK(jwk ?? {})
    await expect(jwtVerify(token, key, { audience: 'gatehouse' })).rejects.toThrow('aud')
    const { payload } = await jwtVerify(token, key, { audience: 'gatehouse:restricted' })
    expect(payload).not.toHaveProperty('roles')
  })

  it('never outlives its session', async () => {
    const deps = isolate()
    for (const left of [86_400_000, 3_600_000, 3_599_000, 60_000, 5_000]) {
      const sessionExpiresAt = Math.floor(deps.now / 1000) * 1000 + left
      const made = await signAccessToken(deps, { ...session(deps.now), sessionExpiresAt })
      expect(made.expiresIn).toBe(Math.min(3600, left / 1000))
      const { exp = 0 } = JSON.parse(atob(made.token.split('.')[1] ?? '')) as JWTPayload
      expect(exp * 1000).toBeLessThanOrEqual(sessionExpiresAt)
    }
  })

  it('spelled another way names no other session', async () => {
    const token = await forged({})
    const last = `${ALPHABET}\n`.split('')
    for (const character of last) {
      const claims = await verifyAccessToken(isolate(), token.slice(0, -1) + character)
      expect([undefined, sid]).toContain(claims?.sid)
    }
    const [head, body = '', signature] = token.split('.')
    expect(
      await verifyAccessToken(isolate(), `${head}.${body.slice(0, -1)}A.${signature}`),
    ).toBeUndefined()
  })

  it.each(['', '.', '..', 'a.b.c', 'Bearer x', '%00', `${'A'.repeat(5000)}.e30.AA`])(
    'that is none is refused: %j',
    async (text) => {
      expect(await verifyAccessToken(isolate(), text)).toBeUndefined()
    },
  )
})
