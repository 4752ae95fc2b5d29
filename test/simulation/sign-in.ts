/** Operations with sessions: signing in, in one step or two, and everything that a token can do. */
import { allow, said } from './judge'
import { learn } from './learn'
import type { KnownSession, Somebody } from './model'
import { secondStep } from './second-step'
import { presentDevice } from './trusted-device'
import type { World } from './world'

const A = '/api/v1/auth'

/** Every operation acts on one person, chosen before. */
export type Operation = (world: World, who: Somebody) => Promise<void>

/** The step finds nothing that it could do. */
export class NothingToDo extends Error {}

export const signIn: Operation = async (world, who) => {
  const { core } = who
  const email = core?.email ?? [...who.addresses].at(-1) ?? ''
  const isRight = core?.password != null && world.random.chance(0.85)
  const remember_me = world.random.chance(0.6)
  const password = isRight ? core.password : 'Wrong-Horse-7'
  if (!isRight) world.aim(0.3, 'EVENTS_QUEUE.send')
  else if (core.hasFactor) world.aim(0.35, 'USER_SESSIONS.openChallenge')
  else world.aim(0.1, 'USER_SESSIONS.openSession', 'THROTTLE.settle')
  const device = isRight && core.hasFactor ? presentDevice(world, who) : undefined
  const reply = await world.ask({
    method: 'POST',
    path: `${A}/login`,
    body: { email, password, remember_me, ...device?.body },
  })
  if (!isRight || reply.status >= 500) who.lost += 1
  if (reply.status === 429 && who.lost >= 5) return
  if (!isRight) return allow(world, reply, '401 invalid_credentials')
  const isIn = core.status === 'active' && !who.isTombstone
  const refusals = who.mayBeTombstone || !isIn ? ['401 account_not_active'] : []
  // Strangers' wrong factors may have blocked the password (guess-factor.ts).
  const mayBeBlocked = core.hasFactor && who.lost >= 20
  const blocked = mayBeBlocked ? ['401 invalid_credentials'] : []
  allow(world, reply, ...(isIn ? ['200'] : []), ...refusals, ...blocked)
  if (reply.status !== 200) return
  device?.judge(reply)
  if (reply.body.requires_2fa !== true) {
    if (core.hasFactor && !device) throw new Error('signed in without the second factor')
    return learn(world, who, reply, remember_me, device?.passkey ? { passkey: device.passkey } : {})
  }
  world.secrets.add(reply.body.challenge_token)
  const { challenge_token } = reply.body
  // Who has mistyped tries again, while the challenge stands.
  for (let turn = 0; turn < 3; turn++)
    if (await secondStep(world, who, challenge_token, remember_me)) return
}

const known = (world: World, who: Somebody): KnownSession | undefined =>
  world.random.pick(who.sessions.filter(({ token }) => token !== ''))

/** Whether a token must work, must not, or may do either. */
const mayWork = (who: Somebody, session: KnownSession): string[] => {
  const now = Date.now()
  if (session.state === 'dead' || session.expiresAt <= now) return ['401 invalid_access_token']
  if (session.tokenExpiresAt <= now) return ['401 invalid_access_token']
  const works = who.core?.isExpired && !session.isByPasskey ? '403 password_expired' : '200'
  const either = who.isUntold ? ['200', '403 password_expired'] : [works]
  return session.state === 'live' ? either : [...either, '401 invalid_access_token']
}

const BUILT_IN: Readonly<Record<string, readonly string[]>> = {
  user: ['read:own', 'write:own'],
  moderator: ['read:own', 'write:own', 'read:all'],
  admin: [
    'read:own',
    'write:own',
    'read:all',
    'write:all',
    'admin:users',
    'admin:system',
    'forward:client',
  ],
}

const permissionsOf = (world: World, roles: readonly string[]): string[] =>
  [...new Set(roles.flatMap((role) => BUILT_IN[role] ?? world.roles.get(role) ?? []))].sort()

export const useToken: Operation = async (world, who) => {
  const session = known(world, who)
  if (!session) return
  const reply = await world.ask({ method: 'GET', path: `${A}/session`, token: session.token })
  allow(world, reply, ...mayWork(who, session))
  if (reply.status !== 200 || who.isUntold) return
  const held = [...(who.core?.roles ?? [])].sort().join()
  if (reply.body.user.roles.join() !== held) throw new Error('a session has other roles')
  // What a role permits may be five seconds old.
  if (Date.now() - world.rolesChangedAt <= 5000) return
  const may = permissionsOf(world, who.core?.roles ?? [])
  if (reply.body.user.permissions.join() !== may.join())
    throw new Error(`a session may ${reply.body.user.permissions.join()}, not ${may.join()}`)
}

export const refresh: Operation = async (world, who) => {
  const session = world.random.pick(who.sessions.filter(({ refreshes }) => refreshes.length > 0))
  if (!session) return
  const back = world.random.chance(0.7) ? 1 : world.random.chance(0.7) ? 2 : 3
  const refresh_token = session.refreshes.at(-back)
  if (refresh_token === undefined) return
  const ask = { method: 'POST', path: `${A}/refresh`, body: { refresh_token } }
  world.aim(0.25, 'USER_SESSIONS.rotate')
  const replies = await world.askAll(world.random.chance(0.3) ? [ask, ask] : [ask])
  const [reply] = replies
  if (!reply) return
  const isAlive = session.state !== 'dead' && session.expiresAt > Date.now()
  const inGrace = Date.now() - session.rotatedAt <= 60_000
  const isGood = isAlive && (back === 1 || (back === 2 && inGrace))
  const answers = isGood ? ['200'] : ['401 invalid_refresh_token']
  // After a lost answer the object may be one ahead of us, or may have revoked the session.
  if (session.state !== 'live' && isAlive) answers.push('200', '401 invalid_refresh_token')
  for (const each of replies) allow(world, each, ...answers)
  const next = replies.find(({ status }) => status === 200)?.body
  const others = replies.filter(({ status, body }) => status === 200 && body !== next)
  if (others.some(({ body }) => body.refresh_token !== next?.refresh_token))
    throw new Error('one refresh token has two successors')
  if (next) {
    if (back === 2 && session.state === 'live' && next.refresh_token !== session.refreshes.at(-1))
      throw new Error('a repeated refresh has another successor')
    if (back === 1) session.rotatedAt = Date.now()
    if (next.refresh_token !== session.refreshes.at(-1)) session.refreshes.push(next.refresh_token)
    if (session.state === 'perhaps' && !who.isUntold) session.state = 'live'
    session.token = next.access_token
    session.tokenExpiresAt = Date.now() + next.expires_in * 1000
    world.secrets.add(next.access_token)
    world.secrets.add(next.refresh_token)
  } else if (replies.some(({ status }) => status === 503)) {
    session.state = session.state === 'live' ? 'perhaps' : session.state
  } else if (said(reply) === '401 invalid_refresh_token') session.state = 'dead'
}

export const signOut: Operation = async (world, who) => {
  const session = known(world, who)
  if (!session) return
  world.aim(0.4, 'USER_SESSIONS.revokeSession')
  const reply = await world.ask({ method: 'POST', path: `${A}/logout`, token: session.token })
  // A session with a required action may sign out.
  allow(
    world,
    reply,
    ...mayWork(who, session).map((answer) => (/^[24]0[03]/.test(answer) ? '204' : answer)),
  )
  if (reply.status === 204) session.state = 'dead'
  if (reply.status === 503 && session.state === 'live') session.state = 'perhaps'
}
