/** The grants of the token endpoint (RFC 6749 sections 4 to 6, RFC 8707). */
import { appMap } from '../apps/app-map'
import { isStandardScope, scopesInForce } from '../apps/scopes'
import { type Deps, deviceOf } from '../context'
import { sha256 } from '../crypto/encoding'
import { decryptToken, encryptToken } from '../crypto/encrypted-token'
import { OAuthError } from '../http/oauth-error'
import { errorName, log } from '../log'
import { roleMap } from '../rbac/role-map'
import type { CodeProof } from '../sessions/app-session-types'
import { sessionsOf } from '../sessions/object-stub'
import type { AppRow } from '../tables/apps'
import { signAppToken } from './access-token'
import { DEVICE_GRANT, type HeldCode, withDeviceCode } from './device-grant'
import { signIdToken } from './id-token'
import { type LiveGrant, mayUseApp, stillAllowed } from './live-grant'
import { loadAhead } from './load-ahead'
import { beyond, demandResources, existing, narrowed, wantedOf, wrongTarget } from './narrow'
import type { TokenRequest, TokenResponse } from './token-messages'
import { claimsFor } from './user-claims'

type Grant = (deps: Deps, app: AppRow, request: TokenRequest) => Promise<TokenResponse>

/** Every grant, by its `grant_type`. The discovery document lists them. */
export const GRANTS: ReadonlyMap<string, Grant> = new Map([
  ['authorization_code', redeemCode],
  ['refresh_token', refresh],
  ['client_credentials', actForItself],
  [DEVICE_GRANT, redeemDevice],
])

/** Answers a request of an authenticated app. Throws `unsupported_grant_type`, and what the grant throws. */
export async function grantTokens(
  deps: Deps,
  grantType: string,
  request: TokenRequest,
  authenticate: () => Promise<AppRow>,
): Promise<TokenResponse> {
  const grant = GRANTS.get(grantType)
  if (!grant) throw new OAuthError('unsupported_grant_type', 'Unknown grant_type')
  const app = await authenticate()
  // Checked before the grant, so that a refused request uses up neither a code nor a refresh token.
  if (request.resource) demandResources(await appMap(deps), app, request.resource)
  return grant(deps, app, request)
}

/**
 * RFC 7636 section 4.1 allows fewer characters, but git-credential-oauth and others send Base64 with `+`, `/` and
 * `=`. What matters is the length: the verifier is only hashed and compared with the challenge.
 */
const VERIFIER = /^[\x21-\x7e]{43,128}$/

/**
 * Exchanges a code for tokens, once (RFC 6749 section 4.1.3, RFC 7636 section 4.6, OpenID Connect Core section
 * 3.1.3). All reasons for refusing a code have one answer. If the object cannot be asked, the code is unspent.
 */
async function redeemCode(deps: Deps, app: AppRow, request: TokenRequest): Promise<TokenResponse> {
  forUsers(app)
  const code = demanded(request, 'code')
  const { code_verifier: verifier } = request
  // In OAuth 2.1 clients leave it out, as PKCE binds the code to the client. A code without a challenge still needs it.
  const { redirect_uri: redirectUri = null } = request
  if (redirectUri === null && verifier === undefined) demanded(request, 'redirect_uri')
  if (verifier !== undefined && !VERIFIER.test(verifier)) {
    throw new OAuthError('invalid_request', 'code_verifier must have 43 to 128 ASCII characters')
  }
  const held = await decryptToken(deps.config.TOKEN_KEYS, 'code', code)
  if (!held) throw notGranted()
  const codeChallenge = verifier === undefined ? null : await sha256(verifier)
  return exchange(deps, app, request, { ...held, redirectUri, codeChallenge })
}

/** Tokens for a device, once its user has allowed it (RFC 8628 section 3.4). */
async function redeemDevice(
  deps: Deps,
  app: AppRow,
  request: TokenRequest,
): Promise<TokenResponse> {
  forUsers(app)
  return withDeviceCode(deps, app, demanded(request, 'device_code'), (code) =>
    exchange(deps, app, request, { ...code, codeChallenge: null }),
  )
}

async function exchange(
  deps: Deps,
  app: AppRow,
  request: TokenRequest,
  code: Omit<HeldCode, 'redirectUri'> & Pick<CodeProof, 'redirectUri' | 'codeChallenge'>,
): Promise<TokenResponse> {
  await loadAhead(deps, app)
  const result = await sessionsOf(deps, code.subject).redeemCode(code.id, {
    clientId: app.clientId,
    redirectUri: code.redirectUri,
    codeChallenge: code.codeChallenge,
    // Its scopes are those of the code: the parameter has no meaning here.
    wanted: wantedOf({ resource: request.resource }),
    offlineTtlSeconds: deps.config.REMEMBERED_SESSION_TTL_SECONDS,
    device: deviceOf(deps),
  })
  if (result.status === 'beyond') throw beyond(result.what)
  if (result.status !== 'opened') throw notGranted()
  const { appSession, accountState, nonce } = result
  return issue(deps, { app, appSession, accountState }, request, { nonce, isFirst: true })
}

/**
 * Exchanges a refresh token for new tokens (RFC 6749 section 6). Scope and resources can be narrowed for the
 * new access token; what was granted stays.
 */
async function refresh(deps: Deps, app: AppRow, request: TokenRequest): Promise<TokenResponse> {
  forUsers(app)
  const token = demanded(request, 'refresh_token')
  const held = await decryptToken(deps.config.TOKEN_KEYS, 'app_refresh', token)
  if (!held) throw notGranted()
  await loadAhead(deps, app)
  const result = await sessionsOf(deps, held.subject).rotateApp(
    held.sid,
    app.clientId,
    held.n,
    deps.config.REFRESH_GRACE_SECONDS * 1000,
    deviceOf(deps),
    wantedOf(request),
  )
  if (result.status === 'beyond') throw beyond(result.what)
  if (result.status !== 'rotated') throw notGranted()
  const { appSession, accountState } = result
  return issue(deps, { app, appSession, accountState }, request, { nonce: null, isFirst: false })
}

/** Tokens for a machine that acts for itself (RFC 6749 section 4.4). Asks nothing but memory. */
async function actForItself(
  deps: Deps,
  app: AppRow,
  request: TokenRequest,
): Promise<TokenResponse> {
  // Anyone who knows the id of a public app could pass for it (RFC 6749 section 4.4).
  if (app.kind !== 'machine' || app.authMethod === 'none') throw unauthorized()
  const map = await appMap(deps)
  const resources = demandResources(map, app, request.resource ?? existing(map, app.resources))
  const roles = await roleMap(deps)
  const identifiers = resources.map(({ identifier }) => identifier)
  const granted = app.scopes.filter((name) => !isStandardScope(name))
  const offered = scopesInForce({ map, roles }, { scopes: granted }, identifiers, null)
  const scopes = narrowed(request.scope, offered)
  const { clientId } = app
  const made = { clientId, sub: clientId, scopes, resources, user: null }
  const { token, expiresIn } = await signAppToken(deps, made)
  return {
    access_token: token,
    token_type: 'Bearer',
    expires_in: expiresIn,
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
  }
}

/** The tokens of an app's session, after a code or a refresh token was exchanged. */
async function issue(
  deps: Deps,
  live: LiveGrant,
  request: TokenRequest,
  { nonce, isFirst }: { nonce: string | null; isFirst: boolean },
): Promise<TokenResponse> {
  const { app, appSession, accountState } = live
  if (!(await mayUseApp(deps, live))) throw notGranted()
  const map = await appMap(deps)
  const { resource: wanted } = request
  const isNarrowed = wanted !== undefined
  // An admin may have taken an API from the app since, or deleted it. If none is left, nothing is.
  const left = existing(map, appSession.resources).filter((each) => app.resources.includes(each))
  if (left.length === 0 && appSession.resources.length > 0) throw wrongTarget()
  const resources = demandResources(map, { resources: left }, wanted ?? left)
  const identifiers = resources.map(({ identifier }) => identifier)
  // A code was granted for its own scopes: the parameter has no meaning there.
  const asked = isFirst ? appSession.scopes : narrowed(request.scope, appSession.scopes)
  const granted = stillAllowed(app, asked)
  const at = { map, roles: await roleMap(deps) }
  const scopes = scopesInForce(at, { scopes: granted }, identifiers, accountState.roleIds)
  const { clientId } = app
  const { token, expiresIn } = await signAppToken(deps, {
    clientId,
    sub: appSession.sub,
    scopes,
    resources,
    isNarrowed,
    user: { subject: accountState.subject, appSession },
  })
  const { id: sid, generation } = appSession
  return {
    access_token: token,
    token_type: 'Bearer',
    expires_in: expiresIn,
    refresh_token: await encryptToken(deps.config.TOKEN_KEYS, 'app_refresh', {
      subject: accountState.subject,
      sid,
      n: generation,
    }),
    ...(scopes.includes('openid') && {
      id_token: await signIdToken(deps, {
        app,
        appSession,
        nonce,
        accessToken: token,
        claims: await namedClaims(deps, live, isFirst),
      }),
    }),
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
  }
}

/**
 * The claims that were asked for by name. A renewal goes without them if D1 fails: the app knows them, and its old
 * refresh token is replaced by now.
 */
async function namedClaims(deps: Deps, live: LiveGrant, isFirst: boolean) {
  try {
    return await claimsFor(deps, live, { scopes: [], names: live.appSession.claims.idToken })
  } catch (error) {
    if (isFirst) throw error
    log.warn('named_claims_left_out', deps, { error: errorName(error) })
    return {}
  }
}

function demanded<N extends 'code' | 'redirect_uri' | 'refresh_token' | 'device_code'>(
  request: TokenRequest,
  name: N,
): string {
  const value = request[name]
  if (value === undefined) throw new OAuthError('invalid_request', `${name} is missing`)
  return value
}

function forUsers(app: AppRow): void {
  if (app.kind === 'machine') throw unauthorized()
}

const unauthorized = () =>
  new OAuthError('unauthorized_client', 'The client is not registered for this grant')

const notGranted = () =>
  new OAuthError('invalid_grant', 'Invalid, expired, revoked or used, or of another client')
