/** oauth4webapi 3: the library below openid-client and Auth.js, call by call. */
import { randomUUID } from 'node:crypto'
import * as oauth from 'oauth4webapi'
import { beforeAll, describe, expect, inject, it } from 'vitest'
import { Browser } from './browser.ts'
import { newPerson, registerApp, registerResource } from './gatehouse.ts'

const REDIRECT_URI = 'https://desk.example.org/callback'
const HOME = 'https://desk.example.org/'
const { base } = inject('gatehouse')
/** The service of the tests has no certificate. */
const options = { [oauth.allowInsecureRequests]: true }

const resource = `https://api.example.org/${randomUUID()}`
let as: oauth.AuthorizationServer
beforeAll(async () => {
  await registerResource(resource, ['orders:read'])
})

describe.each([
  { algorithm: 'oidc', type: 'OpenID Connect discovery' },
  { algorithm: 'oauth2', type: 'RFC 8414' },
] as const)('by $type', ({ algorithm }) => {
  beforeAll(async () => {
    const issuer = new URL(base)
    const response = await oauth.discoveryRequest(issuer, { ...options, algorithm })
    as = await oauth.processDiscoveryResponse(issuer, response)
  })

  it('a single page app signs in by PKCE, refreshes, asks for the user and signs out', async () => {
    const { client_id } = await registerApp({
      kind: 'spa',
      redirect_uris: [REDIRECT_URI],
      post_logout_redirect_uris: [HOME],
    })
    const client: oauth.Client = { client_id }
    const { code, verifier, nonce, browser, email } = await authorized(client)
    const tokens = await oauth.processAuthorizationCodeResponse(
      as,
      client,
      await oauth.authorizationCodeGrantRequest(
        as,
        client,
        oauth.None(),
        code,
        REDIRECT_URI,
        verifier,
        options,
      ),
      { expectedNonce: nonce, requireIdToken: true },
    )
    const claims = oauth.getValidatedIdTokenClaims(tokens)
    if (!claims || tokens.id_token === undefined) throw new Error('no ID token')
    const renewed = await refreshed(client, oauth.None(), tokens.refresh_token)
    const user = await oauth.processUserInfoResponse(
      as,
      client,
      claims.sub,
      await oauth.userInfoRequest(as, client, renewed.access_token, options),
    )
    expect(user['email']).toBe(email)

    const end = new URL(as.end_session_endpoint ?? '')
    end.searchParams.set('id_token_hint', tokens.id_token)
    end.searchParams.set('post_logout_redirect_uri', HOME)
    expect((await browser.open(end.href, HOME)).url).toBe(HOME)
    await expect(refreshed(client, oauth.None(), renewed.refresh_token)).rejects.toMatchObject({
      error: 'invalid_grant',
    })
  })

  it('a web app presents its secret in the form, introspects and revokes', async () => {
    const app = await registerApp({
      auth_method: 'client_secret_post',
      redirect_uris: [REDIRECT_URI],
    })
    const client: oauth.Client = { client_id: app.client_id }
    const bySecret = oauth.ClientSecretPost(app.client_secret)
    const { code, verifier, nonce } = await authorized(client)
    const request = () =>
      oauth.authorizationCodeGrantRequest(
        as,
        client,
        bySecret,
        code,
        REDIRECT_URI,
        verifier,
        options,
      )
    const expected = { expectedNonce: nonce, requireIdToken: true }
    const response = await request()
    const tokens = await oauth.processAuthorizationCodeResponse(as, client, response, expected)
    await oauth.validateApplicationLevelSignature(as, response, options)

    const introspect = async () =>
      oauth.processIntrospectionResponse(
        as,
        client,
        await oauth.introspectionRequest(as, client, bySecret, tokens.access_token, options),
      )
    expect(await introspect()).toMatchObject({ active: true, client_id: app.client_id })
    await oauth.processRevocationResponse(
      await oauth.revocationRequest(as, client, bySecret, tokens.access_token, options),
    )
    expect(await introspect()).toEqual({ active: false })
    await expect(
      oauth.processAuthorizationCodeResponse(as, client, await request(), expected),
    ).rejects.toMatchObject({ error: 'invalid_grant' })
  })

  it('a machine gets an access token of RFC 9068 that an API can verify by itself', async () => {
    const app = await registerApp({
      kind: 'machine',
      resources: [resource],
      scopes: ['orders:read'],
    })
    const client: oauth.Client = { client_id: app.client_id }
    const { access_token } = await oauth.processClientCredentialsResponse(
      as,
      client,
      await oauth.clientCredentialsGrantRequest(
        as,
        client,
        oauth.ClientSecretBasic(app.client_secret),
        { resource, scope: 'orders:read' },
        options,
      ),
    )
    const request = new Request(resource, { headers: { authorization: `Bearer ${access_token}` } })
    const claims = await oauth.validateJwtAccessToken(as, request, resource, options)
    expect(claims).toMatchObject({ sub: app.client_id, scope: 'orders:read' })
    await expect(
      oauth.validateJwtAccessToken(as, request, 'https://api.example.org/other', options),
    ).rejects.toThrow(/aud/)
  })
})

/** Signs a new user in, up to the validated answer at the redirect URI. */
async function authorized(client: oauth.Client) {
  const verifier = oauth.generateRandomCodeVerifier()
  const state = oauth.generateRandomState()
  const nonce = oauth.generateRandomNonce()
  const url = new URL(as.authorization_endpoint ?? '')
  const parameters = {
    client_id: client.client_id,
    redirect_uri: REDIRECT_URI,
    response_type: 'code',
    scope: 'openid email',
    state,
    nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  }
  url.search = new URLSearchParams(parameters).toString()
  const browser = new Browser()
  const { email } = await newPerson().then(async (person) => {
    await browser.open(url.href, HOME)
    await browser.signIn(person)
    return person
  })
  // Checks `iss` too, which the document says that answers carry.
  const code = oauth.validateAuthResponse(as, client, new URL(browser.page.url), state)
  return { code, verifier, nonce, browser, email }
}

const refreshed = async (
  client: oauth.Client,
  authentication: oauth.ClientAuth,
  refreshToken = '',
) =>
  oauth.processRefreshTokenResponse(
    as,
    client,
    await oauth.refreshTokenGrantRequest(as, client, authentication, refreshToken, options),
  )
