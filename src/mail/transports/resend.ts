/**
 * Email by Resend's HTTP API. The email's id is the idempotency key: within 24 hours, a retry after
 * a lost response does not deliver twice. Redirects are not followed, as they would send the API
 * key elsewhere.
 */
import type { Config } from '../../config'
import { commonHeaders, type Mail, MailError, type MailTransport } from './transport'

const REQUEST_TIMEOUT_MS = 10_000

/** 401, 403 and 404 mean a wrong key, domain or RESEND_URL, which is fixed in the settings. */
const PASSING_STATUSES = new Set([401, 403, 404, 408, 429])

/** Sends by Resend (https://resend.com/docs/api-reference/emails/send-email). */
export const resendTransport = (config: Config, timeoutMs = REQUEST_TIMEOUT_MS): MailTransport => ({
  async send(mail) {
    if (config.RESEND_API_KEY === undefined) throw new MailError('not_configured')
    const response = await fetch(config.RESEND_URL, {
      method: 'POST',
      redirect: 'manual',
      headers: {
        authorization: `Bearer ${config.RESEND_API_KEY}`,
        'content-type': 'application/json',
        'idempotency-key': mail.id,
      },
      body: JSON.stringify(messageOf(mail)),
      signal: AbortSignal.timeout(timeoutMs),
    }).catch(failedRequest)
    if (!response.ok) throw await refusal(response)
    await response.body?.cancel()
  },
})

const messageOf = (mail: Mail) => ({
  from:
    mail.from.name === '' ? mail.from.address : `${phrase(mail.from.name)} <${mail.from.address}>`,
  to: [mail.to],
  subject: mail.subject,
  html: mail.html,
  text: mail.text,
  headers: commonHeaders(mail),
})

/**
 * Quotes a display name that contains special characters such as a comma or a dot (RFC 5322 section
 * 3.2.5).
 */
const phrase = (name: string): string =>
  /[()<>[\]:;@\\,."]/.test(name) ? `"${name.replace(/["\\]/g, String.raw`\$&`)}"` : name

function failedRequest(error: unknown): never {
  const isTimeout = error instanceof Error && error.name === 'TimeoutError'
  throw new MailError(isTimeout ? 'timeout' : 'connection_failed')
}

async function refusal(response: Response): Promise<MailError> {
  const { status } = response
  const answer = await response.text().catch(() => '')
  // 409 means either that the same request is in progress (transient), or that this id was already
  // accepted with other content.
  const isFinal =
    status === 409
      ? answer.includes('invalid_idempotent_request')
      : status >= 400 && status < 500 && !PASSING_STATUSES.has(status)
  return new MailError(`resend_${status}`, { final: isFinal })
}
