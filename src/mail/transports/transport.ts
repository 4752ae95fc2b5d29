/**
 * What a mail is, how sending it may fail, and what every transport may rely on: `screened` lets no
 * control character through to a header (a line break would start a header of its own, a Bcc for
 * one) and no address that could be read as two. An error tells a code and never an address, so it
 * may be stored and logged as it is.
 */

export interface Mail {
  /** The outbox row's random id. Message-ID and idempotency key derive from it, so that a retry is recognised. */
  id: string
  from: { name: string; address: string }
  to: string
  subject: string
  html: string
  text: string
}

export interface MailTransport {
  /** Resolves once the mail is accepted for delivery. Throws MailError. */
  send(mail: Mail): Promise<void>
}

/**
 * `final` says that this very mail is refused and a retry cannot help. Faults of the deployer's
 * settings (a wrong key, an unverified sender) are not final: mails wait for them to be mended.
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

/** Header text on one line: each run of control characters (and U+2028, U+2029) is one space. */
export const headerSafe = (text: string): string =>
  text
    .toWellFormed()
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .trim()

/** The mail as a transport may have it. Throws a final MailError for an address or id that is unsafe in a header. */
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

// The characters refused are those that RFC 5322 gives a meaning outside an address.
const isOneAddress = (text: string): boolean =>
  /^[^\s\p{C}<>()[\]\\,;:"@]+@[^\s\p{C}<>()[\]\\,;:"@]+$/u.test(text)

/**
 * What every mail carries besides its content: out-of-office robots do not answer it (RFC 3834), and
 * Gmail does not fold two mails with one subject into one conversation, where the fresh link hides.
 */
export const commonHeaders = (mail: Mail): Record<string, string> => ({
  'Auto-Submitted': 'auto-generated',
  'X-Entity-Ref-ID': mail.id,
})

/** Waits for `work` at most so many milliseconds, then throws MailError `timeout`. */
export async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  const expiry = Promise.withResolvers<never>()
  const timer = setTimeout(() => expiry.reject(new MailError('timeout')), milliseconds)
  try {
    return await Promise.race([work, expiry.promise])
  } finally {
    clearTimeout(timer)
  }
}
