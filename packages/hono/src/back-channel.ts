/** `POST /auth/back-channel-logout`: the service reports that a session has ended (Back-Channel Logout 1.0). */
import type { Context } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { errors, type JWTPayload, jwtVerify } from 'jose'
import { end } from './ended-sessions.ts'
import type { Settings } from './options.ts'
import type { Providers } from './provider.ts'

const EVENT = 'http://schemas.openid.net/event/backchannel-logout'
const ALGORITHMS = ['RS256', 'ES256']
const CLOCK_TOLERANCE_SECONDS = 60
/** The service signs a new token for each attempt to deliver it. */
const OLDEST_SECONDS = 300
const MOST_BYTES = 16_384

/**
 * Answers 200 when the session is ended, 400 for a token that is not accepted, and 503 when it could not be
 * checked or kept: then the service tries again.
 */
export async function receiveLogout(
  c: Context,
  settings: Settings,
  providers: Providers,
): Promise<Response> {
  c.header('cache-control', 'no-store')
  const limit = bodyLimit({ maxSize: MOST_BYTES, onError: (at) => refuse(at, 'too large', 413) })
  const tooLarge = await limit(c, async () => undefined)
  if (tooLarge instanceof Response) return tooLarge
  const type = c.req.header('content-type') ?? ''
  if (!type.startsWith('application/x-www-form-urlencoded')) return refuse(c, 'not a form', 415)
  const tokens = new URLSearchParams(await c.req.text()).getAll('logout_token')
  const [token] = tokens
  if (token === undefined || tokens.length > 1) return refuse(c, 'not one logout_token')
  try {
    const { sid, sub, jti, iat } = await verifyLogoutToken(token, settings, providers)
    const now = Math.floor(Date.now() / 1000)
    if ((await settings.ended.get(`jti:${jti}`)) !== null) return refuse(c, 'jti was used before')
    await end(settings.ended, { sid, sub }, iat, now + settings.sessionSeconds)
    // Last, so that a token may come again if its effect could not be stored.
    const until = now + OLDEST_SECONDS + 2 * CLOCK_TOLERANCE_SECONDS
    await settings.ended.put(`jti:${jti}`, '1', until)
    return c.body(null, 200)
  } catch (error) {
    if (error instanceof Refusal) return refuse(c, error.message)
    c.header('retry-after', '5')
    return c.json({ error: 'temporarily_unavailable' }, 503)
  }
}

class Refusal extends Error {}

const refuse = (c: Context, description: string, status: 400 | 413 | 415 = 400) =>
  c.json(
    { error: 'invalid_request', error_description: `The logout token: ${description}` },
    status,
  )

/** Validates a token by section 2.6. */
async function verifyLogoutToken(token: string, settings: Settings, providers: Providers) {
  const keys = await providers.keysOf(settings)
  const { payload } = await jwtVerify(token, keys, {
    issuer: settings.issuer,
    audience: settings.app.clientId,
    algorithms: ALGORITHMS,
    // An ID token of this app has the same signature.
    typ: 'logout+jwt',
    requiredClaims: ['iat', 'exp', 'jti', 'events'],
    maxTokenAge: OLDEST_SECONDS,
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
  }).catch((error: unknown) => {
    throw isAboutToken(error) ? new Refusal(error.message) : error
  })
  return claimsOf(payload)
}

/** Whether the token is at fault, and not the way to the service's keys. */
const isAboutToken = (error: unknown): error is Error =>
  error instanceof errors.JOSEError &&
  !(error instanceof errors.JWKSTimeout) &&
  error.code !== 'ERR_JOSE_GENERIC'

function claimsOf({ events, nonce, sid, sub, jti, iat }: JWTPayload) {
  const event = (events as Record<string, unknown> | null)?.[EVENT]
  if (typeof event !== 'object' || event === null) throw new Refusal('events names no logout')
  // A nonce would make it pass for an ID token.
  if (nonce !== undefined) throw new Refusal('it has a nonce')
  if (typeof jti !== 'string' || jti === '' || iat === undefined) throw new Refusal('no jti or iat')
  const [session, user] = [sid, sub].map((id) => (typeof id === 'string' ? id : undefined))
  if (session === undefined && user === undefined) throw new Refusal('neither sid nor sub')
  return { sid: session, sub: user, jti, iat }
}
