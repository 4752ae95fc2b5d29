/** Logout tokens (OpenID Connect Back-Channel Logout 1.0 section 2.4). */
import { SignJWT } from 'jose'
import type { Deps } from '../context'
import { randomId } from '../crypto/encoding'
import { signingKey } from '../sessions/tokens/signing-keys'
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
  const alg = about.app.idTokenAlg
  const { kid, key } = await signingKey(deps, alg)
  const issuedAt = Math.floor(deps.now / 1000)
  return new SignJWT({ sid: about.sid, events: { [LOGOUT_EVENT]: {} } })
    .setProtectedHeader({ alg, typ: 'logout+jwt', kid })
    .setIssuer(deps.config.PUBLIC_URL)
    .setAudience(about.app.clientId)
    .setSubject(about.sub)
    .setJti(randomId())
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + TTL_SECONDS)
    .sign(key)
}
