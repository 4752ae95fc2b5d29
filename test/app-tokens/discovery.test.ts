/** The discovery document: one text at two addresses, and true. */
import { expect, test } from 'vitest'
import { routes } from '../../src/app'
import { get, send } from '../support/api'

const PATHS = ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server']

test('is the same at both addresses, for pages of any origin', async () => {
  const replies = await Promise.all(
    PATHS.map((path) => get(path, { headers: { origin: 'https://x.example' } })),
  )
  expect(replies[0]?.body).toEqual(replies[1]?.body)
  for (const reply of replies) {
    expect(reply.headers.get('access-control-allow-origin')).toBe('*')
    expect(reply.headers.get('content-type')).toMatch(/^application\/json/)
  }
})

test('names what OpenID Connect and OAuth demand', async () => {
  const { body } = await get(PATHS[0] ?? '')
  expect(body).toMatchObject({
    issuer: 'http://localhost:8787',
    response_types_supported: ['code'],
    response_modes_supported: ['query', 'form_post'],
    grant_types_supported: [
      'authorization_code',
      'refresh_token',
      'client_credentials',
      'urn:ietf:params:oauth:grant-type:device_code',
    ],
    device_authorization_endpoint: 'http://localhost:8787/oauth/device',
    client_id_metadata_document_supported: true,
    code_challenge_methods_supported: ['S256'],
    subject_types_supported: ['pairwise'],
    authorization_response_iss_parameter_supported: true,
    backchannel_logout_supported: true,
    backchannel_logout_session_supported: true,
    request_parameter_supported: false,
    request_uri_parameter_supported: false,
    claims_parameter_supported: true,
    ui_locales_supported: ['en', 'de', 'fr'],
    acr_values_supported: ['urn:gatehouse:acr:1', 'urn:gatehouse:acr:2'],
  })
  expect(body.id_token_signing_alg_values_supported).toContain('RS256')
  for (const values of [body.id_token_signing_alg_values_supported, body.scopes_supported]) {
    expect(values).not.toContain('none')
    expect(values).not.toContain('HS256')
  }
  expect(body.introspection_endpoint_auth_methods_supported).not.toContain('none')
  expect(body).not.toHaveProperty('registration_endpoint')
})

test('every endpoint of this part is a route', async () => {
  const { body } = await get(PATHS[0] ?? '')
  const paths = new Set<string>(routes.map(({ path }) => path))
  const named = ['token', 'revocation', 'introspection', 'userinfo'].map(
    (each) => `${each}_endpoint`,
  )
  for (const name of [...named, 'jwks_uri']) {
    expect(paths.has(new URL(body[name]).pathname), name).toBe(true)
  }
  const keys = (await send(new URL(body.jwks_uri).pathname, {})).body.keys as { alg: string }[]
  for (const alg of body.id_token_signing_alg_values_supported) {
    expect(keys.map((key) => key.alg)).toContain(alg)
  }
})
