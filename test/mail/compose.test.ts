/** From a row to a mail: read now, derived again, dropped when its reason has gone; nobody's text is markup. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { mailTokenHash } from '../../src/crypto/mail-token'
import { composeMail, sendMail } from '../../src/mail/compose'
import { type MailName, TO_UNPROVED } from '../../src/mail/messages'
import type { OutboxRow } from '../../src/tables/outbox'
import { en } from '../../src/texts/en'
import { ringText } from '../crypto/rings'
import { rowsOf } from '../db/rows'
import { depsFor } from '../support/deps'
import { mailRow, purposesOf } from './rows'

const MAILS = Object.keys(en.mail.emails) as MailName[]
const settingsOf = (settings: Record<string, string>) =>
  depsFor({ env: { ...env, ...settings } as unknown as Env })

async function composed(row: OutboxRow, deps = depsFor()) {
  const mail = await composeMail(deps, row)
  if (!mail) throw new Error('the mail was dropped')
  return mail
}
/** Each line of the text that holds an address of the web. */
const linkLines = (text: string) => text.split('\n').filter((line) => /:\/\//.test(line))
const hrefs = (html: string) => [...html.matchAll(/href="([^"]*)"/g)].map(([, href]) => href)

describe.each(MAILS)('the mail %s', (name) => {
  it('goes to its user from the configured sender, under the id of its row', async () => {
    const { row, user } = await mailRow(name)
    expect(await composed(row)).toMatchObject({
      id: row.id,
      to: user.email,
      from: { name: 'Gatehouse', address: 'no-reply@gatehouse.example' },
    })
  })

  it('is the same mail however often and wherever it is made', async () => {
    const { row } = await mailRow(name)
    const first = await composed(row)
    expect(await composed(row)).toEqual(first)
    expect(await composed(row, settingsOf({}))).toEqual(first)
  })

  it('carries its tokens’ links and no other, each on a line of its own, under PUBLIC_URL', async () => {
    const { row, tokens } = await mailRow(name)
    const mail = await composed(row, settingsOf({ PUBLIC_URL: 'http://127.0.0.1:4321' }))
    const links = purposesOf(name).map(
      (purpose) =>
        `http://127.0.0.1:4321/${purpose.replaceAll('_', '-')}?token=${tokens.get(purpose)}`,
    )
    expect(linkLines(mail.text)).toEqual(links)
    expect(hrefs(mail.html)).toEqual(links)
  })

  it('has its buttons and its name in the accent color, readable', async () => {
    const { row } = await mailRow(name)
    const { html } = await composed(row, settingsOf({ ACCENT_COLOR: 'b00020' }))
    expect(html).toContain('font-weight:700;color:#b00020"')
    if (purposesOf(name).length > 0) expect(html).toContain('background:#b00020;color:#ffffff"')
    const pale = await composed(row, settingsOf({ ACCENT_COLOR: '#ffe08a' }))
    expect(pale.html).not.toContain('#ffe08a')
  })

  it('shows what people typed as text, in HTML and on its line', async () => {
    const full_name = `<img src=x onerror=alert(1)>"'&\r\n\r\nevil\u2028evil\u0085x`
    const { row, tokens } = await mailRow(name, { user: { full_name, email_verified_at: 1 } })
    const mail = await composed(row)
    expect(mail.html).not.toContain('<img')
    if (!TO_UNPROVED.has(name)) {
      expect(mail.html).toContain('&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp; evil')
    }
    expect(mail.html.match(/<a /g) ?? []).toHaveLength(tokens.size)
    expect(mail.text.split(/[\n\r\u0085\u2028]/).filter((line) => line.startsWith('evil'))).toEqual(
      [],
    )
    expect(mail.subject).not.toContain('evil')
  })

  it('carries no text of strangers to an address that is not proved', async () => {
    const user = { full_name: 'Evil Stranger', email_verified_at: null }
    const { row } = await mailRow(name, { user })
    const circumstances = { at: 0, country: 'NL', user_agent: 'evil-words on Windows' }
    const payload = JSON.stringify({ ...JSON.parse(row.payload), circumstances })
    const mail = await composed({ ...row, payload })
    expect(mail.text).toMatch(/^Hello,\n/)
    expect(mail.subject + mail.html + mail.text).not.toMatch(/evil|stranger|NL\b/i)
  })

  it('names a device by our own words alone', async () => {
    const { row } = await mailRow(name, { user: { email_verified_at: 1 } })
    const shown = async (user_agent: string) => {
      const circumstances = { at: 0, country: 'NL', user_agent }
      const payload = JSON.stringify({ ...JSON.parse(row.payload), circumstances })
      return (await composed({ ...row, payload })).text
    }
    expect(await shown('Call-0800-evil/1')).not.toContain('evil')
    if (!TO_UNPROVED.has(name)) {
      expect(await shown('Call-0800-evil/1')).toContain('Device: Unknown device.')
      expect(await shown('Mozilla/5.0 (X11; Linux) Firefox/9')).toContain('Firefox on Linux')
    }
  })

  it('leaves out a name that reads like a link', async () => {
    const user = { full_name: 'Win at https://evil.example/', email_verified_at: 1 }
    const { row } = await mailRow(name, { user })
    const mail = await composed(row)
    expect(mail.text).toMatch(/^Hello,\n/)
    expect(mail.html + mail.text).not.toContain('evil')
  })

  it('has text and HTML of a whole, and a subject of one line that names the product', async () => {
    const { row } = await mailRow(name, { user: { email_verified_at: 1 } })
    const mail = await composed(row)
    expect(mail.subject).toMatch(/^[^\r\n]*Gatehouse[^\r\n]*$/)
    expect(mail.text).toMatch(TO_UNPROVED.has(name) ? /^Hello,\n\n/ : /^Hello Ada Lovelace,\n\n/)
    expect(mail.text).toMatch(/\n\n-- \nGatehouse\n$/)
    expect(mail.html).toMatch(/^<!doctype html><html lang="en">/)
    for (const text of [mail.subject, mail.text, mail.html]) {
      expect(text).not.toMatch(/undefined|null|NaN|\[object/)
    }
  })
})

describe.each(MAILS.filter((name) => purposesOf(name).length > 0))(
  'a mail with a link: %s',
  (name) => {
    const [first = 'verify_email'] = purposesOf(name)
    const dropped = async (row: OutboxRow, deps = depsFor()) =>
      (await composeMail(deps, row)) === undefined

    it('is dropped once its token has been used or revoked', async () => {
      const { row, tokens } = await mailRow(name)
      const hash = await mailTokenHash(tokens.get(first) ?? '')
      await rowsOf('DELETE FROM one_time_tokens WHERE hash = ?', hash)
      expect(await dropped(row)).toBe(true)
    })

    it('is dropped once its token has expired, or its user is gone', async () => {
      const { row, user } = await mailRow(name, { ends: [1, 2] })
      expect(await dropped(row, depsFor({ now: Date.now() + 3_601_000 }))).toBe(true)
      expect(await dropped(row)).toBe(false)
      await rowsOf('DELETE FROM users WHERE id = ?', user.id)
      expect(await dropped(row)).toBe(true)
    })

    it('carries the same link after a rotation of keys, and is dropped with its key', async () => {
      const { row } = await mailRow(name)
      const { TOKEN_KEYS } = env as unknown as { TOKEN_KEYS: string }
      const rotated = settingsOf({ TOKEN_KEYS: `${ringText('k2')},${TOKEN_KEYS}` })
      expect(await composed(row, rotated)).toEqual(await composed(row))
      expect(await dropped(row, settingsOf({ TOKEN_KEYS: ringText('k2') }))).toBe(true)
    })

    it('names the expiry of the link that expires first', async () => {
      // Several, for D1 gives token rows in the order of their hashes.
      for (let n = 0; n < 6; n++) {
        const { row } = await mailRow(name, { ends: [1, 50] })
        const [end] = await rowsOf<{ at: number }>(
          'SELECT min(expires_at) AS at FROM one_time_tokens JOIN users ON users.id = user_id WHERE subject = ?',
          row.subject,
        )
        const minute = new Date(end?.at ?? 0).toISOString().slice(0, 16).replace('T', ' ')
        expect((await composed(row)).text).toContain(`expires on ${minute} (UTC)`)
      }
    })
  },
)

describe('a mail with two links', () => {
  it.each(MAILS.filter((name) => purposesOf(name).length > 1))(
    'leaves out the second when only that token has gone: %s',
    async (name) => {
      const [first = 'verify_email', second = first] = purposesOf(name)
      const { row, tokens } = await mailRow(name)
      const hash = await mailTokenHash(tokens.get(second) ?? '')
      await rowsOf('DELETE FROM one_time_tokens WHERE hash = ?', hash)
      const mail = await composed(row)
      expect(linkLines(mail.text)).toHaveLength(1)
      expect(mail.text).toContain(`token=${tokens.get(first)}`)
    },
  )
})

describe('what a deployer set', () => {
  it('never breaks a header: the mail that leaves has a subject and a sender of one line', async () => {
    const { row } = await mailRow('verify-email')
    const sent: Record<string, unknown>[] = []
    const EMAIL = { send: async (mail: Record<string, unknown>) => void sent.push(mail) }
    const deps = depsFor({ env: { ...env, EMAIL } as unknown as Env })
    const broken = { name: 'Gate\r\nBcc: b@example.com', address: 'a@example.com' }
    const config = { ...deps.config, PRODUCT_NAME: 'Gate\r\nBcc: c@example.com', MAIL_FROM: broken }
    await sendMail({ ...deps, config }, row)
    expect(sent).toHaveLength(1)
    expect(JSON.stringify([sent[0]?.['subject'], sent[0]?.['from']])).not.toMatch(/\\r|\\n/)
  })

  it('is escaped in HTML as well', async () => {
    const { row } = await mailRow('verify-email')
    const deps = settingsOf({ PRODUCT_NAME: '<b>Gate & House</b>' })
    const mail = await composed(row, deps)
    expect(mail.html).not.toContain('<b>')
    expect(mail.html).toContain('&lt;b&gt;Gate &amp; House&lt;/b&gt;')
  })
})
