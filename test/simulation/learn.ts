/** What the model takes from a sign-in that succeeded. */
import type { Reply } from '../support/api'
import type { KnownPasskey, Somebody } from './model'
import type { World } from './world'

const HOUR = 3_600_000

/** The session of a Login answer, known from now on. */
export function learn(
  world: World,
  who: Somebody,
  { body }: Reply,
  isRemembered: boolean,
  by: { passkey?: KnownPasskey; isWhole?: boolean } = {},
): void {
  world.secrets.add(body.access_token)
  if (body.refresh_token) world.secrets.add(body.refresh_token)
  const isByPasskey = by.isWhole === true
  const restricted = who.core?.isExpired && !isByPasskey ? 'password_expired' : null
  if (body.restricted !== restricted) throw new Error(`restricted: ${body.restricted}`)
  // The account state that it was checked against has ended what older credentials opened.
  for (const session of who.sessions) if (session.state === 'doomed') session.state = 'dead'
  who.isUntold = false
  who.sessions.push({
    sid: body.session_id,
    token: body.access_token,
    tokenExpiresAt: Date.now() + body.expires_in * 1000,
    expiresAt: Date.now() + (isRemembered ? 30 * 24 : 24) * HOUR,
    refreshes: body.refresh_token ? [body.refresh_token] : [],
    rotatedAt: Date.now(),
    state: 'live',
    passkey: by.passkey ?? null,
    isByPasskey,
    provedAt: Date.now(),
    surelyProvedAt: 0,
  })
}
