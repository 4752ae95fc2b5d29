/** An app that got a code for a user, and what it sends to the OAuth routes. */
import { decodeJwt } from 'jose'
import { appSubject } from '../../src/apps/app-subject'
import { findApp } from '../../src/apps/find-app'
import { sha256 } from '../../src/crypto/encoding'
import { encryptToken } from '../../src/crypto/encrypted-token'
import type { RequestedClaims } from '../../src/sessions/app-session-types'
import { freshIp, type Reply, send } from '../support/api'
import { codeFor as plainCodeFor } from '../support/app-sessions'
import { type MadeApp, REDIRECT_URI } from '../support/apps'
import { depsFor } from '../support/deps'
import type { SignedInUser } from '../support/users'

export const VERIFIER = 'v'.repeat(43)

export interface Asked {
  scopes?: string[]
  resources?: string[]
  claims?: RequestedClaims
  nonce?: string | null
  /** False: an app that sent no PKCE challenge. */
  pkce?: boolean
  verifier?: string
}

/** A code as the authorize route issues it. */
export async function codeFor(
  app: MadeApp,
  user: Pick<SignedInUser, 'subject' | 'sessionId'>,
  asked: Asked = {},
): Promise<string> {
  const deps = depsFor()
  const row = await findApp(deps, app.clientId)
  if (!row) throw new Error('no such app')
  const scopes = asked.scopes ?? ['openid', 'profile', 'email']
  const id = await plainCodeFor(user, {
    grant: {
      clientId: app.clientId,
      sub: await appSubject(deps, row, user.subject),
      scopes,
      resources: asked.resources ?? [],
      claims: asked.claims ?? { userinfo: [], idToken: [] },
      isOffline: scopes.includes('offline_access'),
    },
    binding: {
      codeChallenge: asked.pkce === false ? null : await sha256(asked.verifier ?? VERIFIER),
      nonce: asked.nonce === undefined ? 'n-0' : asked.nonce,
    },
  })
  return encryptToken(deps.config.TOKEN_KEYS, 'code', { subject: user.subject, id })
}

export type Fields = Record<string, string | undefined> | [string, string][]

/** A form, sent with the app's secret in the header unless the fields or headers say otherwise. */
export function postForm(
  path: string,
  fields: Fields,
  by?: { clientId: string; secret: string | null } | null,
  headers: Record<string, string> = {},
): Promise<Reply> {
  const given = Array.isArray(fields) ? fields : Object.entries(fields)
  const body = new URLSearchParams(
    given.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
  if (by && by.secret === null) body.set('client_id', by.clientId)
  return send(path, {
    method: 'POST',
    headers: {
      'cf-connecting-ip': freshIp(),
      'content-type': 'application/x-www-form-urlencoded',
      ...(by?.secret && { authorization: basic(by.clientId, by.secret) }),
      ...headers,
    },
    body: body.toString(),
  })
}

export const basic = (name: string, secret: string) => `Basic ${btoa(`${name}:${secret}`)}`

export const redeem = (
  app: MadeApp,
  code: string,
  more: Record<string, string | undefined> = {},
): Promise<Reply> =>
  postForm(
    '/oauth/token',
    {
      grant_type: 'authorization_code',
      code,
      redirect_uri: REDIRECT_URI,
      code_verifier: VERIFIER,
      ...more,
    },
    app,
  )

/** The tokens of a new session of the app. */
export async function tokensFor(
  app: MadeApp,
  user: Pick<SignedInUser, 'subject' | 'sessionId'>,
  asked: Asked = {},
) {
  const reply = await redeem(app, await codeFor(app, user, asked))
  if (reply.status !== 200) throw new Error(`${reply.status} ${JSON.stringify(reply.body)}`)
  return reply.body as {
    access_token: string
    refresh_token: string
    id_token?: string
    scope?: string
    expires_in: number
  }
}

export const refreshWith = (
  app: MadeApp,
  refresh_token: string,
  more: Record<string, string> = {},
): Promise<Reply> =>
  postForm('/oauth/token', { grant_type: 'refresh_token', refresh_token, ...more }, app)

export const introspect = (
  by: { clientId: string; secret: string | null } | { id: string; secret: string },
  token: string,
): Promise<Reply> =>
  postForm(
    '/oauth/introspect',
    { token },
    { clientId: 'id' in by ? by.id : by.clientId, secret: by.secret },
  )

export const revoke = (by: MadeApp, token: string): Promise<Reply> =>
  postForm('/oauth/revoke', { token }, by)

export const userinfo = (token?: string): Promise<Reply> =>
  send('/oauth/userinfo', {
    headers: {
      'cf-connecting-ip': freshIp(),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
  })

/** An OAuth error in short. */
export const said = ({ status, body }: Reply): string =>
  typeof body?.error === 'string' ? `${status} ${body.error}` : String(status)

export const claimsOf = (token: string | undefined): Record<string, any> => decodeJwt(token ?? '')
