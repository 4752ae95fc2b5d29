import { env as bindings } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { routes } from '../src/app'
import { ConfigError, loadConfig } from '../src/config'
import { consoleLines, fetchWith } from './support/worker'

const env = bindings as Env &
  Record<'TOKEN_KEYS' | 'DATA_KEYS' | 'SETUP_TOKEN' | 'MAIL_FROM', string>
const PRODUCTION = { PUBLIC_URL: 'https://id.example.com', PASSWORD_HASH_ROUNDS: '6' }

const load = (settings: Record<string, unknown>) => loadConfig({ ...env, ...settings } as Env)

/** The words in which settings are refused; '' when they are taken. */
function refusal(settings: Record<string, unknown>): string {
  try {
    load(settings)
    return ''
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    return (error as Error).message
  }
}

const key = (byte: (i: number) => number, length = 32) =>
  Uint8Array.from({ length }, (_, i) => byte(i)).toBase64({
    alphabet: 'base64url',
    omitPadding: true,
  })
const GOOD_KEY = key((i) => (i * 37 + 11) % 256)
const SHORT_KEY = key((i) => (i * 37 + 11) % 256, 31)
const SAMPLE_KEY = key(() => 65)

describe('a secret that is missing, short or a sample', () => {
  it.each([
    ['no token keys', 'TOKEN_KEYS', undefined, 'is missing'],
    ['empty token keys', 'TOKEN_KEYS', '', 'is missing'],
    ['a token key of 31 bytes', 'TOKEN_KEYS', `k1:${SHORT_KEY}`, 'shorter than 32 bytes'],
    ['a token key of one letter', 'TOKEN_KEYS', `k1:${SAMPLE_KEY}`, 'is a sample'],
    ['a token key without an id', 'TOKEN_KEYS', GOOD_KEY, 'entries read id:base64url'],
    ['an id that stands twice', 'TOKEN_KEYS', `k1:${GOOD_KEY},k1:${GOOD_KEY}`, 'stands twice'],
    ['no data keys', 'DATA_KEYS', undefined, 'is missing'],
    ['a short data key', 'DATA_KEYS', `k1:${SHORT_KEY}`, 'shorter than 32 bytes'],
    ['a sample data key', 'DATA_KEYS', `k1:${SAMPLE_KEY}`, 'is a sample'],
    ['a short old data key', 'DATA_KEYS', `k2:${GOOD_KEY},k1:${SHORT_KEY}`, 'entry k1 is shorter'],
    ['a short setup token', 'SETUP_TOKEN', 'q8Zr1', 'at least 16 characters'],
    ['a sample setup token', 'SETUP_TOKEN', 'change-me-please-soon', 'is a sample'],
    ['a setup token of one letter', 'SETUP_TOKEN', 'a'.repeat(30), 'is a sample'],
  ])('answers 503 and is named in the log alone: %s', async (_, name, value, why) => {
    const lines = consoleLines()
    const reply = await fetchWith({ ...PRODUCTION, [name]: value }, '/healthz')
    expect(reply.status).toBe(503)
    expect(lines).toHaveLength(1)
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      event: 'config_invalid',
      request_id: reply.headers.get('x-request-id'),
      reason: expect.stringMatching(new RegExp(`^${name} .*${why}`)),
    })
    const said = lines.join('\n') + JSON.stringify(reply.body)
    for (const secret of [value, env.TOKEN_KEYS, env.DATA_KEYS, env.SETUP_TOKEN]) {
      if (secret) expect(said).not.toContain(secret.split(':').at(-1))
    }
    expect(JSON.stringify(reply.body)).not.toContain(name)
  })

  it('shuts every route, and those that do not exist', async () => {
    consoleLines()
    const others = [
      { method: 'get', path: '/x' },
      { method: 'options', path: '/healthz' },
    ]
    for (const each of [...routes, ...others]) {
      const { method, path } = each
      const isOAuth = 'oauthErrors' in each
      const reply = await fetchWith({ TOKEN_KEYS: undefined }, path, { method })
      const { code, error, request_id: id = reply.headers.get('x-request-id') } = reply.body
      expect([path, reply.status, code ?? error]).toEqual([
        path,
        503,
        isOAuth ? 'temporarily_unavailable' : 'unavailable',
      ])
      expect(reply.headers.get('content-type')).toBe(
        `application/${isOAuth ? '' : 'problem+'}json; charset=utf-8`,
      )
      expect(reply.headers.get('retry-after')).toBe('5')
      expect(reply.headers.get('x-request-id')).toBe(id)
      expect(reply.headers.get('x-content-type-options')).toBe('nosniff')
    }
  })
})

describe('faulty settings on the own machine', () => {
  const asPage = { headers: { accept: 'text/html' } }

  it.each([
    ['PUBLIC_URL is a loopback address', {}],
    ['PUBLIC_URL is missing and the request is for localhost', { PUBLIC_URL: undefined }],
    ['PUBLIC_URL is no origin and the request is for localhost', { PUBLIC_URL: 'localhost:8787' }],
  ])('are named to the caller, without their values, where %s', async (_, settings) => {
    consoleLines()
    const faults = { ...settings, SESSION_TTL_SECONDS: 'soon', DATA_KEYS: `k1:${SHORT_KEY}` }
    const reply = await fetchWith(faults, '/healthz')
    expect(reply.status).toBe(503)
    expect(reply.body).toMatchObject({
      code: 'unavailable',
      title: expect.not.stringMatching('TTL'),
    })
    const page = await fetchWith(faults, '/sign-in', asPage)
    expect(page.status).toBe(503)
    expect(page.headers.get('retry-after')).toBe('5')
    for (const said of [reply.body.detail, page.body]) {
      expect(said).toContain('SESSION_TTL_SECONDS')
      expect(said).toContain('DATA_KEYS entry k1 is shorter than 32 bytes')
      expect(said).not.toContain(SHORT_KEY)
    }
  })

  it('are not named by a service that has another address', async () => {
    consoleLines()
    const faults = { ...PRODUCTION, SESSION_TTL_SECONDS: 'soon' }
    const reply = await fetchWith(faults, '/healthz')
    const page = await fetchWith(faults, '/sign-in', asPage)
    expect([reply.status, page.status]).toEqual([503, 503])
    expect(JSON.stringify(reply.body) + page.body).not.toContain('SESSION_TTL_SECONDS')
  })
})

describe('the accent color', () => {
  it.each([
    ['#0f766e', '#0f766e'],
    ['0f766e', '#0f766e'],
    ['#fa0', '#ffaa00'],
    ['FA0', '#FFAA00'],
    ['', '#3f46d6'],
  ])('%j is read as %s', (ACCENT_COLOR, color) => {
    consoleLines()
    expect(load({ ACCENT_COLOR }).ACCENT_COLOR).toBe(color)
  })

  it.each(['red', '#0f76', '##0f766e', '0f766e;}', ' 0f766e'])('%j is refused', (ACCENT_COLOR) => {
    expect(refusal({ ACCENT_COLOR })).toContain('ACCENT_COLOR must be a color such as 3f46d6')
  })
})

describe('empty settings', () => {
  it('are named in the log once, as an unquoted # leaves nothing of a value', () => {
    const lines = consoleLines()
    const given = { ...env, ACCENT_COLOR: '', ALLOWED_ORIGINS: '', SETUP_TOKEN: '' } as Env
    loadConfig(given)
    loadConfig(given)
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { event: 'settings_empty', request_id: null, settings: ['ALLOWED_ORIGINS', 'ACCENT_COLOR'] },
    ])
  })
})

describe('roles that must have a second factor', () => {
  it.each(['Admin', 'admin moderator', 'admin;moderator', 'admin,2fa'])(
    '%j is refused, as no role can have such a name',
    (REQUIRE_2FA_ROLES) => {
      expect(refusal({ REQUIRE_2FA_ROLES })).toMatch(/^REQUIRE_2FA_ROLES\.\d must be role names/)
    },
  )

  it('that are good are taken', () => {
    const { REQUIRE_2FA_ROLES } = load({ REQUIRE_2FA_ROLES: 'admin, support-staff' })
    expect(REQUIRE_2FA_ROLES).toEqual(['admin', 'support-staff'])
  })
})

describe('settings', () => {
  it.each(['PASSWORD_MAX_AGE_DAYS', 'REFRESH_GRACE_SECONDS', 'REQUEST_BUDGET_MS'] as const)(
    '%s of spaces has its default, not 0',
    (name) => {
      consoleLines()
      expect(load({ [name]: '  ' })[name]).toBe(load({ [name]: undefined })[name])
    },
  )

  it('that are good for production are taken', () => {
    expect(load(PRODUCTION)).toMatchObject({ isLoopback: false, PASSWORD_HASH_ROUNDS: 6 })
  })

  it('have defaults for everything but the address, the secrets and the sender', () => {
    const { TOKEN_KEYS, DATA_KEYS, MAIL_FROM } = env
    const config = loadConfig({
      PUBLIC_URL: 'https://a.example',
      TOKEN_KEYS,
      DATA_KEYS,
      MAIL_FROM,
    } as never)
    expect(config).toMatchObject({ ACCESS_TOKEN_TTL_SECONDS: 3600, PASSWORD_HASH_ROUNDS: 6 })
    expect(config.ALLOWED_ORIGINS).toEqual([])
    expect(config.SETUP_TOKEN).toBeUndefined()
  })

  it('that are wrong are named all at once, across rules too', () => {
    const reason = refusal({
      PUBLIC_URL: 'http://id.example.com',
      TOKEN_KEYS: undefined,
      DATA_KEYS: `k1:${SHORT_KEY}`,
      SETUP_TOKEN: 'short',
      PASSWORD_HASH_ROUNDS: '1',
      SESSION_TTL_SECONDS: 'soon',
      MAIL_TRANSPORT: 'smtp',
      MAIL_FROM: 'nobody',
    })
    for (const name of [
      'PUBLIC_URL must be https',
      'TOKEN_KEYS is missing',
      'DATA_KEYS entry k1 is shorter',
      'SETUP_TOKEN must have at least',
      'PASSWORD_HASH_ROUNDS must be at least 6',
      'SESSION_TTL_SECONDS',
      'SMTP_HOST is needed by this transport',
      'MAIL_FROM must read',
    ]) {
      expect(reason).toContain(name)
    }
    expect(reason).not.toContain('SESSION_TTL_SECONDS is missing')
  })

  it.each([
    ['http off loopback', { PUBLIC_URL: 'http://id.example.com' }, 'PUBLIC_URL must be https'],
    ['another scheme', { PUBLIC_URL: 'ftp://localhost' }, 'PUBLIC_URL'],
    ['a path', { PUBLIC_URL: 'https://id.example.com/auth' }, 'PUBLIC_URL must be an origin'],
    ['a trailing slash', { PUBLIC_URL: 'https://id.example.com/' }, 'PUBLIC_URL must be an origin'],
    ['no address', { PUBLIC_URL: undefined }, 'PUBLIC_URL is missing'],
    [
      'a name that only begins as loopback',
      { PUBLIC_URL: 'http://localhost.evil.example' },
      'PUBLIC_URL',
    ],
    ['5 rounds', { PASSWORD_HASH_ROUNDS: '5' }, 'PASSWORD_HASH_ROUNDS must be at least 6'],
    ['0 rounds', { PASSWORD_HASH_ROUNDS: '0' }, 'PASSWORD_HASH_ROUNDS'],
    ['a language nobody could store', { DEFAULT_LANGUAGE: 'x' }, 'DEFAULT_LANGUAGE'],
    ['a product name of two lines', { PRODUCT_NAME: 'Gate\r\nBcc: x' }, 'PRODUCT_NAME'],
    [
      'a sender of two lines',
      { MAIL_FROM: 'A\r\nBcc: b@example.com <a@example.com>' },
      'MAIL_FROM',
    ],
    [
      'a flag that is neither true nor false',
      { HIDE_ACCOUNT_EXISTENCE: 'yes' },
      'HIDE_ACCOUNT_EXISTENCE',
    ],
    ['resend without its key', { MAIL_TRANSPORT: 'resend' }, 'RESEND_API_KEY is needed'],
  ])('are refused in production: %s', (_, settings, reason) => {
    expect(refusal({ ...PRODUCTION, ...settings })).toMatch(new RegExp(`^${reason}`))
  })

  it.each(['http://localhost:8787', 'http://127.0.0.1:1', 'http://[::1]:8787'])(
    'on loopback may be http with one round: %s',
    (PUBLIC_URL) => {
      expect(load({ PUBLIC_URL, PASSWORD_HASH_ROUNDS: '1' }).isLoopback).toBe(true)
    },
  )
})

describe('ALLOWED_ORIGINS', () => {
  it('takes exact origins, spaces around them aside', () => {
    const { ALLOWED_ORIGINS } = load({
      ALLOWED_ORIGINS: 'https://a.example, http://localhost:3000',
    })
    expect(ALLOWED_ORIGINS).toEqual(['https://a.example', 'http://localhost:3000'])
  })

  it.each([
    '*',
    'null',
    'a.example',
    'https://a.example/',
    'https://*.example',
    'https://A.example',
    'file:///',
    'https://a.example:443',
  ])('refuses %s', (text) => {
    expect(refusal({ ALLOWED_ORIGINS: `https://fine.example,${text}` })).toMatch(/^ALLOWED_ORIGINS/)
  })
})

it('a language tag is taken as systems write it, and kept in canonical form', () => {
  for (const [typed, kept] of [
    ['DE_at', 'de-AT'],
    ['zh-hant-tw', 'zh-Hant-TW'],
  ] as const) {
    const config = loadConfig({ ...env, DEFAULT_LANGUAGE: typed } as unknown as Env)
    expect(config.DEFAULT_LANGUAGE).toBe(kept)
  }
})
