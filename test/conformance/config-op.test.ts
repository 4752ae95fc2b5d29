/** The plan "Config OP" of the OpenID Foundation's conformance suite (oidcc-config-certification-test-plan). */
import { expect, test } from 'vitest'
import { get } from '../support/api'
import { depsFor } from '../support/deps'

test('oidcc-discovery-endpoint-verification', async () => {
  const { PUBLIC_URL } = depsFor().config
  const { status, headers, body } = await get('/.well-known/openid-configuration')
  expect(status).toBe(200)
  expect(headers.get('content-type')).toMatch(/^application\/json/)
  expect(body.issuer).toBe(PUBLIC_URL)
  const includes = {
    response_types_supported: 'code',
    id_token_signing_alg_values_supported: 'RS256',
    grant_types_supported: 'authorization_code',
    scopes_supported: 'openid',
    claims_supported: 'sub',
    code_challenge_methods_supported: 'S256',
  }
  for (const [name, value] of Object.entries(includes)) expect(body[name], name).toContain(value)
  expect(body.subject_types_supported).toEqual(['pairwise'])
  for (const scope of body.scopes_supported) expect(scope).toMatch(/^[\x21\x23-\x5b\x5d-\x7e]+$/)
  // BCP 47, in its canonical case.
  expect(Intl.getCanonicalLocales(body.ui_locales_supported)).toEqual(body.ui_locales_supported)
  const endpoints = Object.entries<string>(body).filter(([name]) => /(_endpoint|_uri)$/.test(name))
  expect(endpoints.map(([name]) => name)).toEqual(
    expect.arrayContaining([
      'authorization_endpoint',
      'token_endpoint',
      'userinfo_endpoint',
      'jwks_uri',
    ]),
  )
  // The suite asks for https, which the issuer of a deployment is.
  for (const [name, url] of endpoints) expect(url, name).toMatch(`${PUBLIC_URL}/`)
  // What is not offered must not be claimed (Discovery section 3: some default to true).
  expect(body).toMatchObject({
    request_parameter_supported: false,
    request_uri_parameter_supported: false,
    claims_parameter_supported: true,
  })
  const { keys } = (await get(body.jwks_uri)).body
  expect(new Set(keys.map(({ kid }: { kid: string }) => kid)).size).toBe(keys.length)
  for (const key of keys) {
    expect(['RSA', 'EC']).toContain(key.kty)
    expect(key).toMatchObject({ use: 'sig', alg: expect.stringMatching(/^(RS|ES)256$/) })
    for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'])
      expect(key).not.toHaveProperty(secret)
  }
  // RFC 8414: the same document under its own name.
  expect((await get('/.well-known/oauth-authorization-server')).body).toEqual(body)
})
