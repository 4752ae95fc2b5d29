/** ID tokens and logout tokens, and that neither passes for anything but itself. */
import { env } from 'cloudflare:workers'
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify, SignJWT } from 'jose'
import { describe, expect, it, test } from 'vitest'
import { ACR_VALUES, acrOf, strengthOfAcr } from '../../src/app-tokens/acr'
import { signIdToken, verifyIdTokenHint } from '../../src/app-tokens/id-token'
import { signLogoutToken } from '../../src/app-tokens/logout-token'
import { randomId, toBase64Url, utf8 } from '../../src/crypto/encoding'
import { signAccessToken, verifyAccessToken } from '../../src/sessions/tokens/access-token'
import { signingKey } from '../../src/sessions/tokens/signing-keys'
import { get } from '../support/api'
import { depsFor } from '../support/deps'

const ISSUER = 'http://localhost:8787'
const NOW = Date.now()
const app = (idTokenAlg: 'RS256' | 'ES256' = 'RS256') => ({ clientId: randomId(), idTokenAlg })
const appSession = {
  id: randomId(),
  sub: 'S'.repeat(43),
  amr: ['pwd', 'otp', 'mfa'] as const,
  authTime: NOW - 60_500,
  expiresAt: NOW + 86_400_000,
}
const published = async () => createLocalJWKSet((await get('/.well-known/jwks.json')).body)
const deps = (now = NOW) => depsFor({ now })

describe.each(['RS256', 'ES256'] as const)('an ID token of %s', (alg) => {
  it('says who signed in, when and how, to the app alone', async () => {
    const client = app(alg)
    const accessToken = randomId()
    const token = await signIdToken(deps(), {
      app: client,
      appSession,
      nonce: 'n-1',
      accessToken,
      // Nothing that is asked for by name may stand in for a claim of the protocol.
      claims: { name: 'Ada', sub: 'admin', iss: 'http://evil', acr: 'high', nonce: 'n-2' },
    })
    const { payload, protectedHeader } = await jwtVerify(token, await published(), {
      issuer: ISSUER,
      audience: client.clientId,
    })
    const { kid } = await signingKey(deps(), alg)
    expect(protectedHeader).toEqual({ alg, typ: 'JWT', kid })
    const iat = Math.floor(NOW / 1000)
    const hash = await crypto.subtle.digest('SHA-256', utf8(accessToken))
    expect(payload).toEqual({
      iss: ISSUER,
      aud: client.clientId,
      sub: appSession.sub,
      sid: appSession.id,
      iat,
      exp: iat + 3600,
      auth_time: Math.floor(appSession.authTime / 1000),
      acr: ACR_VALUES[1],
      amr: ['pwd', 'otp', 'mfa'],
      nonce: 'n-1',
      at_hash: toBase64Url(hash.slice(0, 16)),
      name: 'Ada',
    })
  })

  it('is a hint long after it has expired, and only if it is unaltered', async () => {
    const client = app(alg)
    const token = await signIdToken(deps(), {
      app: client,
      appSession,
      nonce: null,
      accessToken: 'x',
    })
    expect(decodeJwt(token)).not.toHaveProperty('nonce')
    const later = deps(NOW + 60 * 86_400_000)
    const who = { clientId: client.clientId, sub: appSession.sub, sid: appSession.id }
    if (alg === 'RS256') expect(await verifyIdTokenHint(later, token)).toEqual(who)
    expect(await verifyIdTokenHint(deps(), token)).toEqual(who)
    const [head, body, signature = ''] = token.split('.')
    const other = signature.startsWith('A') ? 'B' : 'A'
    expect(await verifyIdTokenHint(deps(), `${head}.${body}.${other}${signature.slice(1)}`)).toBe(
      undefined,
    )
    const elsewhere = { ...deps(), config: { ...deps().config, PUBLIC_URL: 'http://evil.example' } }
    expect(await verifyIdTokenHint(elsewhere, token)).toBeUndefined()
  })

  it('does not outlive the app’s session', async () => {
    const expiresAt = Math.floor(NOW / 1000) * 1000 + 90_000
    const content = { app: app(alg), nonce: null, accessToken: 'x' }
    const token = await signIdToken(deps(), {
      ...content,
      appSession: { ...appSession, expiresAt },
    })
    expect(decodeJwt(token).exp).toBe(expiresAt / 1000)
  })
})

describe('a logout token', () => {
  it('is what the specification asks for, with another jti each time', async () => {
    const about = { app: app(), sub: appSession.sub, sid: appSession.id }
    const tokens = [await signLogoutToken(deps(), about), await signLogoutToken(deps(), about)]
    const { payload, protectedHeader } = await jwtVerify(tokens[0] ?? '', await published(), {
      issuer: ISSUER,
      audience: about.app.clientId,
      typ: 'logout+jwt',
    })
    expect(protectedHeader.alg).toBe('RS256')
    const { jti, iat = 0, ...rest } = payload
    expect(jti).not.toBe(decodeJwt(tokens[1] ?? '').jti)
    expect(rest).toEqual({
      iss: ISSUER,
      aud: about.app.clientId,
      sub: appSession.sub,
      sid: appSession.id,
      exp: iat + 120,
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    })
    const es = await signLogoutToken(deps(), { ...about, app: app('ES256') })
    expect(decodeProtectedHeader(es)).toMatchObject({ alg: 'ES256', typ: 'logout+jwt' })
  })
})

test('a token of one kind never passes for another', async () => {
  const content = { app: app('ES256'), appSession, nonce: null, accessToken: 'x' }
  const idToken = await signIdToken(deps(), content)
  const about = { app: app('ES256'), sub: appSession.sub, sid: appSession.id }
  const logoutToken = await signLogoutToken(deps(), about)
  const { token: own } = await signAccessToken(deps(), {
    userId: 7,
    sid: randomId() + randomId(),
    sessionExpiresAt: NOW + 3_600_000,
    isRestricted: false,
    roles: [],
  })
  expect(await verifyIdTokenHint(deps(), idToken)).toBeDefined()
  expect(await verifyIdTokenHint(deps(), logoutToken)).toBeUndefined()
  expect(await verifyIdTokenHint(deps(), own)).toBeUndefined()
  expect(await verifyAccessToken(deps(), own)).toBeDefined()
  expect(await verifyAccessToken(deps(), idToken)).toBeUndefined()
  expect(await verifyAccessToken(deps(), logoutToken)).toBeUndefined()
})

test('a hint whose header names another algorithm than its key is refused', async () => {
  const [rsa, ec] = [await signingKey(deps(), 'RS256'), await signingKey(deps(), 'ES256')]
  const claims = { iss: ISSUER, aud: randomId(), sub: 'S'.repeat(43) }
  const signed = (alg: string, kid: string, key: CryptoKey | Uint8Array) =>
    new SignJWT(claims).setProtectedHeader({ alg, typ: 'JWT', kid }).sign(key)
  expect(await verifyIdTokenHint(deps(), await signed('RS256', rsa.kid, rsa.key))).toBeDefined()
  const { results } = await env.DB.prepare('SELECT public_jwk FROM signing_keys').all()
  for (const token of [
    await signed('ES256', rsa.kid, ec.key),
    await signed('RS256', ec.kid, rsa.key),
    ...(await Promise.all(
      results.map((row) => signed('HS256', rsa.kid, utf8(String(row['public_jwk'])))),
    )),
    'x',
    '',
    'a.b.c',
  ]) {
    expect(await verifyIdTokenHint(deps(), token)).toBeUndefined()
  }
})

test('acr says how many factors the session has proved', () => {
  expect(acrOf({ amr: ['pwd'] })).toBe(ACR_VALUES[0])
  expect(acrOf({ amr: ['hwk', 'mfa'] })).toBe(ACR_VALUES[1])
  expect(ACR_VALUES.map(strengthOfAcr)).toEqual([1, 2])
  expect(strengthOfAcr('urn:mace:incommon:iap:silver')).toBeUndefined()
})
