/** openid-client 6: the library of Node's servers, which checks `iss`, nonces, signatures and hashes. */
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import * as client from 'openid-client'
import { beforeAll, describe, expect, inject, it } from 'vitest'
import { Browser } from './browser.ts'
import { type App, newPerson, registerApp, registerResource } from './gatehouse.ts'

const REDIRECT_URI = 'https://shop.example.org/callback'
const HOME = 'https://shop.example.org/'
const { base } = inject('gatehouse')

const discover = ({ client_id, client_secret }: App, authentication?: client.ClientAuth) =>
  client.discovery(
    new URL(base),
    client_id,
    undefined,
    authentication ?? client.ClientSecretBasic(client_secret),
    { execute: [client.allowInsecureRequests] },
  )

/** Signs a new user in, up to the answer at the redirect URI. */
async function authorized(config: client.Configuration, scope: string) {
  const pkceCodeVerifier = client.randomPKCECodeVerifier()
  const expectedState = client.randomState()
  const expectedNonce = client.randomNonce()
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: REDIRECT_URI,
    scope,
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: expectedState,
    nonce: expectedNonce,
  })
  const browser = new Browser()
  const person = await newPerson()
  await browser.open(url.href, HOME)
  const { url: answer } = await browser.signIn(person)
  const checks = { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true }
  return { answer: new URL(answer), checks, browser, person }
}

const resource = `https://api.example.org/${randomUUID()}`
beforeAll(() => registerResource(resource, ['orders:read']))

describe('a web app', () => {
  let app: App
  let config: client.Configuration
  beforeAll(async () => {
    app = await registerApp({
      redirect_uris: [REDIRECT_URI],
      post_logout_redirect_uris: [HOME],
      scopes: ['openid', 'profile', 'email', 'offline_access'],
    })
    config = await discover(app)
  })

  it('signs in, refreshes, asks for the user, introspects, revokes and signs out', async () => {
    const { answer, checks, browser, person } = await authorized(config, 'openid profile email')
    expect(answer.searchParams.get('iss')).toBe(base)
    const tokens = await client.authorizationCodeGrant(config, answer, checks)
    const claims = tokens.claims()
    if (!claims) throw new Error('no ID token')

    const renewed = await client.refreshTokenGrant(config, tokens.refresh_token ?? '')
    expect(renewed.access_token).not.toBe(tokens.access_token)
    const user = await client.fetchUserInfo(config, renewed.access_token, claims.sub)
    expect(user).toMatchObject({ sub: claims.sub, email: person.email, email_verified: true })

    const introspected = await client.tokenIntrospection(config, renewed.access_token)
    expect(introspected).toMatchObject({ active: true, client_id: app.client_id, sub: claims.sub })
    await client.tokenRevocation(config, renewed.refresh_token ?? '')
    expect(await client.tokenIntrospection(config, renewed.access_token)).toEqual({ active: false })
    await expect(
      client.refreshTokenGrant(config, renewed.refresh_token ?? ''),
    ).rejects.toMatchObject({ error: 'invalid_grant' })

    const end = client.buildEndSessionUrl(config, {
      id_token_hint: tokens.id_token ?? '',
      post_logout_redirect_uri: HOME,
      state: 'gone',
    })
    await browser.open(end.href, HOME)
    expect(browser.page.url).toBe(`${HOME}?state=gone`)
  })

  it('is signed out at the provider when it sends its user to sign out', async () => {
    const { answer, checks, browser } = await authorized(config, 'openid')
    const tokens = await client.authorizationCodeGrant(config, answer, checks)
    const end = client.buildEndSessionUrl(config, {
      id_token_hint: tokens.id_token ?? '',
      post_logout_redirect_uri: HOME,
    })
    expect((await browser.open(end.href, HOME)).url).toBe(HOME)
    await expect(
      client.fetchUserInfo(config, tokens.access_token, client.skipSubjectCheck),
    ).rejects.toMatchObject({ status: 401 })
    const silent = client.buildAuthorizationUrl(config, {
      redirect_uri: REDIRECT_URI,
      scope: 'openid',
      prompt: 'none',
      code_challenge: await client.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
      code_challenge_method: 'S256',
    })
    const { url } = await browser.open(silent.href, HOME)
    const { pkceCodeVerifier } = checks
    await expect(
      client.authorizationCodeGrant(config, new URL(url), { pkceCodeVerifier }),
    ).rejects.toMatchObject({ error: 'login_required' })
  })

  it('takes no answer of another issuer, nor one that names none', async () => {
    const { answer, checks } = await authorized(config, 'openid')
    for (const iss of ['https://elsewhere.example.org', null]) {
      const forged = new URL(answer)
      if (iss === null) forged.searchParams.delete('iss')
      else forged.searchParams.set('iss', iss)
      await expect(client.authorizationCodeGrant(config, forged, checks)).rejects.toMatchObject({
        cause: { message: expect.stringContaining('"iss"') },
      })
    }
    await client.authorizationCodeGrant(config, answer, checks)
  })

  it('gets nothing for a code with another verifier', async () => {
    const { answer, checks } = await authorized(config, 'openid')
    const pkceCodeVerifier = client.randomPKCECodeVerifier()
    await expect(
      client.authorizationCodeGrant(config, answer, { ...checks, pkceCodeVerifier }),
    ).rejects.toMatchObject({ error: 'invalid_grant' })
  })
})

describe('private_key_jwt', () => {
  it.each([
    ['ES256', () => generateKeyPairSync('ec', { namedCurve: 'P-256' })],
    ['RS256', () => generateKeyPairSync('rsa', { modulusLength: 2048 })],
  ] as const)('signs in and acts for itself with a key of %s', async (alg, generate) => {
    const { publicKey, privateKey } = generate()
    const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'k1', alg, use: 'sig' }
    const imported =
      alg === 'ES256'
        ? { name: 'ECDSA', namedCurve: 'P-256' }
        : { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
    const key = await crypto.subtle.importKey(
      'pkcs8',
      privateKey.export({ format: 'der', type: 'pkcs8' }),
      imported,
      false,
      ['sign'],
    )
    const byKey = { auth_method: 'private_key_jwt', jwks: { keys: [jwk] } }
    const authentication = client.PrivateKeyJwt({ key, kid: 'k1' })

    const app = await registerApp({ ...byKey, redirect_uris: [REDIRECT_URI] })
    const config = await discover(app, authentication)
    const { answer, checks } = await authorized(config, 'openid')
    const tokens = await client.authorizationCodeGrant(config, answer, checks)
    expect(tokens.claims()?.aud).toBe(app.client_id)
    expect(await client.tokenIntrospection(config, tokens.access_token)).toMatchObject({
      active: true,
    })

    const machine = await registerApp({
      ...byKey,
      kind: 'machine',
      resources: [resource],
      scopes: ['orders:read'],
    })
    const own = await client.clientCredentialsGrant(await discover(machine, authentication), {
      resource,
    })
    expect(own.scope).toBe('orders:read')
  })
})

describe('a machine', () => {
  it('gets a token for itself, which is introspected, and learns that it cannot be revoked', async () => {
    const app = await registerApp({
      kind: 'machine',
      resources: [resource],
      scopes: ['orders:read'],
    })
    const config = await discover(app)
    const { access_token, scope } = await client.clientCredentialsGrant(config, {
      scope: 'orders:read',
      resource,
    })
    expect(scope).toBe('orders:read')
    expect(await client.tokenIntrospection(config, access_token)).toMatchObject({
      active: true,
      client_id: app.client_id,
      sub: app.client_id,
    })
    await expect(client.tokenRevocation(config, access_token)).rejects.toMatchObject({
      error: 'unsupported_token_type',
    })
  })
})
