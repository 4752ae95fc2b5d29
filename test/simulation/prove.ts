/** Proofs of who is acting: by password, by code, or by passkey. */
import { noteRight } from './guess-factor'
import { allow } from './judge'
import type { KnownSession, Somebody } from './model'
import { livePasskeys, origin } from './passkey-response'
import { freshCode } from './second-step'
import { signIn } from './sign-in'
import type { World } from './world'

const A = '/api/v1/auth'

/** A live session, opened if there is none, that is proved as strongly as the user can. */
export async function provedSession(
  world: World,
  who: Somebody,
): Promise<KnownSession | undefined> {
  if (who.core?.status !== 'active' || who.core.isExpired) return undefined
  if (world.liveSessions(who).length === 0) {
    await signIn(world, who)
    world.arm()
  }
  const session = world.random.pick(world.liveSessions(who))
  if (!session) return undefined
  const isProved =
    livePasskeys(who).length > 0
      ? await stepUpByPasskey(world, who, session)
      : await stepUpByPassword(world, who, session)
  return isProved ? session : undefined
}

/** Proves a session by the code, or by the password of somebody who has no second factor. */
export async function stepUpByPassword(
  world: World,
  who: Somebody,
  session: KnownSession,
): Promise<boolean> {
  const { core } = who
  if (core?.password == null) return false
  const body = core.hasFactor
    ? { code: await freshCode(world, who.secret) }
    : { password: core.password }
  session.provedAt = Date.now()
  const reply = await world.ask({
    method: 'POST',
    path: `${A}/step-up`,
    body,
    token: session.token,
  })
  if (reply.status >= 500) who.lost += 1
  if (reply.status === 429 && who.lost >= 5) return false
  // The object may not have heard that the password has expired, or that the last passkey was removed.
  const stale = who.isUntold ? ['403 password_expired', '403 step_up_required'] : []
  allow(world, reply, '200', ...stale)
  noteRight(who, reply)
  session.provedAt = Date.now()
  return reply.status === 200
}

/** Proves a session by a passkey. */
export async function stepUpByPasskey(
  world: World,
  who: Somebody,
  session: KnownSession,
): Promise<boolean> {
  const passkey = world.random.pick(livePasskeys(who))
  if (!passkey) return false
  const { token } = session
  const isExpired = who.core?.isExpired || who.isUntold ? ['403 password_expired'] : []
  const asked = await world.ask({ method: 'POST', path: `${A}/step-up/passkey/options`, token })
  allow(world, asked, '200', ...isExpired)
  if (asked.status !== 200) return false
  const { publicKey, challenge_token } = asked.body
  const only = { ...publicKey, allowCredentials: [{ id: passkey.credentialId }] }
  const credential = await passkey.authenticator.get(only, { origin })
  const body = { passkey: { challenge_token, credential } }
  session.provedAt = Date.now()
  const reply = await world.ask({ method: 'POST', path: `${A}/step-up`, body, token })
  if (reply.status >= 500) who.lost += 1
  if (reply.status === 429 && who.lost >= 5) return false
  allow(world, reply, '200', ...isExpired)
  session.provedAt = Date.now()
  return reply.status === 200
}
