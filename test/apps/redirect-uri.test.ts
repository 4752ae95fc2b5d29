/** Which redirect URIs can be registered, and which of an authorization request match a registered one. */
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import {
  type AppKind,
  matchesRedirectUri,
  redirectUriFault,
  siteUriFault,
} from '../../src/apps/redirect-uri'

const PRODUCTION = { PUBLIC_URL: 'https://id.acme.com', isLoopback: false }
const DEVELOPMENT = { PUBLIC_URL: 'http://localhost:8787', isLoopback: true }

const fault = (uri: string, kind: AppKind = 'web', own = PRODUCTION) =>
  redirectUriFault(own, kind, uri) ?? 'fine'

describe('for every kind', () => {
  it.each([
    'https://client.example.org/callback',
    'https://client.example.org:8443/test/a/gatehouse/callback?dummy1=lorem&dummy2=ipsum',
    'https://client.example.org',
    'https://CLIENT.example.org/%7Ecallback',
    'https://10.0.0.7/callback',
    'https://[2001:db8::1]:8443/callback',
    'https://xn--bcher-kva.example/callback',
  ])('%s can be registered', (uri) => {
    for (const kind of ['web', 'spa', 'native'] as const) expect(fault(uri, kind)).toBe('fine')
  })

  it.each([
    ['', 'invalid_uri'],
    ['/callback', 'invalid_uri'],
    ['//client.example.org/callback', 'invalid_uri'],
    ['client.example.org/callback', 'invalid_uri'],
    ['https:client.example.org/callback', 'not_https'],
    ['https:/client.example.org/callback', 'not_https'],
    ['HTTPS://client.example.org/callback', 'not_https'],
    ['https:///client.example.org', 'invalid_uri'],
    ['https://', 'invalid_uri'],
    ['https://client.example.org/#', 'has_fragment'],
    ['https://client.example.org/callback#x', 'has_fragment'],
    ['https://*.example.org/callback', 'has_wildcard'],
    ['https://client.example.org/*', 'has_wildcard'],
    ['https://client.example.org/callback?x=*', 'has_wildcard'],
    ['https://user@client.example.org/', 'has_credentials'],
    ['https://:pass@client.example.org/', 'has_credentials'],
    ['https://@client.example.org/', 'has_credentials'],
    ['https://client.example.org@evil.example/', 'has_credentials'],
    ['https://evil.example\\@client.example.org/', 'invalid_uri'],
    ['https:\\\\evil.example/', 'invalid_uri'],
    ['https://client.example.org/a b', 'invalid_uri'],
    ['https://client.example.org/\tcallback', 'invalid_uri'],
    ['https://client.example.org/\r\nSet-Cookie: a=b', 'invalid_uri'],
    ['https://client.example.org/\u0000', 'invalid_uri'],
    [' https://client.example.org/', 'invalid_uri'],
    ['https://client.example.org/\n', 'invalid_uri'],
    ['https://bücher.example/callback', 'invalid_uri'],
    ['https://client.example.org/ü', 'invalid_uri'],
    ['https://client.example.org/%', 'invalid_uri'],
    ['https://client.example.org/%zz', 'invalid_uri'],
    ['https://client.example.org/<script>', 'invalid_uri'],
    ['https://client.example.org/"onload', 'invalid_uri'],
    ['https://2130706433/', 'invalid_uri'],
    ['https://0x7f.1/', 'invalid_uri'],
    ['https://%65vil.example/', 'invalid_uri'],
    ['https://client.example.org:99999/', 'invalid_uri'],
    ['https://client.example.org:/', 'invalid_uri'],
    ['https://client.example.org/callback?code=x', 'has_answer_parameter'],
    ['https://client.example.org/callback?a=1&%73tate=x', 'has_answer_parameter'],
    ['https://client.example.org/callback?iss=x', 'has_answer_parameter'],
    ['https://client.example.org/callback?error=x', 'has_answer_parameter'],
    ['http://client.example.org/callback', 'not_https'],
    ['http://localhost/callback', 'not_https'],
    ['http://localhost:3000/callback', 'not_https'],
    ['https://id.acme.com/account', 'own_origin'],
    ['https://ID.acme.com:443/account', 'own_origin'],
    [`https://client.example.org/${'x'.repeat(2000)}`, 'invalid_uri'],
  ])('%j cannot: %s', (uri, why) => {
    expect(fault(uri)).toBe(why)
    expect(fault(uri, 'spa')).toBe(why)
    expect(fault(uri, 'native')).toBe(why)
  })

  it.each([
    'javascript:alert(1)',
    'javascript://client.example.org/%0aalert(1)',
    'data:text/html,x',
    'blob:https://client.example.org/x',
    'file:///etc/passwd',
    'vbscript:x',
    'about:blank',
    'ftp://client.example.org/',
    'ws://client.example.org/',
    'myapp:/callback',
    'urn:ietf:wg:oauth:2.0:oob',
    'intent://client.example.org/#Intent;end',
  ])('%s is never taken', (uri) => {
    for (const kind of ['web', 'spa', 'native', 'machine'] as const) {
      expect(fault(uri, kind)).not.toBe('fine')
      expect(fault(uri, kind, DEVELOPMENT)).not.toBe('fine')
    }
  })
})

describe('of native apps', () => {
  it.each([
    'com.example.app:/callback',
    'com.example.app://callback/x?y=1',
    'org.example-apps.orders:/oauth',
    'http://127.0.0.1/callback',
    'http://127.0.0.1',
    'http://127.0.0.1:8250/callback',
    'http://[::1]/callback',
  ])('%s can be registered, but not for another kind', (uri) => {
    expect(fault(uri, 'native')).toBe('fine')
    expect(fault(uri, 'web')).toBe('not_https')
    expect(fault(uri, 'spa')).toBe('not_https')
  })

  it.each([
    ['com.example.app:callback', 'scheme_without_dot'],
    ['COM.example.app:/callback', 'scheme_without_dot'],
    ['com..app:/callback', 'scheme_without_dot'],
    ['com.example.app://user@callback', 'has_credentials'],
    ['com.example.app://@callback', 'has_credentials'],
    ['com.example.app:/callback#x', 'has_fragment'],
    ['com.example.app:/*', 'has_wildcard'],
    ['com.example.app:/callback?code=1', 'has_answer_parameter'],
    ['http://127.0.0.2/callback', 'not_https'],
    ['http://127.1/callback', 'invalid_uri'],
    ['http://127.0.0.1.evil.example/callback', 'not_https'],
    ['http://127.0.0.1@evil.example/callback', 'has_credentials'],
    ['http://[::ffff:127.0.0.1]/callback', 'invalid_uri'],
    ['http://0.0.0.0/callback', 'not_https'],
  ])('%s cannot: %s', (uri, why) => expect(fault(uri, 'native')).toBe(why))
})

test('while the service runs on the own machine, apps may do so too, but not on its own port', () => {
  for (const kind of ['web', 'spa', 'native'] as const) {
    expect(fault('http://localhost:3000/callback', kind, DEVELOPMENT)).toBe('fine')
    expect(fault('http://127.0.0.1:3000/callback', kind, DEVELOPMENT)).toBe('fine')
    expect(fault('http://client.example.org/callback', kind, DEVELOPMENT)).toBe('not_https')
    expect(fault('http://localhost:8787/callback', kind, DEVELOPMENT)).toBe('own_origin')
  }
})

test('a registered URI is what a browser makes of it: same origin, no more', () => {
  const part = fc.stringMatching(/^[\w.~:/?[\]@!$&'()+,;=%\\ \t#*-]{0,12}$/)
  fc.assert(
    fc.property(fc.constantFrom('https://', 'http://', ''), part, part, (scheme, host, rest) => {
      const uri = `${scheme}${host}.example${rest}`
      if (fault(uri) !== 'fine') return
      const url = new URL(uri)
      expect(uri.toLowerCase().startsWith(`https://${url.hostname}`)).toBe(true)
      expect(url.username + url.password + url.hash).toBe('')
    }),
    { numRuns: 2000 },
  )
})

test('other addresses of a site are https too', () => {
  expect(siteUriFault(PRODUCTION, 'https://client.example.org/terms?code=de')).toBeUndefined()
  expect(siteUriFault(PRODUCTION, 'http://client.example.org/terms')).toBe('not_https')
  expect(siteUriFault(PRODUCTION, 'com.example.app:/terms')).toBe('not_https')
  expect(siteUriFault(PRODUCTION, 'javascript:alert(1)')).toBe('not_https')
  expect(siteUriFault(DEVELOPMENT, 'http://localhost:3000/terms')).toBeUndefined()
})

describe('an authorization request', () => {
  const web = {
    kind: 'web' as const,
    redirectUris: ['https://client.example.org/callback', 'http://127.0.0.1/callback'],
  }
  const native = {
    kind: 'native' as const,
    redirectUris: ['com.example.app:/callback', 'http://127.0.0.1', 'http://[::1]:1/cb?x=1'],
  }

  it.each([
    ['https://client.example.org/callback', true],
    ['https://client.example.org/callback/', false],
    ['https://client.example.org/callback?', false],
    ['https://client.example.org/callback?x=1', false],
    ['https://client.example.org/callback#', false],
    ['https://client.example.org:443/callback', false],
    ['https://CLIENT.example.org/callback', false],
    ['https://client.example.org/%63allback', false],
    ['https://client.example.org/callback/../evil', false],
    ['https://client.example.org', false],
    ['http://client.example.org/callback', false],
    ['http://127.0.0.1:3000/callback', false],
    ['', false],
  ])('web: %j is %s', (uri, matches) => expect(matchesRedirectUri(web, uri)).toBe(matches))

  it.each([
    ['com.example.app:/callback', true],
    ['com.example.app:/callback2', false],
    ['http://127.0.0.1', true],
    ['http://127.0.0.1:41234', true],
    ['http://127.0.0.1:41234/', false],
    ['http://127.0.0.1:99999', false],
    ['http://127.0.0.1:', false],
    ['http://127.0.0.1:80@evil.example', false],
    ['http://127.0.0.1@evil.example', false],
    ['http://127.0.0.1.evil.example', false],
    ['http://127.0.0.1:41234\\@evil.example', false],
    ['http://localhost:41234', false],
    ['https://127.0.0.1:41234', false],
    ['http://[::1]:41234/cb?x=1', true],
    ['http://[::1]/cb?x=1', true],
    ['http://127.0.0.1/cb?x=1', false],
    ['http://[::1]:41234/cb?x=2', false],
    ['http://[::1]:41234/cb?x=1&x=2', false],
  ])('native: %j is %s', (uri, matches) => expect(matchesRedirectUri(native, uri)).toBe(matches))
})
