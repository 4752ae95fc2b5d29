/** Mails to send, settings to send them by, and a look at what the servers of test/node were told. */
import { env } from 'cloudflare:workers'
import { expect, inject } from 'vitest'
import { type Config, loadConfig } from '../../src/config'
import { mailTransport } from '../../src/mail/transports/choose'
import { type Mail, MailError, type MailTransport } from '../../src/mail/transports/transport'

export const servers = inject('mailServers')

let serial = 0
export const unique = (name: string) => `${name}-${++serial}-${crypto.randomUUID().slice(0, 8)}`

export const aMail = (more: Partial<Mail> = {}): Mail => ({
  id: unique('mail_id'),
  from: { name: 'Gatehouse', address: 'no-reply@gatehouse.example' },
  to: `${unique('user')}@example.com`,
  subject: 'Confirm your address',
  html: '<p>Hello</p>',
  text: 'Hello',
  ...more,
})

export const configWith = (settings: Record<string, string>): Config =>
  loadConfig({ ...env, PUBLIC_URL: 'http://localhost:8787', ...settings } as Env)

export const smtpConfig = (port: number, settings: Record<string, string> = {}) =>
  configWith({
    MAIL_TRANSPORT: 'smtp',
    SMTP_HOST: '127.0.0.1',
    SMTP_PORT: String(port),
    SMTP_SECURITY: 'none',
    ...settings,
  })
export const viaSmtp = (port: number, settings?: Record<string, string>) =>
  mailTransport(smtpConfig(port, settings), env)

export const ask = async <T>(path: string): Promise<T> =>
  (await fetch(`http://127.0.0.1:${servers.http}${path}`)).json<T>()

/** The error of a send that must fail. */
export async function failure(transport: MailTransport, mail = aMail()): Promise<MailError> {
  const error: unknown = await transport.send(mail).then(
    () => new Error('should have failed'),
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(MailError)
  return error as MailError
}

/** The message is the code alone, so that neither can tell an address. */
export const refusal = (code: string, kind: 'final' | 'passing') => ({
  code,
  final: kind === 'final',
  message: code,
})
