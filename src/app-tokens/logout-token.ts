/** Logout tokens (OpenID Connect Back-Channel Logout 1.0 section 2.4). */
import type { Deps } from '../context'
import { randomId } from '../crypto/encoding'
import { signJwt } from '../sessions/tokens/jwt'
import type { AppRow } from '../tables/apps'

/** Section 4 recommends at most two minutes. */
const TTL_SECONDS = 120
const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout'

/**
 * Signs the message that a session of the app has ended. Each attempt to deliver it needs a new one, as an
 * app may refuse a `jti` that it has seen.
 */
export async function signLogoutToken(
  deps: Deps,
  about: {
    readonly app: Pick<AppRow, 'clientId' | 'idTokenAlg'>
    readonly sub: string
    readonly sid: string
  },
): Promise<string> {
  return signJwt(deps, {
    alg: about.app.idTokenAlg,
    typ: 'logout+jwt',
    audience: about.app.clientId,
    subject: about.sub,
    jti: randomId(),
    issuedAt: Math.floor(deps.now / 1000),
    ttlSeconds: TTL_SECONDS,
    claims: { sid: about.sid, events: { [LOGOUT_EVENT]: {} } },
  })
}
