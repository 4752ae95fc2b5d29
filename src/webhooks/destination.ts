/**
 * Allowed webhook destinations: public host names, by https on port 443. Checked when an endpoint
 * is defined and again on every delivery. IP addresses are refused, including the decimal, octal,
 * hexadecimal and short IPv4 forms that the WHATWG URL parser turns into addresses. So are names
 * that exist only in private networks, and our own host. What a name resolves to cannot be checked
 * here: see docs/webhooks.md.
 */
import type { Config } from '../config'

export type Refusal =
  | 'invalid_url'
  | 'not_https'
  | 'wrong_port'
  | 'has_credentials'
  | 'has_fragment'
  | 'ip_address'
  | 'not_public'
  | 'own_host'

const MAX_URL_CHARS = 2000
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/
/**
 * Top-level names that are never in public DNS (RFC 6761, 6762, 7686, 8375, 9476; ICANN for
 * `internal`), or private by convention.
 */
const PRIVATE_SUFFIXES = new Set(
  'alt arpa corp example home internal intranet invalid lan local localdomain localhost mail onion private test'.split(
    ' ',
  ),
)
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]'])

/**
 * Returns the URL that will be called, or why it is refused. Loopback is allowed if we run on it
 * ourselves.
 */
export function checkDestination(
  config: Pick<Config, 'PUBLIC_URL' | 'isLoopback'>,
  text: string,
): { url: string } | { refused: Refusal } {
  if (text.length > MAX_URL_CHARS || !URL.canParse(text)) return { refused: 'invalid_url' }
  const url = new URL(text)
  const refused = config.isLoopback && LOOPBACK.has(url.hostname) ? onLoopback(url) : refusal(url)
  if (refused) return { refused }
  if (isOurs(config, url)) return { refused: 'own_host' }
  return url.href.length > MAX_URL_CHARS ? { refused: 'invalid_url' } : { url: url.href }
}

function refusal(url: URL): Refusal | undefined {
  if (url.protocol !== 'https:') return 'not_https'
  if (url.port !== '') return 'wrong_port'
  return inAnyCase(url) ?? ofName(url.hostname)
}

function onLoopback(url: URL): Refusal | undefined {
  return /^https?:$/.test(url.protocol) ? inAnyCase(url) : 'not_https'
}

function inAnyCase(url: URL): Refusal | undefined {
  if (url.username !== '' || url.password !== '') return 'has_credentials'
  return url.href.includes('#') ? 'has_fragment' : undefined
}

function ofName(hostname: string): Refusal | undefined {
  if (hostname.startsWith('[') || /^[\d.]+$/.test(hostname)) return 'ip_address'
  const labels = hostname.split('.')
  const isName =
    labels.length > 1 && hostname.length <= 253 && labels.every((each) => LABEL.test(each))
  return !isName || PRIVATE_SUFFIXES.has(labels.at(-1) ?? '') ? 'not_public' : undefined
}

/**
 * In development the receivers are other ports of the same machine, so host and port are compared.
 */
function isOurs({ PUBLIC_URL, isLoopback }: Pick<Config, 'PUBLIC_URL' | 'isLoopback'>, url: URL) {
  const own = new URL(PUBLIC_URL)
  return isLoopback
    ? LOOPBACK.has(url.hostname) && url.port === own.port
    : url.hostname === own.hostname
}
