/**
 * From an outbox row to a finished mail: the user is read now, the tokens are derived from the row's
 * id, and a mail whose user or token has gone meanwhile is not made at all.
 */
import { eq, inArray } from 'drizzle-orm'
import { oneTimeTokens } from '../auth/schema'
import type { Deps } from '../context'
import { mailToken, mailTokenHash, type TokenPurpose } from '../crypto/mail-token'
import type { OutboxRow } from '../outbox/schema'
import { textsFor } from '../texts/languages'
import { users } from '../users/schema'
import { tokenLink } from './links'
import { type MailPayload, TOKENS_OF } from './messages'
import { type Composing, type Letter, letterHtml, letterText } from './templates/letter'
import { verifyEmailLetter } from './templates/verify-email'
import { headerSafe, type Mail } from './transports/transport'

/** The mail of a row, or undefined when it must not be sent any more. */
export async function composeMail(deps: Deps, row: OutboxRow): Promise<Mail | undefined> {
  const payload = JSON.parse(row.payload) as MailPayload
  const [user] = await deps.db
    .select({ email: users.email, fullName: users.fullName, language: users.language })
    .from(users)
    .where(eq(users.subject, row.subject ?? ''))
  const tokens = await liveTokens(deps, row.id, payload)
  if (!user || !tokens) return undefined
  const letter = await writeLetter(payload, {
    config: deps.config,
    fullName: headerSafe(user.fullName),
    language: user.language,
    links: Object.fromEntries(
      tokens.map(({ purpose, token }) => [purpose, tokenLink(deps.config, purpose, token)]),
    ),
    expiresAt: tokens[0].expiresAt,
  })
  return {
    id: row.id,
    from: deps.config.MAIL_FROM,
    to: user.email,
    subject: letter.subject,
    html: letterHtml(letter),
    text: letterText(letter),
  }
}

interface LiveToken {
  purpose: TokenPurpose
  token: string
  expiresAt: number
}

/** The mail's tokens that still stand in D1, in its own order; undefined when the first does not. */
async function liveTokens(
  deps: Deps,
  outboxId: string,
  { mail, key_id }: MailPayload,
): Promise<[LiveToken, ...LiveToken[]] | undefined> {
  const derived = new Map<string, { purpose: TokenPurpose; token: string }>()
  for (const purpose of TOKENS_OF[mail]) {
    const token = await mailToken(deps.config.TOKEN_KEYS, key_id, purpose, outboxId)
    if (token) derived.set(await mailTokenHash(token), { purpose, token })
  }
  const rows = await deps.db
    .select({ hash: oneTimeTokens.hash, expiresAt: oneTimeTokens.expiresAt })
    .from(oneTimeTokens)
    .where(inArray(oneTimeTokens.hash, [...derived.keys()]))
  const endOf = new Map(rows.map(({ hash, expiresAt }) => [hash, expiresAt]))
  const [first, ...others] = [...derived].flatMap(([hash, found]) => {
    const expiresAt = endOf.get(hash) ?? 0
    return expiresAt > deps.now ? [{ ...found, expiresAt }] : []
  })
  return first?.purpose === TOKENS_OF[mail][0] ? [first, ...others] : undefined
}

async function writeLetter(payload: MailPayload, composing: Composing): Promise<Letter> {
  const texts = textsFor(composing.language)
  switch (payload.mail) {
    case 'verify-email':
      return verifyEmailLetter(texts, composing)
  }
}
