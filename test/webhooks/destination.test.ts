/** Where a webhook may go, against every spelling of where it may not. */
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { checkDestination } from '../../src/webhooks/destination'

const PRODUCTION = { PUBLIC_URL: 'https://id.acme.com', isLoopback: false }
const DEVELOPMENT = { PUBLIC_URL: 'http://localhost:8787', isLoopback: true }

const verdict = (url: string, config = PRODUCTION): string => {
  const checked = checkDestination(config, url)
  return 'refused' in checked ? checked.refused : checked.url
}

describe('in production', () => {
  it.each([
    ['https://hooks.example.com/gatehouse?x=1', 'https://hooks.example.com/gatehouse?x=1'],
    ['https://HOOKS.example.com:443/a', 'https://hooks.example.com/a'],
    ['https://bücher.example.com/', 'https://xn--bcher-kva.example.com/'],
    ['https://a.b.c.d.example.com/', 'https://a.b.c.d.example.com/'],
    ['https://1.2.3.4.example.com/', 'https://1.2.3.4.example.com/'],
  ])('%s may be called', (url, href) => expect(verdict(url)).toBe(href))

  it.each([
    ['', 'invalid_url'],
    ['hooks.example.com', 'invalid_url'],
    ['https://', 'invalid_url'],
    ['https://a b.example.com/', 'invalid_url'],
    [`https://hooks.example.com/${'x'.repeat(2000)}`, 'invalid_url'],
    // Short as it was given, long as it would be called.
    [`https://hooks.example.com/${'ü'.repeat(1000)}`, 'invalid_url'],
    ['http://hooks.example.com/', 'not_https'],
    ['ftp://hooks.example.com/', 'not_https'],
    ['javascript:alert(1)', 'not_https'],
    ['data:text/plain,x', 'not_https'],
    ['file:///etc/passwd', 'not_https'],
    ['blob:https://hooks.example.com/x', 'not_https'],
    ['https://hooks.example.com:8443/', 'wrong_port'],
    ['https://hooks.example.com:80/', 'wrong_port'],
    ['https://user@hooks.example.com/', 'has_credentials'],
    ['https://:pass@hooks.example.com/', 'has_credentials'],
    ['https://hooks.example.com@10.0.0.1/', 'has_credentials'],
    ['https://hooks.example.com/#x', 'has_fragment'],
    ['https://hooks.example.com/#', 'has_fragment'],
    ['https://127.0.0.1/', 'ip_address'],
    ['https://127.0.0.1./', 'ip_address'],
    ['https://2130706433/', 'ip_address'],
    ['https://0x7f000001/', 'ip_address'],
    ['https://0x7f.1/', 'ip_address'],
    ['https://0177.0.0.1/', 'ip_address'],
    ['https://127.1/', 'ip_address'],
    ['https://0/', 'ip_address'],
    ['https://１２７.0.0.1/', 'ip_address'],
    ['https://127。0。0。1/', 'ip_address'],
    ['https://%31%32%37.0.0.1/', 'ip_address'],
    ['https://169.254.169.254/latest/meta-data', 'ip_address'],
    ['https://[::1]/', 'ip_address'],
    ['https://[::ffff:10.0.0.1]/', 'ip_address'],
    ['https://[fd00::1]/', 'ip_address'],
    ['https://[fe80::1%25eth0]/', 'invalid_url'],
    ['https://localhost/', 'not_public'],
    ['https://LOCALHOST/', 'not_public'],
    ['https://ⓛocalhost/', 'not_public'],
    ['https://a.localhost/', 'not_public'],
    ['https://hooks/', 'not_public'],
    ['https://hooks./', 'not_public'],
    ['https://hooks.example.com./', 'not_public'],
    ['https://hooks..example.com/', 'not_public'],
    ['https://printer.local/', 'not_public'],
    ['https://metadata.google.internal/', 'not_public'],
    ['https://router.home.arpa/', 'not_public'],
    ['https://1.0.0.127.in-addr.arpa/', 'not_public'],
    ['https://x.onion/', 'not_public'],
    ['https://x.test/', 'not_public'],
    ['https://-x.example.com/', 'not_public'],
    ['https://x_y.example.com/', 'not_public'],
    [`https://${'a.'.repeat(130)}com/`, 'not_public'],
    ['https://id.acme.com/', 'own_host'],
    ['https://ID.ACME.com:443/api/v1/auth/login', 'own_host'],
    ['http://localhost:8787/', 'not_https'],
  ])('%s may not: %s', (url, why) => expect(verdict(url)).toBe(why))
})

describe('on loopback', () => {
  it.each(['http://localhost:9000/x', 'http://127.0.0.1:9000/', 'http://[::1]:9000/'])(
    'another port may be called: %s',
    (url) => expect(verdict(url, DEVELOPMENT)).toBe(url),
  )
  it.each([
    ['http://localhost:8787/', 'own_host'],
    ['http://127.0.0.1:8787/', 'own_host'],
    ['http://user@localhost:9000/', 'has_credentials'],
    ['ftp://localhost:9000/', 'not_https'],
    ['http://10.0.0.1/', 'not_https'],
    ['https://10.0.0.1/', 'ip_address'],
    ['http://hooks.example.com/', 'not_https'],
    ['http://127.0.0.2:9000/', 'not_https'],
  ])('%s may not: %s', (url, why) => expect(verdict(url, DEVELOPMENT)).toBe(why))
})

/** One IPv4 address in the ways that a URL can spell it. */
const spellings = (address: number): string[] => {
  const bytes = [24, 16, 8, 0].map((shift) => (address >>> shift) & 255)
  const [a = 0, b = 0] = bytes
  return [
    bytes.join('.'),
    `${bytes.join('.')}.`,
    String(address),
    `0x${address.toString(16)}`,
    `0${address.toString(8)}`,
    bytes.map((byte) => `0x${byte.toString(16)}`).join('.'),
    bytes.map((byte) => `0${byte.toString(8)}`).join('.'),
    `${a}.${address & 0xff_ff_ff}`,
    `${a}.${b}.${address & 0xff_ff}`,
    bytes.map((byte) => String(byte).replaceAll(/\d/g, '%3$&')).join('%2E'),
    `[::ffff:${bytes.join('.')}]`,
    `[64:ff9b::${bytes.join('.')}]`,
  ]
}

test('no IP address passes, however it is spelt', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xff_ff_ff_ff }), (address) => {
      for (const host of spellings(address))
        expect(verdict(`https://${host}/`), host).toBe('ip_address')
    }),
  )
})

test('what passes is https, port 443, a name with a dot, no credentials, not ours, and passes again', () => {
  const label = fc.stringMatching(/^[\w.\-%@:/#?[\]0-9x]{0,12}$/)
  const parts = fc.tuple(
    fc.constantFrom('https://', 'http://', 'HTTPS:\\\\', 'https:/', '//', ' https://', 'ftp://'),
    fc.constantFrom('', 'u@', 'u:p@', '@'),
    fc.oneof(
      label,
      fc.domain(),
      fc.ipV4(),
      fc.ipV6().map((ip) => `[${ip}]`),
      fc.constantFrom('localhost', 'id.acme.com', 'ID.acme.com.', 'x.internal', '0x7f.1'),
    ),
    fc.constantFrom('', ':443', ':80', ':0443', ':'),
    fc.webPath(),
  )
  let passed = 0
  fc.assert(
    fc.property(parts, (text) => {
      const checked = checkDestination(PRODUCTION, text.join(''))
      if ('refused' in checked) return
      passed += 1
      const url = new URL(checked.url)
      expect([url.protocol, url.port, url.username, url.password, url.hash]).toEqual([
        'https:',
        '',
        '',
        '',
        '',
      ])
      expect(url.hostname).toMatch(/^([a-z0-9-]+\.)+[a-z0-9-]*[a-z][a-z0-9-]*$/)
      expect(url.hostname).not.toMatch(/(^|\.)(localhost|local|internal|arpa)$/)
      expect(url.hostname).not.toBe('id.acme.com')
      expect(verdict(checked.url)).toBe(checked.url)
    }),
    { numRuns: 2000 },
  )
  expect(passed).toBeGreaterThan(50)
})

test('any text at all is either a URL to call or refused by name', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.webUrl()), (text) => {
      expect(verdict(text)).toMatch(/^(https:\/\/.+\..+|[a-z_]+)$/)
    }),
    { numRuns: 500 },
  )
})
