/** Operations with sessions: signing in, in one step or two, and everything that a token can do. */
import { codeAt } from '../support/totp'
import type { Reply } from '../support/api'
import { allow, said } from './judge'
import type { KnownSession, Somebody } from './model'
import type { World } from './world'

const A = '/api/v1/auth'
const HOUR = 3_600_000
export const STEP_MS = 31_000

/** Every operation acts on one person, chosen before. */
export type Operation = (world: World, who: Somebody) => Promise<void>

/** The step finds nothing that it could do. */
export class NothingToDo extends Error {}

/** The session of a Login answer, known from now on. */
export function learn(world: World, who: Somebody, { body }: Reply, remembered: boolean): void {
  world.secrets.add(body.access_token)
  if (body.refresh_token) world.secrets.add(body.refresh_token)
  // The authority that it was checked against has ended what older credentials opened.
  for (const session of who.sessions) if (session.state === 'doomed') session.state = 'dead'
  who.isUntold = false
  who.sessions.push({
    sid: body.session_id,
    token: body.access_token,
    tokenExpiresAt: Date.now() + body.expires_in * 1000,
    expiresAt: Date.now() + (remembered ? 30 * 24 : 24) * HOUR,
    refreshes: body.refresh_token ? [body.refresh_token] : [],
    rotatedAt: Date.now(),
    state: 'live',
  })
}

export const signIn: Operation = async (world, who) => {
  const { core } = who
  const email = core?.email ?? [...who.addresses].at(-1) ?? ''
  const isRight = core?.password != null && world.random.chance(0.85)
  const remember_me = world.random.chance(0.6)
  const password = isRight ? core.password : 'Wrong-Horse-7'
  const reply = await world.ask({
    method: 'POST',
    path: `${A}/login`,
    body: { email, password, remember_me },
  })
  if (!isRight || reply.status >= 500) who.lost += 1
  if (reply.status === 429 && who.lost >= 5) return
  if (!isRight) return allow(world, reply, '401 invalid_credentials')
  const isIn = core.status === 'active' && !who.isTombstone
  allow(world, reply, isIn ? '200' : '401 account_not_active')
  if (reply.status !== 200) return
  if (reply.body.requires_2fa !== true) {
    if (core.hasFactor) throw new Error('signed in without the second factor')
    return learn(world, who, reply, remember_me)
  }
  world.secrets.add(reply.body.challenge_token)
  await secondStep(world, who, reply.body.challenge_token, remember_me)
}

/** Twice at once with one code: it is good for one. */
async function secondStep(world: World, who: Somebody, challenge_token: string, remember: boolean) {
  world.pass(STEP_MS)
  const code = await codeAt(who.secret ?? '')
  const ask = { method: 'POST', path: `${A}/2fa/verify`, body: { challenge_token, code } }
  const replies = await world.askAll(world.random.chance(0.3) ? [ask, ask] : [ask])
  const opened = replies.filter(({ status }) => status === 200)
  if (opened.length > 1) throw new Error('a code was good for two sessions')
  if (opened[0]) learn(world, who, opened[0], remember)
  if (opened[0]) world.count('reached second step')
  who.lost += replies.length - opened.length
  for (const reply of replies) {
    if (reply.status === 200 || (reply.status === 429 && who.lost >= 5)) continue
    const isSpent = opened.length > 0 || world.isStruck
    allow(world, reply, ...(isSpent ? ['401 invalid_2fa_code', '401 invalid_challenge'] : []))
  }
}

const known = (world: World, who: Somebody): KnownSession | undefined =>
  world.random.pick(who.sessions.filter(({ token }) => token !== ''))

/** Whether a token must work, must not, or may do either. */
const mayWork = (session: KnownSession): string[] => {
  const now = Date.now()
  if (session.state === 'dead' || session.expiresAt <= now) return ['401 invalid_access_token']
  if (session.tokenExpiresAt <= now) return ['401 invalid_access_token']
  return session.state === 'live' ? ['200'] : ['200', '401 invalid_access_token']
}

export const useToken: Operation = async (world, who) => {
  const session = known(world, who)
  if (!session) return
  const reply = await world.ask({ method: 'GET', path: `${A}/session`, token: session.token })
  allow(world, reply, ...mayWork(session))
  if (reply.status !== 200 || who.isUntold) return
  const held = [...(who.core?.roles ?? [])].sort().join()
  if (reply.body.user.roles.join() !== held) throw new Error('a session has other roles')
}

export const refresh: Operation = async (world, who) => {
  const session = world.random.pick(who.sessions.filter(({ refreshes }) => refreshes.length > 0))
  if (!session) return
  const back = world.random.chance(0.7) ? 1 : world.random.chance(0.7) ? 2 : 3
  const refresh_token = session.refreshes.at(-back)
  if (refresh_token === undefined) return
  const ask = { method: 'POST', path: `${A}/refresh`, body: { refresh_token } }
  const replies = await world.askAll(world.random.chance(0.3) ? [ask, ask] : [ask])
  const [reply] = replies
  if (!reply) return
  const isAlive = session.state !== 'dead' && session.expiresAt > Date.now()
  const inGrace = Date.now() - session.rotatedAt <= 60_000
  const isGood = isAlive && (back === 1 || (back === 2 && inGrace))
  const answers = isGood ? ['200'] : ['401 invalid_refresh_token']
  // After a lost answer the object may be one ahead of us, or may have ended the session.
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
  const reply = await world.ask({ method: 'POST', path: `${A}/logout`, token: session.token })
  allow(world, reply, ...mayWork(session).map((answer) => (answer === '200' ? '204' : answer)))
  if (reply.status === 204) session.state = 'dead'
  if (reply.status === 503 && session.state === 'live') session.state = 'perhaps'
}

export const revokeOthers: Operation = async (world, who) => {
  const session = world.random.pick(world.liveSessions(who))
  if (!session) return
  const reply = await world.ask({
    method: 'DELETE',
    path: '/api/v1/users/sessions',
    token: session.token,
  })
  allow(world, reply, '204')
  for (const other of who.sessions) {
    if (other === session || other.state === 'dead') continue
    if (reply.status === 204) other.state = 'dead'
    else if (other.state === 'live') other.state = 'perhaps'
  }
}
