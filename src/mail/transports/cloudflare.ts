/**
 * Email by the `send_email` binding. The service writes Message-ID itself and refuses ours
 * (E_HEADER_NOT_ALLOWED in production; the local runtime accepts any header and hides the problem).
 * It has no idempotency key. The email's id therefore goes into X-Entity-Ref-ID, which is allowed:
 * an email that a retry sent twice can be recognised, but not prevented.
 */
import { commonHeaders, type Mail, MailError, type MailTransport, within } from './transport'

const SEND_TIMEOUT_MS = 20_000

/**
 * Codes that refuse this email or its recipient. Everything else is transient or can be fixed:
 * limits, outages, a sender that is not verified yet, a failed delivery (the server may have been
 * busy), and unknown codes.
 * https://developers.cloudflare.com/email-service/api/send-emails/workers-api/#error-codes
 */
const FINAL_CODES = new Set([
  'E_VALIDATION_ERROR',
  'E_FIELD_MISSING',
  'E_TOO_MANY_RECIPIENTS',
  'E_RECIPIENT_NOT_ALLOWED',
  'E_RECIPIENT_SUPPRESSED',
  'E_CONTENT_TOO_LARGE',
  'E_HEADER_NOT_ALLOWED',
  'E_HEADER_USE_API_FIELD',
  'E_HEADER_VALUE_INVALID',
  'E_HEADER_VALUE_TOO_LONG',
  'E_HEADER_NAME_INVALID',
  'E_HEADERS_TOO_LARGE',
  'E_HEADERS_TOO_MANY',
])

/**
 * Sends by Cloudflare Email Service. Without the binding, emails stay in the outbox
 * (`not_configured`).
 */
export const cloudflareTransport = (
  binding: SendEmail | undefined,
  timeoutMs = SEND_TIMEOUT_MS,
): MailTransport => ({
  async send(mail) {
    if (!binding) throw new MailError('not_configured')
    await within(timeoutMs, binding.send(messageOf(mail)).catch(fail))
  },
})

const messageOf = (mail: Mail): EmailMessageBuilder => ({
  // An empty display name would be written as "" <address>.
  from:
    mail.from.name === '' ? mail.from.address : { name: mail.from.name, email: mail.from.address },
  to: mail.to,
  subject: mail.subject,
  html: mail.html,
  text: mail.text,
  headers: commonHeaders(mail),
})

/**
 * Keeps only the code, because the message contains the address (`email to a@b.example not
 * allowed`).
 */
function fail(error: unknown): never {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : ''
  if (typeof code !== 'string' || !/^E_[A-Z_]{1,60}$/.test(code)) throw new MailError('E_UNKNOWN')
  throw new MailError(code, { final: FINAL_CODES.has(code) })
}
