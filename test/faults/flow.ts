/**
 * A write flow of the product as the sweep sees it: what is asked, how its effect is recognised, and
 * what a second try may be told. `cases` make a fresh one each time; the faults come later.
 */
import { env } from 'cloudflare:workers'
import { randomId } from '../../src/crypto/encoding'
import { call, post } from '../support/api'
import { STEP_UP_MS } from '../support/clock'
import { signedInUser, type SignedInUser, staff } from '../support/users'
import type { Ask } from './injected'

export interface Case {
  readonly ask: Ask
  /** It is answered by a page. A success may be a redirect, and `again` holds statuses. */
  readonly isPage?: true
  /** Whether the effect is there; `body` is the answer's (of a page: the answer) when the last one was a success. */
  readonly isDone: (body: any) => Promise<boolean>
  /** Whether nothing is half-written, asked after each answer. */
  readonly isWhole?: () => Promise<boolean>
  /** Codes that a second try may be answered, when the first had its effect though it failed. */
  readonly again?: readonly string[]
  /** What must be in the audit log exactly once in the end. */
  readonly once?: Logged
  /** Of what must be exactly one email in the end, by a part of its text, or one for each logged event. */
  readonly mail?: { to: string; link: string; each?: Logged }
}

/** An event about a user. */
export type Logged = { event: string; id: number } | { event: string; email: string }

export type Flows = Readonly<Record<string, () => Promise<Case>>>

/** Whether a query finds anything. */
export const has = async (sql: string, ...values: unknown[]): Promise<boolean> =>
  (await env.DB.prepare(sql)
    .bind(...values)
    .first()) !== null

/** A live key of a user, made behind the API. */
export async function keyOf({ id, subject }: { id: number; subject: string }): Promise<string> {
  const key = randomId()
  await env.DB.prepare(
    `INSERT INTO api_keys (id, name, secret_hash, maker_subject, made_by, created_at, expires_at)
     VALUES (?, 'Billing', ?, ?, ?, 0, 4e12)`,
  )
    .bind(key, 'h'.repeat(43), subject, id)
    .run()
  return key
}

export const isRevoked = (key: string): Promise<boolean> =>
  has('SELECT 1 FROM api_keys WHERE id = ? AND revoked_at IS NOT NULL', key)

export const isLive = async ({ sessionId }: Pick<SignedInUser, 'sessionId'>): Promise<boolean> => {
  const object = env.USER_SESSIONS.getByName(sessionId.slice(0, 22))
  const device = { ip: null, country: null, userAgent: null }
  return (await object.check(sessionId, device)).isLive
}

export const isDead = async (who: Pick<SignedInUser, 'sessionId'>): Promise<boolean> =>
  !(await isLive(who))

/** A sign-in's answer names a session that lives; where a second try was refused, there is none to see. */
export const opensSession = async (body: any): Promise<boolean> =>
  body === undefined || isLive({ sessionId: String(body.session_id) })

/** Whether a mail of the kind waits, or waited, for the address: its token stands in D1. */
export const hasToken = (purpose: string, email: string): Promise<boolean> =>
  has('SELECT 1 FROM one_time_tokens WHERE purpose = ? AND email = ?', purpose, email)

/** An admin for one case: who sends a password may have only 30 of them hashed in 15 minutes. */
export const ownAdmin = (): Promise<SignedInUser> => staff('admin')

let boss: SignedInUser | undefined
let provedAt = 0
/** One admin for the file; their session outlives the sweep. Sensitive actions want a recent sign-in. */
export async function admin(): Promise<SignedInUser> {
  const newBoss = () => {
    provedAt = Date.now()
    return signedInUser({ roles: ['admin'], remember_me: true })
  }
  if (Date.now() - provedAt > STEP_UP_MS / 2) boss = undefined
  const refreshed = ({ refreshToken }: SignedInUser) =>
    post('/api/v1/auth/refresh', { refresh_token: refreshToken })
  boss ??= await newBoss()
  let { status, body } = await refreshed(boss)
  if (status === 401) {
    // A flow that revokes every session has revoked this one.
    boss = await newBoss()
    ;({ status, body } = await refreshed(boss))
  }
  if (status !== 200) throw new Error(JSON.stringify(body))
  const token: string = body.access_token
  const asks: SignedInUser['asks'] = (method, path, sent) =>
    call(method, `/api/v1${path}`, sent, { token })
  boss = { ...boss, token, asks, refreshToken: body.refresh_token }
  return boss
}

/** When a session was last proved, as its object knows it. */
export async function provedAtOf({
  sessionId,
}: Pick<SignedInUser, 'sessionId'>): Promise<number | undefined> {
  const object = env.USER_SESSIONS.getByName(sessionId.slice(0, 22))
  const device = { ip: null, country: null, userAgent: null }
  const checked = await object.check(sessionId, device)
  return checked.isLive ? checked.session.provedAt : undefined
}
