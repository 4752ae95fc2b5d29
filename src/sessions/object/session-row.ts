/** Rows of the tables `state` and `sessions`, and a session as the object keeps it in memory. */
import type { Amr } from '../../events'
import type { Device, Session } from '../session-types'

export interface StoredSession extends Session, Device {
  lastUsedAt: number
  /** Generation of the newest refresh token that was handed out. */
  generation: number
  rotatedAt: number
  /** The version of the credentials that opened it, or under which a change has kept it. */
  credentialVersion: number
  amr: readonly Amr[]
  /** How it was opened, without what step-up has added. */
  signInAmr: readonly Amr[]
  provedAt: number
  /** The passkey that opened it, was its second step or gave the trust that skipped it. Its removal revokes the session. */
  passkeyId: string | null
  /** The passkey that proved it last after that. Its removal takes the proof back. */
  provedBy: string | null
}

export type StateRow = {
  account_state: string | null
  erased_at: number | null
  active_day: number
}

export const SESSION_COLUMNS =
  'sid, created_at, expires_at, last_used_at, is_remembered, generation, rotated_at, credential_version, ip, country, user_agent, amr, auth_time, proved_at, passkey_id, proved_by, sign_in_amr'

export type SessionRow = {
  sid: string
  created_at: number
  expires_at: number
  last_used_at: number
  is_remembered: number
  generation: number
  rotated_at: number
  credential_version: number
  ip: string | null
  country: string | null
  user_agent: string | null
  amr: string
  auth_time: number
  proved_at: number
  passkey_id: string | null
  proved_by: string | null
  sign_in_amr: string
}

export const sessionOf = (row: SessionRow): StoredSession => ({
  sid: row.sid,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  lastUsedAt: row.last_used_at,
  isRemembered: row.is_remembered === 1,
  generation: row.generation,
  rotatedAt: row.rotated_at,
  credentialVersion: row.credential_version,
  ip: row.ip,
  country: row.country,
  userAgent: row.user_agent,
  amr: row.amr.split(' ') as Amr[],
  authTime: row.auth_time,
  provedAt: row.proved_at,
  passkeyId: row.passkey_id,
  provedBy: row.proved_by,
  signInAmr: row.sign_in_amr.split(' ') as Amr[],
})

/** The values of SESSION_COLUMNS. */
export const sessionValues = (session: StoredSession): (string | number | null)[] => [
  session.sid,
  session.createdAt,
  session.expiresAt,
  session.lastUsedAt,
  session.isRemembered ? 1 : 0,
  session.generation,
  session.rotatedAt,
  session.credentialVersion,
  session.ip,
  session.country,
  session.userAgent,
  session.amr.join(' '),
  session.authTime,
  session.provedAt,
  session.passkeyId,
  session.provedBy,
  session.signInAmr.join(' '),
]
