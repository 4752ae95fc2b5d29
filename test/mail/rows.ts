/** Mail rows as a commit leaves them: the outbox row and the hashes of the tokens that its mail carries. */
import { eq } from 'drizzle-orm'
import type { Deps } from '../../src/context'
import { mailToken, mailTokenHash, type TokenPurpose } from '../../src/crypto/mail-token'
import { type MailName, TOKENS_OF } from '../../src/mail/messages'
import { outbox, type OutboxRow } from '../../src/tables/outbox'
import { insertRow, type Row } from '../db/rows'
import { outboxRow } from '../outbox/rows'
import { depsFor } from '../support/deps'
import { makeUser } from '../support/users'

const HOUR_MS = 3_600_000

interface MailRow {
  row: OutboxRow
  user: Awaited<ReturnType<typeof makeUser>>
  /** By purpose, as the mail must carry them. */
  tokens: Map<TokenPurpose, string>
}

export const purposesOf = (mail: MailName): readonly TokenPurpose[] => TOKENS_OF[mail] ?? []

/** A mail that is due, to a user of its own; `ends` are its tokens' lifetimes in hours. */
export async function mailRow(mail: MailName, more: { user?: Row; ends?: number[] } = {}) {
  const deps: Deps = depsFor()
  const user = await makeUser({ status: 'pending', columns: more.user ?? {} })
  const payload = JSON.stringify({ mail, key_id: deps.config.TOKEN_KEYS.ids[0] })
  const id = await outboxRow({
    kind: 'mail',
    subject: user.subject,
    payload,
    next_attempt_at: deps.now,
  })
  const tokens: MailRow['tokens'] = new Map()
  for (const [n, purpose] of purposesOf(mail).entries()) {
    const { TOKEN_KEYS } = deps.config
    const token = (await mailToken(TOKEN_KEYS, TOKEN_KEYS.ids[0], purpose, id)) ?? ''
    tokens.set(purpose, token)
    await insertRow('one_time_tokens', {
      hash: await mailTokenHash(token),
      purpose,
      user_id: user.id,
      email: user.email,
      key_id: TOKEN_KEYS.ids[0],
      created_at: deps.now,
      expires_at: deps.now + (more.ends?.[n] ?? 1) * HOUR_MS,
    })
  }
  const [row] = await deps.db.select().from(outbox).where(eq(outbox.id, id))
  if (!row) throw new Error('the row was not stored')
  return { row, user, tokens } satisfies MailRow
}
