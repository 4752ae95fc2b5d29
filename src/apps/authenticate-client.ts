/**
 * Authenticates apps at the OAuth routes (RFC 6749 section 2.3), and resource servers at introspection. One
 * method a request, and only the method that the app is registered for. A wrong secret, an unknown client and a
 * disabled app get the same answer. Secrets have 256 random bits, so guesses are counted only to save work,
 * and a right secret is accepted however many wrong ones others have sent.
 */
import type { Deps } from '../context'
import { fromUtf8, sameBytes, sha256, utf8 } from '../crypto/encoding'
import { OAuthError } from '../http/oauth-error'
import type { AppRow, ResourceRow } from '../tables/apps'
import { networkOf } from '../throttle/network'
import { withinIpLimit, withinLimit } from '../throttle/rate-limit'
import { appMap } from './app-map'
import { ASSERTION_TYPE, claimedClientId, isRightAssertion } from './client-assertion'
import { findAppOrFault } from './find-app'
import type { AppFault } from './metadata-app'

/** The parameters that authenticate. Secrets are never read from a query. */
export interface ClientParameters {
  readonly client_id?: string | undefined
  readonly client_secret?: string | undefined
  readonly client_assertion?: string | undefined
  readonly client_assertion_type?: string | undefined
}

export interface ClientRequest {
  readonly request: Request
  readonly parameters: ClientParameters
}

type Credentials =
  | { readonly method: 'none'; readonly clientId: string }
  | {
      readonly method: 'client_secret_basic' | 'client_secret_post'
      readonly clientId: string
      readonly secret: string
    }
  | { readonly method: 'private_key_jwt'; readonly clientId: string; readonly assertion: string }

const RETRY_AFTER_SECONDS = 60
/** Compared if there is no such secret, so that this takes just as long. */
const DECOY_HASH = 'A'.repeat(43)

/** The app that sends the request. Throws `invalid_client` and `invalid_request`. */
export async function authenticateApp(deps: Deps, sent: ClientRequest): Promise<AppRow> {
  const credentials = credentialsOf(sent)
  const found = await findAppOrFault(deps, credentials.clientId)
  const app = 'fault' in found ? undefined : found
  if (app?.authMethod === credentials.method && (await isRight(deps, app, credentials))) return app
  // The work of a wrong secret is done for an unknown app too.
  if (!app && 'secret' in credentials) await isSecretOf(deps, NO_SECRET, credentials.secret)
  if ('fault' in found && found.retryAfter !== undefined) throw unreachable(found)
  return refuse(deps, sent, credentials.clientId)
}

/** If a metadata document cannot be fetched now, nothing is known about the app. */
const unreachable = ({ fault, retryAfter }: AppFault): OAuthError =>
  new OAuthError('temporarily_unavailable', fault, { status: 503, retryAfter })

/**
 * The app or the resource server that introspects a token. Public apps have nothing to authenticate by, so
 * they cannot (RFC 7662 section 2.1). Throws as `authenticateApp` does.
 */
export async function authenticateIntrospector(
  deps: Deps,
  sent: ClientRequest,
): Promise<{ readonly app: AppRow } | { readonly resource: ResourceRow }> {
  const credentials = credentialsOf(sent)
  if (credentials.method === 'none') return refuse(deps, sent, credentials.clientId)
  const resource = (await appMap(deps)).resourcesById.get(credentials.clientId)
  if (!resource) return { app: await authenticateApp(deps, sent) }
  const isKnown = 'secret' in credentials && (await isSecretOf(deps, resource, credentials.secret))
  return isKnown ? { resource } : refuse(deps, sent, credentials.clientId)
}

function isRight(deps: Deps, app: AppRow, credentials: Credentials): boolean | Promise<boolean> {
  switch (credentials.method) {
    case 'none':
      return true
    case 'private_key_jwt':
      return isRightAssertion(deps, app, credentials.assertion)
    default:
      return isSecretOf(deps, app, credentials.secret)
  }
}

type Secrets = Pick<AppRow, 'secretHash' | 'previousSecretHash' | 'previousSecretUntil'>
const NO_SECRET: Secrets = { secretHash: null, previousSecretHash: null, previousSecretUntil: null }

/** Whether it is the current secret, or the one before it while both are good. */
async function isSecretOf({ now }: Deps, held: Secrets, secret: string): Promise<boolean> {
  const hash = utf8(await sha256(secret))
  const isPreviousGood = held.previousSecretUntil !== null && held.previousSecretUntil > now
  const previousHash = isPreviousGood ? held.previousSecretHash : null
  const isCurrent = sameBytes(hash, utf8(held.secretHash ?? DECOY_HASH))
  const isPrevious = sameBytes(hash, utf8(previousHash ?? DECOY_HASH))
  return isCurrent || isPrevious
}

function credentialsOf({ request, parameters }: ClientRequest): Credentials {
  const { client_id: named, client_secret: secret, client_assertion: assertion } = parameters
  const header = request.headers.get('authorization')
  const methods = [header, secret, assertion].filter((each) => each !== null && each !== undefined)
  if (methods.length > 1) {
    throw new OAuthError('invalid_request', 'More than one way of authenticating the client')
  }
  const credentials = header === null ? inForm(parameters) : basicCredentials(header)
  if (!credentials) {
    if (header !== null) throw notAuthenticated(true)
    if (assertion !== undefined) throw notAuthenticated(false)
    throw new OAuthError('invalid_client', 'No client authentication')
  }
  if (named !== undefined && named !== credentials.clientId) {
    throw new OAuthError('invalid_request', 'client_id differs from the authenticated client')
  }
  return credentials
}

function inForm(parameters: ClientParameters): Credentials | undefined {
  const { client_id: clientId, client_secret: secret, client_assertion: assertion } = parameters
  if (assertion !== undefined) {
    if (parameters.client_assertion_type !== ASSERTION_TYPE) {
      throw new OAuthError('invalid_request', `client_assertion_type must be ${ASSERTION_TYPE}`)
    }
    const claimed = claimedClientId(assertion)
    return claimed === undefined
      ? undefined
      : { method: 'private_key_jwt', clientId: claimed, assertion }
  }
  if (clientId === undefined) return undefined
  return secret === undefined
    ? { method: 'none', clientId }
    : { method: 'client_secret_post', clientId, secret }
}

const BASIC = /^Basic +([A-Za-z0-9+/]+=*)$/i

/** Name and password are form-encoded before they are joined (RFC 6749 section 2.3.1). */
function basicCredentials(header: string): Credentials | undefined {
  const [, encoded] = BASIC.exec(header) ?? []
  if (encoded === undefined) return undefined
  try {
    const [clientId, ...rest] = fromUtf8(Uint8Array.fromBase64(encoded)).split(':')
    if (!clientId || rest.length === 0) return undefined
    const secret = formDecoded(rest.join(':'))
    return { method: 'client_secret_basic', clientId: formDecoded(clientId), secret }
  } catch {
    return undefined
  }
}

const formDecoded = (text: string): string => decodeURIComponent(text.replaceAll('+', ' '))

/** A network that keeps failing gets 429, for this client and at all. Its right secrets still work. */
async function refuse(deps: Deps, { request }: ClientRequest, clientId: string): Promise<never> {
  const { ip } = deps.client
  const key = `client ${networkOf(ip)} ${await sha256(clientId)}`
  const isWithin =
    ip === null ||
    ((await withinLimit(deps, 'WRONG_API_KEY_LIMIT', key)) &&
      (await withinIpLimit(deps, 'WRONG_API_KEY_LIMIT')))
  if (!isWithin) {
    throw new OAuthError('temporarily_unavailable', 'Too many failed authentications', {
      status: 429,
      retryAfter: RETRY_AFTER_SECONDS,
    })
  }
  throw notAuthenticated(request.headers.has('authorization'))
}

/** The challenge only answers a header: browsers would ask their user for a password otherwise. */
const notAuthenticated = (isHeader: boolean): OAuthError =>
  new OAuthError('invalid_client', 'Client authentication failed', {
    ...(isHeader && {
      headers: { 'www-authenticate': 'Basic realm="gatehouse", charset="UTF-8"' },
    }),
  })
