/**
 * The types of an email and its transports, and the guarantees that every transport relies on.
 * `screened` strips control characters from headers, since a line break would inject a header such
 * as Bcc. It refuses addresses that could be parsed as two. An error carries a code and never an
 * address, so it can be stored and logged.
 */

export interface Mail {
  /**
   * The outbox row's random id. Message-ID and idempotency key derive from it, so that a retry is
   * recognised.
   */
  id: string
  from: { name: string; address: string }
  to: string
  subject: string
  html: string
  text: string
}

export interface MailTransport {
  /** Resolves once the email is accepted for delivery. Throws MailError. */
  send(mail: Mail): Promise<void>
}

/**
 * `final` means that this email is refused and a retry cannot help. Faults in the deployer's
 * settings (a wrong key, an unverified sender) are not final: emails wait until they are fixed.
 */
export class MailError extends Error {
  override readonly name = 'MailError'
  readonly final: boolean

  constructor(
    readonly code: string,
    more: { final?: boolean } = {},
  ) {
    super(code)
    this.final = more.final ?? false
  }
}

/**
 * Puts header text on one line: each run of control characters (and U+2028, U+2029) becomes one
 * space.
 */
export const headerSafe = (text: string): string =>
  text
    .toWellFormed()
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .trim()

/**
 * Returns the email with headers that are safe to send. Throws a final MailError for an address or
 * id that is unsafe in a header.
 */
export function screened(mail: Mail): Mail {
  if (!/^[\w-]{1,128}$/.test(mail.id)) throw new MailError('unsafe_id', { final: true })
  if (!isOneAddress(mail.to) || !isOneAddress(mail.from.address)) {
    throw new MailError('unsafe_address', { final: true })
  }
  return {
    ...mail,
    from: { name: headerSafe(mail.from.name), address: mail.from.address },
    subject: headerSafe(mail.subject),
  }
}

// Refuses the characters that have a meaning outside an address in RFC 5322.
const isOneAddress = (text: string): boolean =>
  /^[^\s\p{C}<>()[\]\\,;:"@]+@[^\s\p{C}<>()[\]\\,;:"@]+$/u.test(text)

/**
 * Headers of every email. Auto-responders do not reply to it (RFC 3834), and Gmail does not group
 * two emails with the same subject into one conversation, which would hide the newer link.
 */
export const commonHeaders = (mail: Mail): Record<string, string> => ({
  'Auto-Submitted': 'auto-generated',
  'X-Entity-Ref-ID': mail.id,
})

/** Waits for `work`, or throws MailError `timeout` after `milliseconds`. */
export async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  const expiry = Promise.withResolvers<never>()
  const timer = setTimeout(() => expiry.reject(new MailError('timeout')), milliseconds)
  try {
    return await Promise.race([work, expiry.promise])
  } finally {
    clearTimeout(timer)
  }
}
