/** The mails that requests cause: to whom, with which links, and nothing of them at rest. */
import { describe, expect, it } from 'vitest'
import { mailTokenHash } from '../../src/crypto/mail-token'
import { rowsOf } from '../db/rows'
import { freshIp, post, send } from '../support/api'
import { mailsTo, mailTo, tokenIn } from '../support/mailbox'
import { freshEmail, PASSWORD } from '../support/users'
import { registerByApi } from '../support/users-by-api'
import { fetchWith } from '../support/worker'

const ORIGIN = 'http://localhost:8787'
const links = (text: string) => text.split('\n').filter((line) => line.includes('://'))
const account = (email: string, full_name = 'Ada Lovelace') =>
  JSON.stringify({ email, password: PASSWORD, full_name })

describe('the mail of a registration', () => {
  it('carries a link to verify and a link to decline, both good', async () => {
    const [ada, bob] = [await registerByApi(), await registerByApi()]
    const mail = await mailTo(ada.email)
    expect(links(mail.text).map((link) => link.split('=')[0])).toEqual([
      `${ORIGIN}/verify-email?token`,
      `${ORIGIN}/decline-registration?token`,
    ])
    const verified = await post('/api/v1/auth/verify-email', {
      token: tokenIn(mail, '/verify-email'),
    })
    expect(verified.status).toBe(200)
    const token = tokenIn(await mailTo(bob.email), '/decline-registration')
    expect((await post('/api/v1/auth/decline-registration', { token })).status).toBe(200)
    expect(await rowsOf('SELECT 1 FROM users WHERE id = ?', bob.id)).toEqual([])
    // Neither from where it was registered, nor from where it was declined.
    expect(
      await rowsOf(
        'SELECT event, coalesce(ip, country, user_agent) AS trace FROM audit_log WHERE target_id = ? ORDER BY id',
        bob.id,
      ),
    ).toEqual([
      { event: 'user.registered', trace: null },
      { event: 'user.registration_declined', trace: null },
    ])
  })

  it.each<[string, string, Record<string, string>]>([
    ['the request’s own address', 'http://evil.example', {}],
    ['Host', ORIGIN, { host: 'evil.example' }],
    [
      'X-Forwarded-Host',
      ORIGIN,
      { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' },
    ],
    ['Forwarded', ORIGIN, { forwarded: 'host=evil.example;proto=https' }],
    [
      'Origin and Referer',
      ORIGIN,
      { origin: 'http://evil.example', referer: 'http://evil.example/' },
    ],
    [
      'X-Original-URL',
      ORIGIN,
      { 'x-original-url': 'http://evil.example/', 'x-host': 'evil.example' },
    ],
  ])('is not led astray by %s', async (_, origin, headers) => {
    const email = freshEmail()
    const reply = await send(`${origin}/api/v1/auth/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'cf-connecting-ip': freshIp(), ...headers },
      body: account(email),
    })
    expect(reply.status).toBe(201)
    const mail = await mailTo(email)
    expect(`${mail.text} ${mail.html} ${mail.subject}`).not.toContain('evil')
    expect(links(mail.text)).toHaveLength(2)
    for (const link of links(mail.text)) expect(new URL(link).origin).toBe(ORIGIN)
  })

  it('shows no name: whoever registers an address chooses the name', async () => {
    const email = freshEmail()
    const name = '<img src=x onerror=alert(1)>'
    await post('/api/v1/auth/register', { email, password: PASSWORD, full_name: name })
    const mail = await mailTo(email)
    expect(mail.text).toMatch(/^Hello,\n/)
    expect(mail.text + mail.html + mail.subject).not.toMatch(/img|alert/)
  })

  it.each(['Ada\r\nBcc: bob@example.com', 'Ada\n\nhttps://evil.example', 'Ada\u2028x', 'Ada\0x'])(
    'is not even made for a name of several lines: %j',
    async (full_name) => {
      const email = freshEmail()
      const reply = await post('/api/v1/auth/register', { email, password: PASSWORD, full_name })
      expect(reply.status).toBe(422)
      expect(await rowsOf('SELECT 1 FROM users WHERE email_key = ?', email)).toEqual([])
      expect(mailsTo(email)).toEqual([])
    },
  )

  it('tells nothing of the password', async () => {
    const { email } = await registerByApi()
    const mail = await mailTo(email)
    expect(JSON.stringify(mail)).not.toContain(PASSWORD)
  })
})

describe('a mail that waits', () => {
  it('holds no token, no link and no address at rest: only what makes it', async () => {
    const email = freshEmail()
    const notified: { body: { id: string } }[] = []
    const OUTBOX_QUEUE = {
      sendBatch: async (messages: typeof notified) => void notified.push(...messages),
    }
    const reply = await fetchWith({ OUTBOX_QUEUE }, '/api/v1/auth/register', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: account(email),
    })
    expect(reply.status).toBe(201)
    expect(notified).toEqual([{ body: { id: expect.stringMatching(/^[\w-]{22}$/) } }])
    const [row] = await rowsOf('SELECT * FROM outbox WHERE id = ?', notified[0]?.body.id)
    expect(JSON.parse(String(row?.['payload']))).toEqual({ mail: 'verify-email', key_id: 'test1' })
    expect(JSON.stringify(row)).not.toContain('@')

    const tokens = ['/verify-email', '/decline-registration'].map(async (path) =>
      tokenIn(await mailTo(email), path),
    )
    const atRest = JSON.stringify([
      row,
      await rowsOf('SELECT * FROM one_time_tokens'),
      await rowsOf('SELECT * FROM audit_log'),
      await rowsOf('SELECT * FROM outbox'),
    ])
    for (const token of await Promise.all(tokens)) {
      expect(atRest).not.toContain(token)
      expect(atRest).toContain(await mailTokenHash(token))
    }
    expect(await rowsOf('SELECT 1 FROM outbox WHERE id = ?', notified[0]?.body.id)).toEqual([])
  })
})

describe('a mail that is asked for again', () => {
  it('goes only to a pending account, with a link of its own, and tells the caller nothing', async () => {
    const { email } = await registerByApi()
    const first = tokenIn(await mailTo(email), '/verify-email')
    const stranger = freshEmail()
    const replies = [
      await post('/api/v1/auth/resend-verification', { email }),
      await post('/api/v1/auth/resend-verification', { email: stranger }),
    ]
    expect(replies.map(({ status }) => status)).toEqual([202, 202])
    expect(replies[0]?.body).toEqual(replies[1]?.body)
    const second = tokenIn(await mailTo(email, 2), '/verify-email')
    expect(second).not.toBe(first)
    expect(mailsTo(stranger)).toEqual([])

    await post('/api/v1/auth/verify-email', { token: second })
    expect((await post('/api/v1/auth/verify-email', { token: first })).status).toBe(400)
    await post('/api/v1/auth/resend-verification', { email })
    const waiting = await rowsOf("SELECT 1 FROM outbox WHERE kind = 'mail'")
    expect([waiting, mailsTo(email).length]).toEqual([[], 2])
  })
})
