/** Step-up: a stale session is refused, proved by the strongest factor, and let through. */
import { noteRight } from './guess-factor'
import { allow } from './judge'
import type { KnownSession, Somebody } from './model'
import { livePasskeys } from './passkey-response'
import { stepUpByPasskey } from './prove'
import { freshCode } from './second-step'
import type { Operation } from './sign-in'
import type { World } from './world'

/** STEP_UP_SECONDS. */
export const PROOF_MS = 600_000
const PATH = '/api/v1/auth/step-up'

export const stepUp: Operation = async (world, who) => {
  const session = world.random.pick(world.liveSessions(who))
  if (!session || who.core?.status !== 'active' || who.core.isExpired || who.isUntold) return
  const isStale = Date.now() - session.provedAt >= PROOF_MS
  if (isStale && !(await isRefused(world, session))) return
  const isStrong = who.core.hasFactor || livePasskeys(who).length > 0
  if (isStrong) await refusesPassword(world, who, session)
  if (!(await prove(world, who, session))) return
  world.count('reached step-up')
  if (world.isStruck) return
  const reply = await sensitive(world, session)
  // A user may have as many passkeys as there can be.
  allow(world, reply, '200', '409 limit_reached')
}

/** An action that asks for a proof, and changes nothing. */
const sensitive = (world: World, { token }: KnownSession) =>
  world.ask({ method: 'POST', path: '/api/v1/users/passkeys/options', body: {}, token })

async function isRefused(world: World, session: KnownSession): Promise<boolean> {
  const reply = await sensitive(world, session)
  allow(world, reply, '403 step_up_required')
  return reply.status === 403
}

/** A password proves too little for somebody who has more. */
async function refusesPassword(world: World, who: Somebody, { token }: KnownSession) {
  const body = { password: who.core?.password ?? 'none' }
  const reply = await world.ask({ method: 'POST', path: PATH, body, token })
  if (who.core?.password === null || reply.status >= 500) who.lost += 1
  if (reply.status === 429 && who.lost >= 5) return
  allow(
    world,
    reply,
    '403 step_up_required',
    ...(who.core?.password === null ? ['400 incorrect_password'] : []),
  )
}

async function prove(world: World, who: Somebody, session: KnownSession): Promise<boolean> {
  session.provedAt = Date.now()
  if (livePasskeys(who).length > 0 && world.random.chance(0.7))
    return stepUpByPasskey(world, who, session)
  const { core } = who
  if (!core?.hasFactor && (core?.password == null || livePasskeys(who).length > 0)) return false
  const body = core.hasFactor
    ? { code: await freshCode(world, who.secret) }
    : { password: core.password }
  world.aim(0.4, 'USER_SESSIONS.prove', 'USER_SESSIONS.acceptFactor')
  const reply = await world.ask({ method: 'POST', path: PATH, body, token: session.token })
  if (reply.status >= 500) who.lost += 1
  if (reply.status === 429 && who.lost >= 5) return false
  allow(world, reply, '200')
  noteRight(who, reply)
  session.provedAt = Date.now()
  return reply.status === 200
}
