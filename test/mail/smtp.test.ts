/** SMTP against a real smtp-server, and against servers that no honest one would be (test/node). */
import { describe, expect, test } from 'vitest'
import { smtpTransport } from '../../src/mail/transports/smtp'
import type { Mail } from '../../src/mail/transports/transport'
import { aMail, ask, failure, refusal, servers, smtpConfig, unique, viaSmtp } from './sending'

const HASTE = { stepMs: 300, totalMs: 600 }

interface ArrivedMail {
  from: string
  to: string[]
  user?: string
  clientName: string
  raw: string
  headers: Record<string, string[]>
  parts: Record<string, string>
}
const arrivedFor = (address: string) =>
  ask<ArrivedMail[]>(`/mails?of=${encodeURIComponent(address)}`)
const credentialsOf = (user: string) =>
  ask<{ password: string; method: string }[]>(`/credentials?of=${user}`)

/** Sends and shows the one mail that arrived. */
async function delivered(mail: Mail, transport = viaSmtp(servers.clear)): Promise<ArrivedMail> {
  await transport.send(mail)
  const [arrived, ...more] = await arrivedFor(mail.to)
  if (!arrived || more.length > 0) throw new Error('exactly one mail should have arrived')
  return arrived
}

describe('a mail by SMTP', () => {
  test('arrives with the headers, text and html that were sent', async () => {
    const mail = aMail({
      from: { name: 'Пропуск ünd Söhne', address: 'no-reply@gatehouse.example' },
      subject: 'Подтвердите адрес · Bestätigen Sie 👍 Ihre Adresse, und zwar möglichst bald',
      text: 'Grüße, 世界\nhttps://example.com/verify-email?token=a=b',
      html: '<p class="x">Grüße, 世界 =3D</p>',
    })
    const { from, to, headers, parts, raw, clientName } = await delivered(mail)
    expect({ from, to, clientName }).toEqual({
      from: 'no-reply@gatehouse.example',
      to: [mail.to],
      clientName: 'localhost',
    })
    expect(headers).toMatchObject({
      from: ['Пропуск ünd Söhne <no-reply@gatehouse.example>'],
      to: [mail.to],
      subject: [mail.subject],
      'message-id': [`<${mail.id}@localhost>`],
      'auto-submitted': ['auto-generated'],
    })
    expect(Date.parse(headers.date?.[0] ?? '')).toBeGreaterThan(Date.now() - 60_000)
    expect(parts['text/plain']).toBe(`${mail.text.replaceAll('\n', '\r\n')}\r\n`)
    expect(parts['text/html']).toBe(`${mail.html}\r\n`)
    // RFC 2047: a line with an encoded word has at most 76 characters.
    const head = raw.slice(0, raw.indexOf('\r\n\r\n')).split('\r\n')
    for (const line of head.filter((text) => text.includes('=?'))) {
      expect(line.length).toBeLessThanOrEqual(76)
    }
  })

  test.each([
    ['Smith, "Bob" \\ Sons.', String.raw`"Smith, \"Bob\" \\ Sons." <a@gatehouse.example>`],
    ['', 'a@gatehouse.example'],
    ['=?UTF-8?Q?fake?=', '=?UTF-8?Q?fake?= <a@gatehouse.example>'],
  ])('the sender name %j stays one name', async (name, header) => {
    const { headers } = await delivered(aMail({ from: { name, address: 'a@gatehouse.example' } }))
    expect(headers.from).toEqual([header])
  })

  test('line breaks in subject and sender name start no header', async () => {
    const evil = 'Hi\r\nBcc: thief@example.com\nX-Evil: 1\r\n\r\nbody'
    const { headers, to } = await delivered(
      aMail({ subject: evil, from: { name: evil, address: 'a@gatehouse.example' } }),
    )
    expect(headers.subject).toEqual(['Hi Bcc: thief@example.com X-Evil: 1 body'])
    expect(headers).not.toHaveProperty('bcc')
    expect(headers).not.toHaveProperty('x-evil')
    expect(to).toHaveLength(1)
  })

  test('lines that begin with a dot, are very long or end in spaces survive', async () => {
    const text = ['.', '..', '.hidden', 'x'.repeat(2000), `${'y'.repeat(72)}.z`, 'end  ', '.'].join(
      '\n',
    )
    const { parts, raw } = await delivered(aMail({ text, html: `<p>\n.\n${'ü'.repeat(500)}</p>` }))
    expect(parts['text/plain']).toBe(`${text.replaceAll('\n', '\r\n')}\r\n`)
    expect(parts['text/html']).toContain(`\r\n.\r\n${'ü'.repeat(500)}</p>`)
    expect(Math.max(...raw.split('\r\n').map((line) => line.length))).toBeLessThanOrEqual(998)
  })

  test('a mail sent again has the same Message-ID', async () => {
    const mail = aMail()
    await viaSmtp(servers.clear).send(mail)
    await viaSmtp(servers.clear).send(mail)
    const ids = (await arrivedFor(mail.to)).map(({ headers }) => headers['message-id']?.[0])
    expect(ids).toEqual([`<${mail.id}@localhost>`, `<${mail.id}@localhost>`])
  })

  test('an address outside ASCII is written to where the server takes it', async () => {
    const mail = aMail({ to: `${unique('jürgen')}@bücher.example` })
    expect((await delivered(mail)).to).toEqual([mail.to])
  })
})

describe('an SMTP server', () => {
  test.each([
    ['refuse-550', 'smtp_550', 'final'],
    ['refuse-data-554', 'smtp_554', 'final'],
    ['refuse-450', 'smtp_450', 'passing'],
    ['refuse-421', 'smtp_421', 'passing'],
    ['refuse-data-452', 'smtp_452', 'passing'],
    ['drop-rcpt', 'connection_lost', 'passing'],
    ['drop-data', 'connection_lost', 'passing'],
  ] as const)('told to %s gives %s, which is %s', async (behaviour, code, kind) => {
    const to = `${unique(behaviour)}@example.com`
    // Long enough to be still under way when a server hangs up.
    const mail = aMail({ to, text: 'Hello\n'.repeat(200_000) })
    expect(await failure(viaSmtp(servers.clear), mail)).toMatchObject(refusal(code, kind))
    expect(await arrivedFor(to)).toEqual([])
  })

  test('that refuses before it has seen the mail does not condemn it', async () => {
    const error = await failure(viaSmtp(servers.unwelcoming))
    expect(error).toMatchObject(refusal('smtp_554', 'passing'))
  })

  test('that never answers is given up, its connection closed', async () => {
    const silent = smtpTransport(smtpConfig(servers.silent), HASTE)
    expect(await failure(silent)).toMatchObject(refusal('timeout', 'passing'))
    await expect.poll(() => ask(`/connections?of=${servers.silent}`)).toBe(0)
  })

  test('that never ends its answer is given up, its connection closed', async () => {
    const trickling = smtpTransport(smtpConfig(servers.trickling), HASTE)
    expect(await failure(trickling)).toMatchObject(refusal('timeout', 'passing'))
    await expect.poll(() => ask(`/connections?of=${servers.trickling}`)).toBe(0)
  })

  test('that does not listen is a passing failure', async () => {
    expect(await failure(viaSmtp(1))).toMatchObject(refusal('connection_failed', 'passing'))
  })

  test('without SMTPUTF8 is not asked to take an address outside ASCII', async () => {
    const mail = aMail({ to: `${unique('jürgen')}@example.com` })
    const error = await failure(viaSmtp(servers.loginOnly), mail)
    expect(error).toMatchObject(refusal('smtp_no_utf8_addresses', 'final'))
  })
})

describe('SMTP credentials', () => {
  const login = (user: string, password = 'right') => ({
    SMTP_USERNAME: user,
    SMTP_PASSWORD: password,
  })

  test('open the session, outside ASCII too', async () => {
    const user = unique('plain')
    const transport = viaSmtp(servers.clear, login(user, 'right-пароль'))
    expect((await delivered(aMail(), transport)).user).toBe(user)
    expect(await credentialsOf(user)).toMatchObject([{ password: 'right-пароль', method: 'PLAIN' }])
  })

  test('are given by LOGIN where PLAIN is not offered', async () => {
    const user = unique('login')
    const transport = viaSmtp(servers.loginOnly, login(user))
    expect((await delivered(aMail(), transport)).user).toBe(user)
    expect(await credentialsOf(user)).toMatchObject([{ password: 'right', method: 'LOGIN' }])
  })

  test('leave the mail waiting where the server offers no way to present them', async () => {
    const transport = viaSmtp(servers.injecting, login(unique('user')))
    expect(await failure(transport)).toMatchObject(refusal('auth_not_offered', 'passing'))
  })

  test('that are wrong leave the mail waiting', async () => {
    const transport = viaSmtp(servers.clear, login(unique('user'), 'wrong'))
    expect(await failure(transport)).toMatchObject(refusal('smtp_535', 'passing'))
  })

  test.each([
    ['where STARTTLS is not offered', servers.clear, 'starttls_not_offered'],
    ['under a certificate nobody trusts', servers.untrusted, 'tls_failed'],
    ['after an answer slipped in before TLS', servers.injecting, 'smtp_protocol'],
  ])('and mail are withheld %s', async (_, port, code) => {
    const user = unique('withheld')
    const mail = aMail()
    const transport = viaSmtp(port, { SMTP_SECURITY: 'starttls', ...login(user) })
    expect(await failure(transport, mail)).toMatchObject(refusal(code, 'passing'))
    expect(await credentialsOf(user)).toEqual([])
    expect(await credentialsOf('injected')).toEqual([])
    expect(await arrivedFor(mail.to)).toEqual([])
  })

  test('never go to another machine without TLS', async () => {
    const transport = viaSmtp(25, { SMTP_HOST: 'smtp.example', ...login('someone') })
    expect(await failure(transport)).toMatchObject(refusal('credentials_in_clear', 'passing'))
  })
})
