/** Each parameter of an authorization request, and each error (RFC 6749, RFC 7636, RFC 8707, RFC 9207, OIDC Core). */
import { beforeAll, describe, expect, it, test } from 'vitest'
import { signedIn, type Visitor } from '../pages/visitor'
import { makeApp, type MadeApp, makeResource, REDIRECT_URI } from '../support/apps'
import { answered, ask, codeIn, FROM_APP, ISSUER, parametersOf, STATE, thirdParty } from './flow'

let ada: Visitor
let app: MadeApp
beforeAll(async () => {
  ada = (await signedIn()).visitor
  app = await makeApp()
})

const errorOf = async (more: Record<string, string | undefined>, of = app) => {
  const { error, error_description: description, ...rest } = answered(await ask(ada, of, more))
  expect(description).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/)
  expect(rest).toEqual({ iss: ISSUER, state: STATE })
  return error
}

test('a right request of a first-party app gets a code at once, with state and issuer', async () => {
  const { code, ...rest } = answered(await ask(ada, app))
  expect(rest).toEqual({ state: STATE, iss: ISSUER })
  expect(await codeIn(code)).toEqual({
    subject: expect.stringMatching(/^[\w-]{22}$/),
    id: expect.stringMatching(/^[\w-]{22}$/),
  })
})

test('without a state none comes back', async () => {
  expect(Object.keys(answered(await ask(ada, app, { state: undefined }))).sort()).toEqual([
    'code',
    'iss',
  ])
  expect(answered(await ask(ada, app, { state: '' }))).not.toHaveProperty('state')
})

describe('errors go to the app', () => {
  it.each<[string, Record<string, string | undefined>, string]>([
    ['no response_type', { response_type: undefined }, 'invalid_request'],
    ['an empty response_type', { response_type: '' }, 'invalid_request'],
    ['response_type=token', { response_type: 'token' }, 'unsupported_response_type'],
    ['the hybrid flow', { response_type: 'code id_token' }, 'unsupported_response_type'],
    ['response_type=none', { response_type: 'none' }, 'unsupported_response_type'],
    ['response_mode=fragment', { response_mode: 'fragment' }, 'unsupported_response_mode'],
    ['response_mode=web_message', { response_mode: 'web_message' }, 'unsupported_response_mode'],
    ['no scope', { scope: undefined }, 'invalid_scope'],
    ['unknown scopes alone', { scope: 'orders other' }, 'invalid_scope'],
    ['a scope with quotes alone', { scope: '"openid"' }, 'invalid_scope'],
    [
      'no challenge',
      { code_challenge: undefined, code_challenge_method: undefined },
      'invalid_request',
    ],
    ['plain', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['plain by leaving out the method', { code_challenge_method: undefined }, 'invalid_request'],
    ['a method without a challenge', { code_challenge: undefined }, 'invalid_request'],
    ['a short challenge', { code_challenge: 'x'.repeat(42) }, 'invalid_request'],
    ['a padded challenge', { code_challenge: `${'x'.repeat(43)}=` }, 'invalid_request'],
    ['prompt=none login', { prompt: 'none login' }, 'invalid_request'],
    ['prompt=none consent', { prompt: 'none consent' }, 'invalid_request'],
    ['an unknown prompt', { prompt: 'now' }, 'invalid_request'],
    ['a prompt in capitals', { prompt: 'LOGIN' }, 'invalid_request'],
    ['a negative max_age', { max_age: '-1' }, 'invalid_request'],
    ['max_age in words', { max_age: 'soon' }, 'invalid_request'],
    ['a broken max_age', { max_age: '1.5' }, 'invalid_request'],
    ['a long nonce', { nonce: 'n'.repeat(513) }, 'invalid_request'],
    ['request', { request: 'e30.e30.' }, 'request_not_supported'],
    ['request_uri', { request_uri: 'https://app.example/r' }, 'request_uri_not_supported'],
    ['registration', { registration: '{}' }, 'registration_not_supported'],
    ['claims that are no JSON', { claims: '{' }, 'invalid_request'],
    ['claims that are a list', { claims: '[]' }, 'invalid_request'],
    ['a claim that is text', { claims: '{"userinfo":{"email":"yes"}}' }, 'invalid_request'],
    ['an unknown resource', { resource: 'https://api.example.org/none' }, 'invalid_target'],
    ['a resource that is no URI', { resource: 'orders' }, 'invalid_target'],
    ['a hint that is no token', { id_token_hint: 'x.y.z' }, 'invalid_request'],
    [
      'an essential acr that nobody has',
      { claims: '{"id_token":{"acr":{"essential":true,"values":["urn:mace:gold"]}}}' },
      'unmet_authentication_requirements',
    ],
  ])('%s', async (_, more, code) => {
    expect(await errorOf(more)).toBe(code)
  })

  it('a long state is refused, and sent back all the same', async () => {
    const state = 's'.repeat(4_097)
    expect(answered(await ask(ada, app, { state }))).toMatchObject({
      error: 'invalid_request',
      state,
    })
  })

  it.each(['scope', 'nonce', 'code_challenge', 'prompt', 'response_type', 'claims'])(
    'a repeated %s',
    async (name) => {
      const sent = parametersOf(app, { prompt: 'login', claims: '{}' })
      sent.append(name, sent.get(name) ?? '')
      const shown = await ada.open(`/oauth/authorize?${sent.toString()}`, FROM_APP)
      expect(answered(shown)).toEqual({
        error: 'invalid_request',
        error_description: `Repeated: ${name}`,
        state: STATE,
        iss: ISSUER,
      })
    },
  )

  it('a repeated state, which does not come back', async () => {
    const sent = parametersOf(app)
    sent.append('state', 'another')
    const shown = await ada.open(`/oauth/authorize?${sent.toString()}`, FROM_APP)
    expect(answered(shown)).not.toHaveProperty('state')
    expect(answered(shown)).toMatchObject({ error: 'invalid_request', iss: ISSUER })
  })

  it('a repeated response_mode, by the mode that every app understands', async () => {
    const sent = parametersOf(app, { response_mode: 'form_post' })
    sent.append('response_mode', 'query')
    const shown = await ada.open(`/oauth/authorize?${sent.toString()}`, FROM_APP)
    expect(answered(shown)).toMatchObject({ error: 'invalid_request' })
  })
})

describe('ignored parameters', () => {
  it.each<[string, Record<string, string | undefined>]>([
    ['an unknown parameter', { frobnicate: '1' }],
    ['display', { display: 'popup' }],
    ['a strange display', { display: 'hologram' }],
    ['ui_locales', { ui_locales: 'de fr' }],
    ['login_hint', { login_hint: 'somebody@example.com' }],
    ['unknown scopes beside a known one', { scope: 'openid orders:read' }],
    ['two blanks between scopes', { scope: 'openid  email' }],
    ['an unknown acr', { acr_values: 'urn:mace:gold' }],
    ['a wish for two factors that the user does not have', { acr_values: 'urn:gatehouse:acr:2' }],
    ['unknown claims', { claims: '{"userinfo":{"shoe_size":null},"verified_claims":{}}' }],
    ['an empty prompt', { prompt: '' }],
    ['no nonce', { nonce: undefined }],
    ['our own parameter without a reason', { _after: '99999999999999' }],
  ])('%s', async (_, more) => {
    expect(answered(await ask(ada, app, more))).toHaveProperty('code')
  })
})

describe('the redirect URI', () => {
  it('may be left out by an app that has only one, unless it asks for openid', async () => {
    const api = await makeResource({ scopes: [{ name: 'orders:read' }] })
    const own = await makeApp({ scopes: ['openid', 'orders:read'], resources: [api.identifier] })
    const left = { redirect_uri: undefined }
    expect(answered(await ask(ada, own, { ...left, scope: 'orders:read' }))).toHaveProperty('code')
    expect((await ask(ada, own, left)).status).toBe(400)
    const two = await makeApp({
      scopes: ['orders:read'],
      resources: [api.identifier],
      redirectUris: [REDIRECT_URI, `${REDIRECT_URI}/2`],
    })
    expect((await ask(ada, two, { ...left, scope: 'orders:read' })).status).toBe(400)
  })

  it('keeps its own query', async () => {
    const redirectUri = `${REDIRECT_URI}?tenant=7&x=a%20b`
    const own = await makeApp({ redirectUris: [redirectUri] })
    const { to } = await ask(ada, own, { redirect_uri: redirectUri })
    expect(to?.startsWith(`${redirectUri}&code=`)).toBe(true)
  })
})

describe('PKCE', () => {
  it('is left out only by a confidential app that may', async () => {
    const none = { code_challenge: undefined, code_challenge_method: undefined }
    const optional = await makeApp({ pkce: 'optional' })
    expect(answered(await ask(ada, optional, none))).toHaveProperty('code')
    expect(await errorOf({ code_challenge_method: 'plain' }, optional)).toBe('invalid_request')
    // Whatever an admin has chosen for a public one.
    const spa = await makeApp({ kind: 'spa', pkce: 'optional' })
    expect(await errorOf(none, spa)).toBe('invalid_request')
  })
})

describe('resources (RFC 8707)', () => {
  let orders: string
  let stock: string
  let own: MadeApp
  beforeAll(async () => {
    orders = (await makeResource({ scopes: [{ name: 'orders:read' }] })).identifier
    stock = (await makeResource({ scopes: [{ name: 'stock:read' }] })).identifier
    const scopes = ['openid', 'orders:read', 'stock:read']
    own = await makeApp({ scopes, resources: [orders, stock] })
  })

  const withResources = (resources: string[], more: Record<string, string | undefined>) => {
    const sent = parametersOf(own, more)
    for (const each of resources) sent.append('resource', each)
    return ada.open(`/oauth/authorize?${sent.toString()}`, FROM_APP)
  }

  it('may be named more than once', async () => {
    const shown = await withResources([orders, stock, orders], { scope: 'orders:read stock:read' })
    expect(answered(shown)).toHaveProperty('code')
  })

  it('limit the scopes that are open', async () => {
    const shown = await withResources([stock], { scope: 'orders:read' })
    expect(answered(shown)).toMatchObject({ error: 'invalid_scope' })
  })

  it('bring all their scopes if none is named', async () => {
    expect(answered(await withResources([stock], { scope: undefined }))).toHaveProperty('code')
  })

  it('must be open to the app', async () => {
    const other = await makeResource({ scopes: [{ name: 'orders:read' }] })
    const shown = await withResources([other.identifier], { scope: 'orders:read' })
    expect(answered(shown)).toMatchObject({ error: 'invalid_target' })
  })
})

test('claims by name give an app of somebody else’s no more than its scopes', async () => {
  const other = await thirdParty()
  const claims = JSON.stringify({ userinfo: { email: { essential: true } } })
  const shown = await ask(ada, other, { claims })
  expect(shown.html).not.toContain('See your email address')
})
