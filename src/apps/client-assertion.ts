/** private_key_jwt: an app authenticates by a JWT that it has signed (RFC 7523, OpenID Connect Core section 9). */
import { createLocalJWKSet, decodeJwt, errors, type JWTPayload, jwtVerify } from 'jose'
import type { Deps } from '../context'
import { OAuthError } from '../http/oauth-error'
import type { AppRow } from '../tables/apps'
import { networkOf, prefixOf } from '../throttle/network'
import { withinLimit } from '../throttle/rate-limit'
import { reserveAssertion } from '../throttle/reserve'
import { urlOf } from './endpoints'

export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
export const ASSERTION_ALGORITHMS = ['RS256', 'ES256']

/** Common libraries make assertions that live a minute to an hour. The Throttle object remembers each for that long. */
const LONGEST_LIFE_SECONDS = 3600
const CLOCK_LEEWAY_SECONDS = 60
const MAX_JTI_CHARS = 200
const RETRY_AFTER_SECONDS = 60

/** The client id that an assertion claims, before anything is verified. */
export function claimedClientId(assertion: string): string | undefined {
  try {
    const { iss, sub } = decodeJwt(assertion)
    return iss === sub ? iss : undefined
  } catch {
    return undefined
  }
}

/**
 * Whether the app signed the assertion for this service, just now, and presents it for the first time. Throws
 * `temporarily_unavailable` for a network that presents too many for apps that nobody here registered.
 */
export async function isRightAssertion(
  deps: Deps,
  app: Pick<AppRow, 'clientId' | 'jwks' | 'source'>,
  assertion: string,
): Promise<boolean> {
  const payload = await verified(deps, app, assertion)
  if (!payload) return false
  const { aud, exp = 0, jti } = payload
  // One audience alone: if it named another service too, that one could present the assertion here.
  const [audience, ...others] = [aud ?? []].flat()
  const own = [deps.config.PUBLIC_URL, urlOf(deps.config, 'token')]
  if (others.length > 0 || audience === undefined || !own.includes(audience)) return false
  if (exp - deps.now / 1000 > LONGEST_LIFE_SECONDS + CLOCK_LEEWAY_SECONDS) return false
  if (typeof jti !== 'string' || jti === '' || jti.length > MAX_JTI_CHARS) return false
  if (app.source === 'metadata') await limitMetadataApps(deps)
  return reserveAssertion(deps, { clientId: app.clientId, jti })
}

/** Anyone may publish a document with a key, and each assertion takes a row. Shares the limit of forwarded clients. */
async function limitMetadataApps(deps: Deps): Promise<void> {
  const { ip } = deps.client
  if (ip === null) return
  const network = networkOf(ip)
  if (await withinLimit(deps, 'FORWARDED_LIMIT', `assertions ${prefixOf(network) ?? network}`))
    return
  throw new OAuthError('temporarily_unavailable', 'Too many client assertions', {
    status: 429,
    retryAfter: RETRY_AFTER_SECONDS,
  })
}

async function verified(
  deps: Deps,
  { clientId, jwks }: Pick<AppRow, 'clientId' | 'jwks'>,
  assertion: string,
): Promise<JWTPayload | undefined> {
  if (!jwks) return undefined
  try {
    const { payload } = await jwtVerify(assertion, createLocalJWKSet(jwks), {
      algorithms: ASSERTION_ALGORITHMS,
      issuer: clientId,
      subject: clientId,
      requiredClaims: ['aud', 'exp', 'jti'],
      clockTolerance: CLOCK_LEEWAY_SECONDS,
      currentDate: new Date(deps.now),
    })
    return payload
  } catch (error) {
    // A key of the app that cannot be imported makes jose or the runtime throw other errors.
    if (error instanceof errors.JOSEError || error instanceof TypeError) return undefined
    if (error instanceof DOMException) return undefined
    throw error
  }
}
