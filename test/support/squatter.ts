/**
 * A stranger's account, registered with somebody else's address. It is pending, and has everything
 * that could outlive the owner's verification. What a registration cannot create is written into D1
 * and the user's object.
 */
import { env } from 'cloudflare:workers'
import { mailTokenHash } from '../../src/crypto/mail-token'
import { forgot } from './credentials'
import { mailTo, tokenIn } from './mailbox'
import { freshEmail, PASSWORD, type SignedInUser, signIn } from './users'
import { registerByApi } from './users-by-api'

export interface Squatter extends SignedInUser {
  /** The links that were mailed to the address before the account was taken over. */
  readonly links: { verify: string; decline: string; reset: string }
  readonly createdAt: number
}

const PAST = 1_700_000_000_000

export async function squatter(email = freshEmail()): Promise<Squatter> {
  const person = await registerByApi(email)
  const mail = await mailTo(email)
  const links = {
    verify: tokenIn(mail, '/verify-email'),
    decline: tokenIn(mail, '/decline-registration'),
  }
  await forgot(email)
  const reset = tokenIn(await mailTo(email, 2), '/reset-password')
  const { id } = person
  const run = (sql: string, ...values: unknown[]) =>
    env.DB.prepare(sql)
      .bind(...values)
      .run()
  await run('UPDATE users SET email_verified_at = 1 WHERE id = ?', id)
  const stranger = await signIn(person, { remember_me: true })
  await run(
    `UPDATE users SET email_verified_at = NULL, bio = 'Mine', avatar_url = 'https://example.org/x',
      preferences = '{"x":1}', language = 'de', two_factor_secret = 'stranger-secret',
      two_factor_enabled_at = 1, two_factor_pending_secret = 'stranger-pending',
      two_factor_pending_until = 9000000000000, home_region = 'weur', login_count = 3,
      last_login_at = 1, last_active_day = 1 WHERE id = ?`,
    id,
  )
  await run("INSERT INTO recovery_codes VALUES (?, 'h' || hex(randomblob(30)), ?)", id, PAST)
  await run(
    `INSERT INTO user_sessions (id, user_id, created_at, expires_at) VALUES (?, ?, 1, 9000000000000)
     ON CONFLICT DO NOTHING`,
    stranger.sessionId,
    id,
  )
  await run(
    `INSERT INTO outbox (id, kind, subject, payload, next_attempt_at, created_at)
     VALUES (lower(hex(randomblob(11))), 'mail', ?, '{"mail":"new-device"}', 9000000000000, 0)`,
    stranger.subject,
  )
  const createdAt = await env.DB.prepare('SELECT created_at FROM users WHERE id = ?')
    .bind(id)
    .first<number>('created_at')
  return { ...stranger, password: PASSWORD, links: { ...links, reset }, createdAt: createdAt ?? 0 }
}

/** Counts what is left of a stranger in the account: nothing, once it has been taken over. */
export async function leftOf(stranger: Squatter): Promise<Record<string, unknown>> {
  const { id, subject } = stranger
  const rows = async (sql: string, ...values: unknown[]) =>
    (
      await env.DB.prepare(sql)
        .bind(...values)
        .all()
    ).results.length
  const object = env.USER_SESSIONS.getByName(subject)
  const device = { ip: null, country: null, userAgent: null }
  return {
    subject: await rows('SELECT 1 FROM users WHERE subject = ?', subject),
    profile: await rows(
      `SELECT 1 FROM users WHERE id = ? AND (bio = 'Mine' OR avatar_url IS NOT NULL OR preferences <> '{}'
        OR language = 'de' OR full_name = 'Ada Lovelace' OR home_region = 'weur' OR login_count > 0
        OR last_login_at IS NOT NULL OR last_active_day IS NOT NULL OR origin = 'registered')`,
      id,
    ),
    factors: await rows(
      `SELECT 1 FROM users WHERE id = ? AND (two_factor_secret IS NOT NULL OR two_factor_enabled_at IS NOT NULL
        OR two_factor_pending_secret IS NOT NULL OR two_factor_pending_until IS NOT NULL)`,
      id,
    ),
    codes: await rows('SELECT 1 FROM recovery_codes WHERE user_id = ?', id),
    sessions: await rows('SELECT 1 FROM user_sessions WHERE user_id = ?', id),
    mails: await rows(
      "SELECT 1 FROM outbox WHERE subject = ? AND kind <> 'sync-authority'",
      subject,
    ),
    object: (await object.check(stranger.sessionId, device)).isLive ? 1 : 0,
    links: await liveLinks(stranger),
  }
}

/** Counts the stranger's links that are still valid in D1. */
async function liveLinks({ links }: Squatter): Promise<number> {
  const hashes = await Promise.all(Object.values(links).map((token) => mailTokenHash(token)))
  const { results } = await env.DB.prepare(
    'SELECT 1 FROM one_time_tokens WHERE hash IN (SELECT value FROM json_each(?))',
  )
    .bind(JSON.stringify(hashes))
    .all()
  return results.length
}

export const NOTHING_LEFT = {
  subject: 0,
  profile: 0,
  factors: 0,
  codes: 0,
  sessions: 0,
  mails: 0,
  object: 0,
  links: 0,
}
