/**
 * Redirect URIs: where a user's browser carries an authorization code. One is accepted only as the exact string
 * that was registered (RFC 9700 section 2.1), but a native app may listen on any port of a loopback address
 * (RFC 8252 section 7.3). The rules for registering are strict: if a browser parsed a URI differently from us, codes
 * would go to somebody else.
 */
import type { Config } from '../config'
import type { AppRow } from '../tables/apps'

export type AppKind = AppRow['kind']

export type UriFault =
  | 'invalid_uri'
  | 'not_https'
  | 'scheme_without_dot'
  | 'has_wildcard'
  | 'has_fragment'
  | 'has_credentials'
  | 'has_answer_parameter'
  | 'own_origin'

/** Why a URI is refused, in words for developers. */
export const URI_FAULTS: Readonly<Record<UriFault, string>> = {
  invalid_uri: 'Not an absolute URI in its plain form',
  not_https: 'Must be an https URL',
  scheme_without_dot: 'A private scheme must contain a dot, such as com.example.app:/callback',
  has_wildcard: 'Wildcards are not supported',
  has_fragment: 'Must not contain a fragment',
  has_credentials: 'Must not contain a user name or password',
  has_answer_parameter: 'Must not contain parameters that the answer uses, such as code or state',
  own_origin: 'Must not lead back to this service',
}

export const MAX_URI_CHARS = 2000
/** RFC 3986, without `#`. Browsers turn a backslash into a slash, and drop tabs and line ends. */
const URI_CHARS = /^[\w.~:/?[\]@!$&'()+,;=%*-]+$/
const BAD_ESCAPE = /%(?![0-9a-f]{2})/i
const WEB_URL = /^(https?):\/\/([^/?]*)(?:[/?]|$)/
const AUTHORITY = /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::\d{1,5})?$/i
/** RFC 8252 section 7.1: a domain of the app's maker, reversed. `javascript:` and its like have no dot. */
const PRIVATE_URI = /^[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+:\//
const SCHEME = /^[a-z][a-z0-9+.-]*:/i
/** The parameters that authorize adds (RFC 6749 sections 4.1.2 and 4.1.2.1, RFC 9207). */
const ANSWER = ['code', 'state', 'iss', 'error', 'error_description', 'error_uri', 'session_state']

const LOOPBACK_ADDRESSES: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]'])
/** `localhost` is registered only by apps with a metadata document: see `redirectUriFault`. */
const LOOPBACK_URL = /^http:\/\/(127\.0\.0\.1|\[::1\]|localhost)(?::\d{1,5})?(?![^/?])/

type Own = Pick<Config, 'PUBLIC_URL' | 'isLoopback'>

/**
 * Checks a redirect URI for an app of this kind, before it is registered. `plainHosts`: hosts to which a native app
 * may be redirected by http. `localhost` is among them only for apps with a metadata document, because
 * many of those name nothing else (RFC 8252 section 8.3 advises against it: it can be made to resolve elsewhere).
 */
export function redirectUriFault(
  own: Own,
  kind: AppKind,
  uri: string,
  plainHosts: ReadonlySet<string> = LOOPBACK_ADDRESSES,
): UriFault | undefined {
  const fault = anyUriFault(uri)
  if (fault) return fault
  const isWeb = WEB_URL.test(uri)
  if (!isWeb) return kind === 'native' ? privateUriFault(uri) : 'not_https'
  return webUrlFault(own, uri, kind === 'native' ? plainHosts : NONE) ?? answerFault(uri)
}

/** Checks another address of an app's site, such as its logo or its terms. */
export function siteUriFault(own: Own, uri: string): UriFault | undefined {
  return anyUriFault(uri) ?? (WEB_URL.test(uri) ? webUrlFault(own, uri, NONE) : 'not_https')
}

const NONE: ReadonlySet<string> = new Set()

function anyUriFault(uri: string): UriFault | undefined {
  if (uri.includes('#')) return 'has_fragment'
  if (uri.includes('*')) return 'has_wildcard'
  if (uri.length > MAX_URI_CHARS || !URI_CHARS.test(uri) || BAD_ESCAPE.test(uri)) {
    return 'invalid_uri'
  }
  return SCHEME.test(uri) && URL.canParse(uri) ? undefined : 'invalid_uri'
}

function webUrlFault(own: Own, uri: string, plain: ReadonlySet<string>): UriFault | undefined {
  const [, scheme, authority = ''] = WEB_URL.exec(uri) ?? []
  if (authority.includes('@')) return 'has_credentials'
  const written = AUTHORITY.exec(authority)?.[1]
  const { hostname, origin } = new URL(uri)
  // Another spelling of an address, such as 0x7f.1, would be read in one way here and in another there.
  if (written?.toLowerCase() !== hostname) return 'invalid_uri'
  const isPlainAllowed = plain.has(hostname) || (own.isLoopback && isOwnMachine(hostname))
  if (scheme === 'http' && !isPlainAllowed) return 'not_https'
  return origin === new URL(own.PUBLIC_URL).origin ? 'own_origin' : undefined
}

/** While Gatehouse itself runs on the developer's machine, so do the apps. */
const isOwnMachine = (hostname: string): boolean =>
  hostname === 'localhost' || LOOPBACK_ADDRESSES.has(hostname)

function privateUriFault(uri: string): UriFault | undefined {
  if (!PRIVATE_URI.test(uri)) return /^https?:/i.test(uri) ? 'not_https' : 'scheme_without_dot'
  const { username, password } = new URL(uri)
  return username !== '' || password !== '' || /:\/\/[^/?]*@/.test(uri)
    ? 'has_credentials'
    : answerFault(uri)
}

function answerFault(uri: string): UriFault | undefined {
  const { searchParams } = new URL(uri)
  return ANSWER.some((name) => searchParams.has(name)) ? 'has_answer_parameter' : undefined
}

/** Whether the app may get codes at this URI (OpenID Connect Core section 3.1.2.1). */
export function matchesRedirectUri(
  { kind, redirectUris: registered }: Pick<AppRow, 'kind' | 'redirectUris'>,
  uri: string,
): boolean {
  if (registered.includes(uri)) return true
  if (kind !== 'native' || !LOOPBACK_URL.test(uri) || !URL.canParse(uri)) return false
  const asked = withoutPort(uri)
  return registered.some((each) => LOOPBACK_URL.test(each) && withoutPort(each) === asked)
}

const withoutPort = (uri: string): string => uri.replace(LOOPBACK_URL, 'http://$1')
