/**
 * Mail by Resend's HTTP API. The mail's id is the idempotency key: within 24 hours a retry after a
 * lost answer delivers nothing twice. Redirects are not followed: they would carry the key elsewhere.
 */
import type { Config } from '../../config'
import { commonHeaders, type Mail, MailError, type MailTransport } from './transport'

const REQUEST_TIMEOUT_MS = 10_000

/** 401, 403 and 404 are a wrong key, domain or RESEND_URL: mended in the settings, not in the mail. */
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

/** A display name is quoted where a comma or a dot would end it (RFC 5322 section 3.2.5). */
const phrase = (name: string): string =>
  /[()<>[\]:;@\\,."]/.test(name) ? `"${name.replace(/["\\]/g, String.raw`\$&`)}"` : name

function failedRequest(error: unknown): never {
  const isTimeout = error instanceof Error && error.name === 'TimeoutError'
  throw new MailError(isTimeout ? 'timeout' : 'connection_failed')
}

async function refusal(response: Response): Promise<MailError> {
  const { status } = response
  const answer = await response.text().catch(() => '')
  // 409 is either a twin request under way (passes) or this id with other content: that one was taken.
  const isFinal =
    status === 409
      ? answer.includes('invalid_idempotent_request')
      : status >= 400 && status < 500 && !PASSING_STATUSES.has(status)
  return new MailError(`resend_${status}`, { final: isFinal })
}
