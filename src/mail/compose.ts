/**
 * Builds an email from its outbox row and sends it. The user is read at this moment, and the tokens are
 * derived from the row's id. If the user or the token no longer exists, there is no email.
 */
import { and, eq, inArray } from 'drizzle-orm'
import type { Deps } from '../context'
import { decrypt } from '../crypto/encrypt'
import { mailToken, mailTokenHash, type TokenPurpose } from '../crypto/mail-token'
import { signToken } from '../crypto/signed-token'
import { aadOf } from '../tables/encrypted-column'
import { isStanding, oneTimeTokens } from '../tables/one-time-tokens'
import type { OutboxRow } from '../tables/outbox'
import { MAIL_RECIPIENT } from '../tables/outbox'
import { users } from '../tables/users'
import { maskAddress } from '../texts/mask-address'
import { tokenLink, undoLink } from './links'
import {
  type MailName,
  type MailPayload,
  type Recipient,
  TO_UNPROVED,
  TOKENS_OF,
  type Undo,
} from './messages'
import { emailHtml, emailText } from './templates/email'
import { mailTransport } from './transports/choose'
import { headerSafe, type Mail } from './transports/transport'
import { writeEmail } from './write-email'

/**
 * Performs an email row. The email is built from the row on every attempt, so a retry sends the
 * same one. Returns without sending when the email is no longer due. Throws the transport's
 * MailError.
 */
export async function sendMail(deps: Deps, row: OutboxRow): Promise<void> {
  const mail = await composeMail(deps, row)
  if (mail) await mailTransport(deps.config, deps.env).send(mail)
}

/** Returns the email of a row, or undefined when it must no longer be sent. */
export async function composeMail(deps: Deps, row: OutboxRow): Promise<Mail | undefined> {
  const payload = JSON.parse(row.payload) as MailPayload
  const user = await recipientOf(deps, row, payload)
  const tokens = await liveTokens(deps, row.id, payload)
  if (!user || !tokens) return undefined
  // A link goes to the address that it verifies, which need not be the account's.
  const to = tokens[0]?.email ?? user.email
  const isProved = isProvedAddress(payload.mail, user, to)
  const content = writeEmail({
    config: deps.config,
    mail: payload.mail,
    fullName: isProved && user.fullName !== null ? headerSafe(user.fullName) : null,
    account: maskAddress(user.email),
    language: user.language,
    links: [
      ...tokens.map(({ purpose, token, expiresAt }) => ({
        href: tokenLink(deps.config, purpose, token),
        expiresAt,
      })),
      ...(await undoLinks(deps, row.subject, payload.undo)),
    ],
    requestMetadata: isProved ? payload.circumstances : undefined,
    details: payload.details,
  })
  return {
    id: row.id,
    from: deps.config.MAIL_FROM,
    to,
    subject: content.subject,
    html: emailHtml(content),
    text: emailText(content),
  }
}

interface Addressee extends Recipient {
  readonly fullName: string | null
  readonly emailVerifiedAt: number | null
}

/** The notification of a change of address goes to the previous address, which was verified. */
const isProvedAddress = (mail: MailName, user: Addressee, to: string): boolean =>
  !TO_UNPROVED.has(mail) &&
  user.emailVerifiedAt !== null &&
  (to === user.email || mail === 'email-changed')

async function recipientOf(
  deps: Deps,
  row: OutboxRow,
  { recipient }: MailPayload,
): Promise<Addressee | undefined> {
  if (recipient !== undefined) {
    const text = await decrypt(deps.config.DATA_KEYS, aadOf(MAIL_RECIPIENT, row.id), recipient)
    const { email, language } = JSON.parse(text) as Recipient
    return { email, language, fullName: null, emailVerifiedAt: null }
  }
  const [user] = await deps.db
    .select({
      email: users.email,
      fullName: users.fullName,
      language: users.language,
      emailVerifiedAt: users.emailVerifiedAt,
    })
    .from(users)
    .where(eq(users.subject, row.subject ?? ''))
  return user
}

/**
 * The link that removes an added sign-in method. Its token is signed and not stored, so nothing at rest
 * can be used. It works until the method is gone.
 */
async function undoLinks(deps: Deps, subject: string | null, undo: Undo | undefined) {
  if (!undo || subject === null || undo.expires <= deps.now) return []
  const { passkey = null, device = null, expires } = undo
  const payload = { subject, passkey, device, expires }
  const token = await signToken(deps.config.TOKEN_KEYS, 'undo', payload)
  return [{ href: undoLink(deps.config, token), expiresAt: expires }]
}

interface LiveToken {
  purpose: TokenPurpose
  token: string
  email: string
  expiresAt: number
}

/**
 * Returns the email's tokens that are still valid in D1, in its own order, or undefined when the
 * first is not.
 */
async function liveTokens(
  deps: Deps,
  outboxId: string,
  { mail, key_id = '' }: MailPayload,
): Promise<LiveToken[] | undefined> {
  const purposes = TOKENS_OF[mail] ?? []
  if (purposes.length === 0) return []
  const derived = new Map<string, { purpose: TokenPurpose; token: string }>()
  for (const purpose of purposes) {
    const token = await mailToken(deps.config.TOKEN_KEYS, key_id, purpose, outboxId)
    if (token) derived.set(await mailTokenHash(token), { purpose, token })
  }
  const rows = await deps.db
    .select({
      hash: oneTimeTokens.hash,
      email: oneTimeTokens.email,
      expiresAt: oneTimeTokens.expiresAt,
    })
    .from(oneTimeTokens)
    .innerJoin(users, eq(users.id, oneTimeTokens.userId))
    .where(and(inArray(oneTimeTokens.hash, [...derived.keys()]), isStanding))
  const stored = new Map(rows.map((row) => [row.hash, row]))
  const live = [...derived].flatMap(([hash, found]) => {
    const row = stored.get(hash)
    return row && row.expiresAt > deps.now ? [{ ...found, ...row }] : []
  })
  return live[0]?.purpose === purposes[0] ? live : undefined
}
