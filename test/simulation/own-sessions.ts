/** One's own sessions: seen, revoked one by one, and all others at once. */
import { allow, settle } from './judge'
import { PENDING_LINKS, type Change, type KnownSession, type Somebody } from './model'
import type { Operation } from './sign-in'
import type { World } from './world'

const U = '/api/v1/users'

/** Somebody whose password has expired may not do this, nor one of whom that is not certain. */
const orExpired = (who: Somebody): string[] =>
  who.core?.isExpired || who.isUntold ? ['403 password_expired'] : []

function revoked(session: KnownSession, status: number): void {
  if (session.state === 'dead') return
  if (status === 204) session.state = 'dead'
  else if (status === 503 && session.state === 'live') session.state = 'perhaps'
}

export const revokeOthers: Operation = async (world, who) => {
  const session = world.random.pick(world.liveSessions(who))
  if (!session) return
  world.aim(0.5, 'USER_SESSIONS.revokeSessions', 'USER_SESSIONS.syncAccountState')
  const ask = { method: 'DELETE', path: `${U}/sessions`, token: session.token }
  const replies = await world.askAll(world.random.chance(0.2) ? [ask, ask] : [ask])
  const change: Change = {
    to: (was) => was,
    isLocal: true,
    revokesPending: true,
    voids: PENDING_LINKS,
  }
  for (const reply of replies) {
    allow(world, reply, '204', ...orExpired(who))
    await settle(world, who, reply, change)
    for (const other of who.sessions) if (other !== session) revoked(other, reply.status)
    // A sign-in that comes before the outbox revokes the caller's too.
    if (reply.status === 503) session.state = 'perhaps'
  }
}

/** Revokes one of the user’s own sessions, or tries to revoke somebody else’s, which must fail. */
export const revokeOne: Operation = async (world, who) => {
  const session = world.random.pick(world.liveSessions(who))
  const victim = world.random.chance(0.8) ? who : (world.random.pick(world.people) ?? who)
  const target = world.random.pick(victim.sessions)
  if (!session || !target) return
  world.aim(0.4, 'USER_SESSIONS.revokeSession')
  const path = `${U}/sessions/${target.sid}`
  const reply = await world.ask({ method: 'DELETE', path, token: session.token })
  const isLive = victim === who && world.liveSessions(who).includes(target)
  allow(world, reply, ...(isLive ? ['204'] : ['204', '404 not_found']), ...orExpired(who))
  if (victim !== who && reply.status === 204) throw new Error('the session of another was revoked')
  if (victim === who) revoked(target, reply.status)
}

/** Looks at what is held about the user: nothing changes. */
export const look: Operation = async (world, who) => {
  const session = world.random.pick(world.liveSessions(who))
  if (!session) return
  const path = `${U}/${world.random.pick(['sessions', 'export', 'export'])}`
  world.aim(0.9, `USER_SESSIONS.${path.endsWith('export') ? 'describe' : 'listSessions'}`)
  const reply = await world.ask({ method: 'GET', path, token: session.token })
  allow(world, reply, '200', ...orExpired(who))
  if (reply.status === 200 && path.endsWith('/sessions')) isListed(world, reply.body.items, session)
}

function isListed(world: World, items: { id: string; current: boolean }[], own: KnownSession) {
  const current = items.filter((item) => item.current)
  if (current.length !== 1 || current[0]?.id !== own.sid)
    throw new Error('the session in use is not the current one')
  world.count('reached sessions listed')
}
