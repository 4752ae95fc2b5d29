/**
 * What every transport promises, and two of the three: Resend against a server that plays it over
 * HTTP (test/node), Cloudflare against the runtime's own binding. smtp.test.ts has the third.
 */
import { env } from 'cloudflare:workers'
import { describe, expect, test } from 'vitest'
import { mailTransport } from '../../src/mail/transports/choose'
import { cloudflareTransport } from '../../src/mail/transports/cloudflare'
import { resendTransport } from '../../src/mail/transports/resend'
import { headerSafe, screened } from '../../src/mail/transports/transport'
import { aMail, ask, configWith, failure, refusal, servers, viaSmtp } from './sending'

interface ResendRequest {
  path: string
  headers: Record<string, string>
  body: Record<string, unknown>
}

describe('what reaches a header', () => {
  test('a run of control characters in header text is one space', () => {
    expect(headerSafe('\u0000a\r\n\tb\u0085\u2028c\u007f')).toBe('a b c')
  })

  test.each([
    'a b@example.com',
    'a@example.com\r\nBcc: b@example.com',
    'a@example.com, b@example.com',
    '<a@example.com>',
    'a@b@example.com',
    'a@exam\u0000ple.com',
    'a@exam\u202eple.com',
    'example.com',
    '',
  ])('%j is no address to write to, for good', async (address) => {
    for (const mail of [aMail({ to: address }), aMail({ from: { name: 'G', address } })]) {
      expect(await failure(viaSmtp(servers.clear), mail)).toMatchObject(
        refusal('unsafe_address', 'final'),
      )
    }
  })

  test('an id with a line break is refused before it can become a Message-ID', () => {
    expect(() => screened(aMail({ id: 'a\r\nBcc: b@example.com' }))).toThrow('unsafe_id')
  })
})

describe('a mail by Resend', () => {
  const RESEND_API_KEY = 're_0123456789'
  const resendConfig = (path: string) =>
    configWith({
      MAIL_TRANSPORT: 'resend',
      RESEND_API_KEY,
      RESEND_URL: `http://127.0.0.1:${servers.http}/resend/${path}`,
    })
  const viaResend = (path: string) => mailTransport(resendConfig(path), env)
  const requestsOf = (id: string) => ask<ResendRequest[]>(`/requests?of=${id}`)

  test('is one request with the key, the content and the id as idempotency key', async () => {
    const mail = aMail({ from: { name: 'Gate, Hüter', address: 'a@gatehouse.example' } })
    await viaResend('200').send(mail)
    const [request, ...more] = await requestsOf(mail.id)
    expect(more).toEqual([])
    expect(request?.headers.authorization).toBe(`Bearer ${RESEND_API_KEY}`)
    expect(request?.body).toMatchObject({
      from: '"Gate, Hüter" <a@gatehouse.example>',
      to: [mail.to],
      subject: mail.subject,
      html: mail.html,
      text: mail.text,
    })
  })

  test('carries no line break in subject or sender name', async () => {
    const mail = aMail({ subject: 'a\r\nBcc: b', from: { name: 'a\nb', address: 'a@x.example' } })
    await viaResend('200').send(mail)
    const [request] = await requestsOf(mail.id)
    expect(request?.body).toMatchObject({ subject: 'a Bcc: b', from: 'a b <a@x.example>' })
  })

  test.each([
    ['400', 'resend_400', 'final'],
    ['422', 'resend_422', 'final'],
    ['409/invalid_idempotent_request', 'resend_409', 'final'],
    ['409/concurrent_idempotent_requests', 'resend_409', 'passing'],
    ['401', 'resend_401', 'passing'],
    ['403', 'resend_403', 'passing'],
    ['408', 'resend_408', 'passing'],
    ['429', 'resend_429', 'passing'],
    ['500', 'resend_500', 'passing'],
    ['503', 'resend_503', 'passing'],
  ] as const)('answered %s fails with %s, which is %s', async (path, code, kind) => {
    expect(await failure(viaResend(path))).toMatchObject(refusal(code, kind))
  })

  test('follows no redirect with the key in hand', async () => {
    const mail = aMail()
    expect(await failure(viaResend('307'), mail)).toMatchObject(refusal('resend_307', 'passing'))
    expect((await requestsOf(mail.id)).map(({ path }) => path)).toEqual(['/resend/307'])
  })

  test('is given up within the bound when no answer comes', async () => {
    const hanging = resendTransport(resendConfig('hang'), 200)
    expect(await failure(hanging)).toMatchObject(refusal('timeout', 'passing'))
  })

  test('waits when nothing listens', async () => {
    const config = { ...resendConfig('200'), RESEND_URL: 'http://127.0.0.1:1/' }
    expect(await failure(mailTransport(config, env))).toMatchObject(
      refusal('connection_failed', 'passing'),
    )
  })
})

describe('a mail by the Cloudflare binding', () => {
  const config = configWith({ MAIL_TRANSPORT: 'cloudflare' })
  const refusing = (error: unknown): SendEmail => ({ send: async () => Promise.reject(error) })

  test('is taken by the runtime, screened and with its id in the one header that is free', async () => {
    const given: unknown[] = []
    // Looks on; what takes the mail is the real binding.
    const watched = {
      send: async (message: EmailMessageBuilder) => {
        given.push(message)
        return env.EMAIL?.send(message)
      },
    } as SendEmail
    const mail = aMail({ subject: 'Grüße\r\nBcc: b@example.com' })
    await mailTransport(config, { ...env, EMAIL: watched }).send(mail)
    await mailTransport(config, env).send(aMail({ from: { name: '', address: 'a@x.example' } }))
    expect(given).toEqual([
      {
        from: { name: 'Gatehouse', email: 'no-reply@gatehouse.example' },
        to: mail.to,
        subject: 'Grüße Bcc: b@example.com',
        html: mail.html,
        text: mail.text,
        headers: { 'Auto-Submitted': 'auto-generated', 'X-Entity-Ref-ID': mail.id },
      },
    ])
  })

  test.each([
    ['E_RECIPIENT_SUPPRESSED', 'E_RECIPIENT_SUPPRESSED', 'final'],
    ['E_VALIDATION_ERROR', 'E_VALIDATION_ERROR', 'final'],
    ['E_RATE_LIMIT_EXCEEDED', 'E_RATE_LIMIT_EXCEEDED', 'passing'],
    ['E_DAILY_LIMIT_EXCEEDED', 'E_DAILY_LIMIT_EXCEEDED', 'passing'],
    ['E_DELIVERY_FAILED', 'E_DELIVERY_FAILED', 'passing'],
    ['E_SENDER_NOT_VERIFIED', 'E_SENDER_NOT_VERIFIED', 'passing'],
    ['E_INTERNAL_SERVER_ERROR', 'E_INTERNAL_SERVER_ERROR', 'passing'],
    ['a@example.com', 'E_UNKNOWN', 'passing'],
    [undefined, 'E_UNKNOWN', 'passing'],
  ] as const)('refused with %s fails with %s, which is %s', async (given, code, kind) => {
    const error = Object.assign(new Error('email to a@example.com not allowed'), { code: given })
    const transport = cloudflareTransport(refusing(error))
    expect(await failure(transport)).toMatchObject(refusal(code, kind))
  })

  test('is given up within the bound when the binding does not answer', async () => {
    const hanging: SendEmail = { send: () => Promise.withResolvers<EmailSendResult>().promise }
    expect(await failure(cloudflareTransport(hanging, 100))).toMatchObject(
      refusal('timeout', 'passing'),
    )
  })

  test('waits where the binding is missing', async () => {
    expect(await failure(cloudflareTransport(undefined))).toMatchObject(
      refusal('not_configured', 'passing'),
    )
  })
})
