/**
 * Email by SMTP submission. Credentials never cross the network in plain text: STARTTLS and TLS are
 * required, not opportunistic, and `none` allows credentials only to this machine. worker-mailer
 * writes the message (smtp-message.ts); the session is our own (smtp-session.ts explains why).
 */
import type { Config } from '../../config'
import { composeMessage } from './smtp-message'
import { deliver, type SmtpLimits, type SmtpServer } from './smtp-session'
import { MailError, type MailTransport } from './transport'

const SMTP_LIMITS: SmtpLimits = { stepMs: 10_000, totalMs: 20_000 }

/** Sends through the server in the SMTP_ settings, with a new connection for each email. */
export const smtpTransport = (config: Config, limits = SMTP_LIMITS): MailTransport => ({
  async send(mail) {
    const server = serverOf(config)
    const { hostname } = new URL(config.PUBLIC_URL)
    const data = await composeMessage(mail, hostname)
    await deliver(server, { from: mail.from.address, to: mail.to, data }, limits)
  },
})

function serverOf(config: Config): SmtpServer {
  const { SMTP_HOST, SMTP_PORT, SMTP_SECURITY, SMTP_USERNAME, SMTP_PASSWORD } = config
  if (SMTP_HOST === undefined) throw new MailError('not_configured')
  if (SMTP_USERNAME !== undefined && SMTP_SECURITY === 'none' && !isThisMachine(SMTP_HOST)) {
    throw new MailError('credentials_in_clear')
  }
  return {
    hostname: SMTP_HOST,
    port: SMTP_PORT,
    security: SMTP_SECURITY,
    clientName: clientName(new URL(config.PUBLIC_URL).hostname),
    credentials:
      SMTP_USERNAME === undefined
        ? undefined
        : { username: SMTP_USERNAME, password: SMTP_PASSWORD ?? '' },
  }
}

const isThisMachine = (host: string): boolean =>
  /^(?:localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/i.test(host)

/**
 * EHLO takes a domain or an address in brackets (RFC 5321 section 4.1.3). Strict servers refuse
 * anything else.
 */
const clientName = (hostname: string): string =>
  /[a-z]/i.test(hostname) && !hostname.startsWith('[') ? hostname : '[127.0.0.1]'
