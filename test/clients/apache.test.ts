/** Debian's modules for Apache: mod_auth_openidc signs users in, mod_oauth2 protects an API by introspection. */
import { randomUUID } from 'node:crypto'
import { decodeJwt } from 'jose'
import * as oauth from 'oauth4webapi'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { type Apache, freePort, startApache } from './apache.ts'
import { Browser } from './browser.ts'
import { hasDebianClients } from './debian.ts'
import {
  type App,
  eventually,
  logoutDeliveries,
  newPerson,
  registerApp,
  registerResource,
  signOutEverywhere,
} from './gatehouse.ts'

const { base } = inject('gatehouse')

describe.skipIf(!hasDebianClients())('mod_auth_openidc', () => {
  let apache: Apache
  let app: App

  beforeAll(async () => {
    const port = await freePort()
    const origin = `http://127.0.0.1:${port}`
    const redirectUri = `${origin}/members/callback`
    app = await registerApp({
      name: 'Members',
      redirect_uris: [redirectUri],
      post_logout_redirect_uris: [`${origin}/bye.html`],
      backchannel_logout_uri: `${redirectUri}?logout=backchannel`,
    })
    apache = await startApache(
      port,
      ['auth_openidc'],
      `
      OIDCProviderMetadataURL ${base}/.well-known/openid-configuration
      OIDCClientID ${app.client_id}
      OIDCClientSecret ${app.client_secret}
      OIDCRedirectURI ${redirectUri}
      OIDCCryptoPassphrase ${randomUUID()}
      OIDCPKCEMethod S256
      OIDCScope "openid profile email"
      OIDCRemoteUserClaim email
      <Location /members>
        AuthType openid-connect
        Require valid-user
      </Location>`,
      {
        'members/index.shtml': 'hello <!--#echo var="REMOTE_USER" -->',
        'bye.html': 'bye',
      },
    )
  }, 60_000)
  afterAll(() => (apache as Apache | undefined)?.stop())

  async function signedIn() {
    const browser = new Browser()
    const person = await newPerson()
    await browser.open(`${apache.origin}/members/index.shtml`)
    await browser.signIn(person)
    expect(browser.page.html, apache.log()).toBe(`hello ${person.email}`)
    return { browser, person }
  }
  const isSignedIn = async (browser: Browser) =>
    (await browser.open(`${apache.origin}/members/index.shtml`)).html.startsWith('hello ')

  it('protects a page by a sign-in, and signs out here and at Gatehouse', async () => {
    const { browser } = await signedIn()
    expect(await isSignedIn(browser)).toBe(true)
    const bye = `${apache.origin}/bye.html`
    await browser.open(
      `${apache.origin}/members/callback?logout=${encodeURIComponent(bye)}`,
      `${apache.origin}/members/index.shtml`,
    )
    expect(browser.page).toMatchObject({ url: bye, html: 'bye' })
    await browser.open(`${apache.origin}/members/index.shtml`)
    expect(browser.page.url).toContain(`${base}/sign-in`)
  })

  it('ends its session when an admin ends those of the user', async () => {
    const { browser, person } = await signedIn()
    const other = await signedIn()
    await signOutEverywhere(person)
    await eventually(async () => !(await isSignedIn(browser)) || undefined)
    expect(await isSignedIn(other.browser)).toBe(true)
    const states = (await logoutDeliveries(app)).map(({ state }) => state)
    expect(new Set(states), apache.log()).toEqual(new Set(['delivered']))
  })
})

describe.skipIf(!hasDebianClients())('mod_oauth2', () => {
  const REDIRECT_URI = 'https://desk.example.org/callback'
  const options = { [oauth.allowInsecureRequests]: true }
  const identifier = `https://api.example.org/${randomUUID()}`
  let apache: Apache
  let as: oauth.AuthorizationServer

  beforeAll(async () => {
    const port = await freePort()
    const { id, secret } = await registerResource(identifier, ['orders:read', 'orders:write'])
    // Without expiry=0 the module keeps an answer for minutes, and revoked tokens pass for as long.
    apache = await startApache(
      port,
      ['oauth2'],
      `
      OAuth2TokenVerify introspect ${base}/oauth/introspect introspect.auth=client_secret_basic&client_id=${id}&client_secret=${secret}&expiry=0
      <Location /orders>
        AuthType oauth2
        Require valid-user
      </Location>
      <Location /orders/new>
        AuthType oauth2
        Require oauth2_claim scope:orders:write
      </Location>`,
      {
        'orders/index.shtml': 'orders of <!--#echo var="REMOTE_USER" -->',
        'orders/new/index.shtml': 'ordered by <!--#echo var="REMOTE_USER" -->',
      },
    )
    const response = await oauth.discoveryRequest(new URL(base), options)
    as = await oauth.processDiscoveryResponse(new URL(base), response)
  }, 60_000)
  afterAll(() => (apache as Apache | undefined)?.stop())

  const call = async (path: string, token: string) => {
    const headers = { authorization: `Bearer ${token}` }
    const response = await fetch(`${apache.origin}${path}`, { headers })
    return { status: response.status, text: await response.text() }
  }

  it('lets a machine in by its own token, which has a `sub`', async () => {
    const { client_id, client_secret } = await registerApp({
      kind: 'machine',
      resources: [identifier],
      scopes: ['orders:read'],
    })
    const bySecret = oauth.ClientSecretBasic(client_secret)
    const wish = { resource: identifier }
    const { access_token: token } = await oauth.processClientCredentialsResponse(
      as,
      { client_id },
      await oauth.clientCredentialsGrantRequest(as, { client_id }, bySecret, wish, options),
    )
    expect(await call('/orders/index.shtml', token), apache.log()).toEqual({
      status: 200,
      text: `orders of ${client_id}`,
    })
    expect((await call('/orders/new/index.shtml', token)).status).toBe(401)
    expect((await call('/orders/index.shtml', `${token}x`)).status).toBe(401)
  })

  it('lets a user in whose token has the scope, until it is revoked', async () => {
    const { client_id, client_secret } = await registerApp({
      redirect_uris: [REDIRECT_URI],
      resources: [identifier],
      scopes: ['orders:write'],
    })
    const client = { client_id }
    const bySecret = oauth.ClientSecretBasic(client_secret)
    const verifier = oauth.generateRandomCodeVerifier()
    const url = new URL(as.authorization_endpoint ?? '')
    url.search = new URLSearchParams({
      client_id,
      redirect_uri: REDIRECT_URI,
      response_type: 'code',
      scope: 'orders:write',
      resource: identifier,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    }).toString()
    const browser = new Browser()
    const person = await newPerson()
    await browser.open(url.href)
    await browser.signIn(person)
    const { access_token: token } = await oauth.processAuthorizationCodeResponse(
      as,
      client,
      await oauth.authorizationCodeGrantRequest(
        as,
        client,
        bySecret,
        oauth.validateAuthResponse(as, client, new URL(browser.page.url)),
        REDIRECT_URI,
        verifier,
        options,
      ),
    )
    const { sub } = decodeJwt(token)
    expect(await call('/orders/new/index.shtml', token), apache.log()).toEqual({
      status: 200,
      text: `ordered by ${sub}`,
    })
    await oauth.processRevocationResponse(
      await oauth.revocationRequest(as, client, bySecret, token, options),
    )
    expect((await call('/orders/index.shtml', token)).status).toBe(401)
    expect((await call('/orders/new/index.shtml', token)).status).toBe(401)
  })
})
