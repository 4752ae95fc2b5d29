/**
 * The client that a server names in headers. It is for servers that sign their users in by the API, such as a backend
 * for a frontend. Otherwise all their users would share the limits of the server's address, and the log and the list
 * of sessions would show the server. The headers count only with an API key that has the permission
 * `forward:client`: a caller that can name any address evades the limits by network
 * (docs/recipes/sign-in-from-a-server.md).
 */
import { authenticateApiKey, countKeyRequest } from '../api-keys/authenticate-api-key'
import type { Client, Deps } from '../context'
import { DomainError } from '../errors'
import { FORWARDING_HEADERS as HEADERS } from '../http/forwarding-headers'
import { trimmedUserAgent } from '../http/request-context'
import { networkOf, prefixOf } from '../throttle/network'
import { isPublicAddress } from '../throttle/public-address'
import { withinLimit } from '../throttle/rate-limit'

const FORWARD_PERMISSION = 'forward:client'

const RETRY_AFTER_SECONDS = 60
const COUNTRY = /^[A-Za-z]{2}$/

/**
 * The client of a request: the one that its headers name, or `deps.client` if it carries no key. Throws
 * `invalid_forwarded_client` for a key that may not name a client and for what is no address, and
 * `too_many_attempts`.
 */
export async function forwardedClient(deps: Deps, headers: Headers): Promise<Client> {
  const key = headers.get(HEADERS.key)
  if (key === null) return deps.client
  const keyId = await authenticate(deps, key)
  const ip = addressIn(deps, headers)
  const country = countryIn(headers)
  // A network's share is counted first: what it refuses must not use up what the key needs for everybody else.
  const network = networkOf(ip)
  if (!(await withinLimit(deps, 'FORWARDED_LIMIT', `${keyId} ${prefixOf(network) ?? network}`))) {
    const detail = 'Too many requests for this client'
    throw new DomainError('too_many_attempts', { detail, retryAfter: RETRY_AFTER_SECONDS })
  }
  await countKeyRequest(deps, keyId)
  return {
    ip,
    country,
    // Never that of the server: an unknown device is better than a wrong one.
    userAgent: trimmedUserAgent(headers.get(HEADERS.userAgent)),
    // Requests about the user come through the server, so this is where their object is best placed.
    region: deps.client.region,
    forwardedBy: keyId,
  }
}

/** The id of a live key that has the permission. */
async function authenticate(deps: Deps, token: string): Promise<string> {
  const { actor, permissions } = await authenticateApiKey(deps, token).catch((error: unknown) => {
    // Not 401: a client would take its user's session for ended.
    const isRefused = error instanceof DomainError && error.code === 'invalid_access_token'
    throw isRefused ? refused(`${HEADERS.key} is not a valid API key`) : error
  })
  if (!permissions.includes(FORWARD_PERMISSION)) {
    throw refused(`The API key does not have the permission ${FORWARD_PERMISSION}`)
  }
  return actor.apiKeyId
}

function addressIn({ config }: Pick<Deps, 'config'>, headers: Headers): string {
  const ip = headers.get(HEADERS.ip)
  if (ip === null) throw refused(`${HEADERS.ip} is missing`)
  // A private address is one of the server's own network, such as its load balancer's, which all users would
  // share. On a developer's machine there is no other.
  if (!isPublicAddress(ip, { allowsPrivate: config.isLoopback })) {
    throw refused(`${HEADERS.ip} must be one public IPv4 or IPv6 address`)
  }
  return ip
}

function countryIn(headers: Headers): string | null {
  const country = headers.get(HEADERS.country)
  if (country === null || country === '') return null
  if (!COUNTRY.test(country)) throw refused(`${HEADERS.country} must have two letters (ISO 3166-1)`)
  return country.toUpperCase()
}

const refused = (detail: string): DomainError =>
  new DomainError('invalid_forwarded_client', { detail })
