/** Rows of the tables `codes` and `app_sessions`, and what the object keeps of them in memory. */
import type { Amr } from '../../events'
import type { AppGrant, AppSession, CodeBinding, RequestedClaims } from '../app-session-types'

/** The values that a code passes on to the app's session. */
export interface Authorized extends AppGrant {
  /** The browser's session in which the user authorized the app. */
  readonly sid: string
  readonly credentialVersion: number
  /** The passkeys that the sign-in, or the proof after it, relied on. */
  readonly passkeyIds: readonly string[]
  readonly amr: readonly Amr[]
  readonly authTime: number
}

export interface Code extends Authorized, CodeBinding {
  readonly id: string
  readonly createdAt: number
  /** Until when it can be redeemed; of a used one: until when a replay is noticed. */
  readonly expiresAt: number
  /** The session that it was exchanged for; null: it is unused. */
  readonly appSessionId: string | null
}

export interface StoredAppSession extends AppSession, Authorized {
  createdAt: number
  expiresAt: number
  lastUsedAt: number
  generation: number
  rotatedAt: number
  authTime: number
}

type AuthorizedRow = {
  sid: string
  client_id: string
  sub: string
  scopes: string
  resources: string
  claims: string
  is_offline: number
  credential_version: number
  passkey_ids: string
  amr: string
  auth_time: number
}

const AUTHORIZED_COLUMNS =
  'sid, client_id, sub, scopes, resources, claims, is_offline, credential_version, passkey_ids, amr, auth_time'

export const CODE_COLUMNS = `${AUTHORIZED_COLUMNS}, id, redirect_uri, code_challenge, nonce, created_at, expires_at, app_session_id`

export type CodeRow = AuthorizedRow & {
  id: string
  redirect_uri: string
  code_challenge: string | null
  nonce: string | null
  created_at: number
  expires_at: number
  app_session_id: string | null
}

export const APP_SESSION_COLUMNS = `${AUTHORIZED_COLUMNS}, id, generation, rotated_at, created_at, expires_at, last_used_at`

export type AppSessionRow = AuthorizedRow & {
  id: string
  generation: number
  rotated_at: number
  created_at: number
  expires_at: number
  last_used_at: number
}

const words = (text: string): string[] => (text === '' ? [] : text.split(' '))

/** The part of a row that both tables have. */
const authorizedOf = (row: AuthorizedRow): Authorized => ({
  sid: row.sid,
  clientId: row.client_id,
  sub: row.sub,
  scopes: words(row.scopes),
  resources: words(row.resources),
  claims: JSON.parse(row.claims) as RequestedClaims,
  isOffline: row.is_offline === 1,
  credentialVersion: row.credential_version,
  passkeyIds: words(row.passkey_ids),
  amr: words(row.amr) as Amr[],
  authTime: row.auth_time,
})

/** The values of AUTHORIZED_COLUMNS. Scopes and absolute URIs contain no spaces. */
const authorizedValues = (part: Authorized): (string | number)[] => [
  part.sid,
  part.clientId,
  part.sub,
  part.scopes.join(' '),
  part.resources.join(' '),
  JSON.stringify(part.claims),
  part.isOffline ? 1 : 0,
  part.credentialVersion,
  part.passkeyIds.join(' '),
  part.amr.join(' '),
  part.authTime,
]

export const codeOf = (row: CodeRow): Code => ({
  ...authorizedOf(row),
  id: row.id,
  redirectUri: row.redirect_uri,
  codeChallenge: row.code_challenge,
  nonce: row.nonce,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  appSessionId: row.app_session_id,
})

/** The values of CODE_COLUMNS. */
export const codeValues = (code: Code): (string | number | null)[] => [
  ...authorizedValues(code),
  code.id,
  code.redirectUri,
  code.codeChallenge,
  code.nonce,
  code.createdAt,
  code.expiresAt,
  code.appSessionId,
]

export const appSessionOf = (row: AppSessionRow): StoredAppSession => ({
  ...authorizedOf(row),
  id: row.id,
  generation: row.generation,
  rotatedAt: row.rotated_at,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  lastUsedAt: row.last_used_at,
})

/** The values of APP_SESSION_COLUMNS. */
export const appSessionValues = (session: StoredAppSession): (string | number)[] => [
  ...authorizedValues(session),
  session.id,
  session.generation,
  session.rotatedAt,
  session.createdAt,
  session.expiresAt,
  session.lastUsedAt,
]

/** The part of a session that the Worker sees. */
export const publicAppPart = (session: StoredAppSession): AppSession => ({
  id: session.id,
  clientId: session.clientId,
  sub: session.sub,
  scopes: session.scopes,
  resources: session.resources,
  claims: session.claims,
  isOffline: session.isOffline,
  generation: session.generation,
  createdAt: session.createdAt,
  expiresAt: session.expiresAt,
  lastUsedAt: session.lastUsedAt,
  amr: session.amr,
  authTime: session.authTime,
})
