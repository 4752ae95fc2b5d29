/** Links in mails: from the configuration whatever a request claims, and the same however often they are sent. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { outboxHandlers } from '../../src/background/outbox-handlers'
import { performRow } from '../../src/outbox/perform'
import { rowsOf } from '../db/rows'
import { freshIp, send } from '../support/api'
import { pass, HOUR, stopClock } from '../support/clock'
import { changeToken, mailedToken, moveTo, sendAll } from '../support/credentials'
import { depsFor } from '../support/deps'
import { mailsTo, mailTo } from '../support/mailbox'
import { under } from '../support/under'
import { freshEmail, PASSWORD, signedInUser, type SignedInUser } from '../support/users'
import { registerByApi } from '../support/users-by-api'
import { consoleLines } from '../support/worker'
import { wrapEnv } from '../support/wrapped-env'

stopClock()

const ORIGIN = 'http://localhost:8787'
const EVIL = 'evil.example'
const ATTACKS: [string, string, Record<string, string>][] = [
  ['Host and the request’s own address', `http://${EVIL}`, { host: EVIL }],
  ['X-Forwarded-Host', ORIGIN, { 'x-forwarded-host': EVIL, 'x-forwarded-proto': 'ftp' }],
  [
    'Forwarded, and what else proxies and browsers send',
    ORIGIN,
    {
      forwarded: `for=1.2.3.4;host=${EVIL};proto=https`,
      'x-host': EVIL,
      'x-original-url': `http://${EVIL}/`,
      origin: `http://${EVIL}`,
      referer: `http://${EVIL}/`,
    },
  ],
]

interface Ask {
  path: string
  body: object
  token?: string
  to: string
}

/** Every mail with a link that a request causes: the request, and where its mail goes. */
const CAUSES: Record<string, () => Promise<Ask>> = {
  'verify-email': async () => {
    const email = freshEmail()
    const body = { email, password: PASSWORD, full_name: 'Ada Lovelace' }
    return { path: 'auth/register', body, to: email }
  },
  'decline-registration': async () => {
    const { email } = await registerByApi()
    await mailTo(email)
    return { path: 'auth/resend-verification', body: { email }, to: email }
  },
  'reset-password': async () => {
    const { email } = await signedInUser()
    return { path: 'auth/forgot-password', body: { email }, to: email }
  },
  'confirm-email-change': async () => {
    const { token } = await signedInUser()
    const to = freshEmail()
    return { path: 'users/change-email', body: { password: PASSWORD, new_email: to }, token, to }
  },
  'undo-email-change': async () => {
    const ada = await signedInUser()
    const token = await changeToken(ada, freshEmail())
    return { path: 'auth/confirm-email-change', body: { token }, token: ada.token, to: ada.email }
  },
  'reset-password after an undo': async () => {
    const ada = await signedInUser()
    const token = await moveTo(ada, ada.email, freshEmail())
    return { path: 'auth/undo-email-change', body: { token }, to: ada.email }
  },
}

describe.each(Object.entries(CAUSES))('the link %s', (_, cause) => {
  it.each(ATTACKS)('is not led astray by %s', async (__, origin, headers) => {
    const { path, body, token, to } = await cause()
    const before = mailsTo(to).length
    const reply = await send(`${origin}/api/v1/${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'cf-connecting-ip': freshIp(),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...headers,
      },
      body: JSON.stringify(body),
    })
    expect(reply.status, JSON.stringify(reply.body)).toBeLessThan(300)
    expect(JSON.stringify(reply.body) + JSON.stringify([...reply.headers])).not.toContain('evil')
    const mail = await mailTo(to, before + 1)
    expect(`${mail.text} ${mail.html} ${mail.subject}`).not.toContain('evil')
    const links = mail.text.split('\n').filter((line) => line.includes('token='))
    expect(links.length).toBeGreaterThan(0)
    for (const link of links) expect(new URL(link).origin).toBe(ORIGIN)
  })
})

describe('a mail that is delivered again', () => {
  const waitingIn = async (like: string) =>
    String((await rowsOf('SELECT id FROM outbox WHERE payload LIKE ?', `%${like}%`))[0]?.['id'])

  /** Asks with the queue silent, so that the row is performed by hand. */
  async function queued(mail: string, path: string, body: object, who?: SignedInUser) {
    const quiet = under({ OUTBOX_QUEUE: { sendBatch: async () => undefined } })
    const reply = await quiet.post(`/api/v1/${path}`, body, who?.token)
    expect(reply.status).toBeLessThan(300)
    return waitingIn(mail)
  }

  it('carries the same link, though the first delivery was said to have failed', async () => {
    await sendAll()
    consoleLines()
    const ada = await signedInUser()
    const to = freshEmail()
    const change = { password: PASSWORD, new_email: to }
    const rows: [string, string][] = [
      [await queued('reset-password', 'auth/forgot-password', { email: ada.email }), ada.email],
      [await queued('confirm-email-change', 'users/change-email', change, ada), to],
    ]
    const sendsThenFails = wrapEnv(env, async (call, go) => {
      const result = await go()
      if (call.name === 'EMAIL.send') throw Object.assign(new Error('late'), { code: 'E_TIMEOUT' })
      return result
    })
    for (const [id, address] of rows) {
      const before = mailsTo(address).length
      const failing = depsFor({ env: sendsThenFails })
      expect(await performRow(failing, outboxHandlers, id)).toBe('retry')
      pass(HOUR / 12)
      expect(await performRow(depsFor(), outboxHandlers, id)).toBe('done')
      expect(await performRow(depsFor(), outboxHandlers, id)).toBe('not_due')
      const [first, second, ...more] = mailsTo(address).slice(before)
      expect(more).toEqual([])
      expect(first?.text).toContain('?token=')
      expect(second).toEqual(first)
    }
    const token = await mailedToken(to, '/confirm-email-change')
    const reply = await under({}).post('/api/v1/auth/confirm-email-change', { token }, ada.token)
    expect(reply.status).toBe(200)
  })
})
