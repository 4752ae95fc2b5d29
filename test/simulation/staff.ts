/** Operations of admins on others, and of two admins on each other. */
import { env } from 'cloudflare:workers'
import type { Reply } from '../support/api'
import { erased, FIRST_NAME, FIRST_PASSWORD, meet } from './account'
import { allow, settle } from './judge'
import { learn } from './learn'
import {
  ALL_LINKS,
  PENDING_LINKS,
  type Change,
  type Core,
  type KnownSession,
  type Somebody,
  vouchedFor,
} from './model'
import { losePasskeys } from './passkey'
import { livePasskeys } from './passkey-response'
import { stepUpByPasskey, stepUpByPassword } from './prove'
import { NothingToDo, type Operation } from './sign-in'
import { PROOF_MS } from './step-up'
import type { World } from './world'

export const isAdmin = ({ core }: Somebody): boolean =>
  core?.status === 'active' && core.roles.includes('admin')

/** False for an admin whom a restore put back in D1, but whose object keeps them out. */
const mayBeIn = (who: Somebody): boolean => !who.isTombstone && !who.mayBeTombstone
const mayAct = (who: Somebody): boolean => isAdmin(who) && mayBeIn(who)

/** One whose object knows of it, if there is one. */
function anyAdmin(world: World): Somebody | undefined {
  const able = world.people.filter((each) => mayAct(each) && each.core?.password !== null)
  return able.find(({ isUntold }) => !isUntold) ?? able[0]
}

/** Somebody who may act, with a token that works. */
export async function staff(world: World, who = anyAdmin(world)): Promise<string> {
  if (!world.people.some(isAdmin)) throw new Error('no admin is left')
  if (!who?.core || !mayBeIn(who)) throw new NothingToDo()
  const [session] = world.liveSessions(who)
  // Some of what staff do asks for a recent proof.
  if (session && isProved(session)) return session.token
  world.worker.arm(0, 'before')
  const token = session ? await proved(world, who, session) : await opened(world, who)
  world.arm()
  return token
}

async function opened(world: World, who: Somebody): Promise<string> {
  const { email, password } = who.core ?? {}
  if (password == null) throw new NothingToDo()
  const body = { email, password, remember_me: true }
  const reply = await world.ask({ method: 'POST', path: '/api/v1/auth/login', body })
  if (reply.status !== 200) throw new Error(`the admin cannot sign in: ${reply.status}`)
  learn(world, who, reply, true)
  const session = who.sessions.at(-1)
  return session ? proved(world, who, session) : ''
}

const isProved = ({ surelyProvedAt }: KnownSession): boolean =>
  Date.now() - surelyProvedAt < PROOF_MS - 60_000

async function proved(world: World, who: Somebody, session: KnownSession): Promise<string> {
  const isDone =
    livePasskeys(who).length > 0
      ? await stepUpByPasskey(world, who, session)
      : await stepUpByPassword(world, who, session)
  if (!isDone) throw new NothingToDo()
  session.surelyProvedAt = Date.now()
  return session.token
}

/** An admin acts on a user, `ofOthers` where nobody may do it to themselves; returns the answer. */
export const act = async (
  world: World,
  who: Somebody,
  ask: { method: string; path: string; body?: object },
  answers: string[],
  change: Change,
  { ofOthers = false } = {},
): Promise<Reply | undefined> => {
  if (who.core === null) return undefined
  const isLast = isAdmin(who) && world.people.filter(isAdmin).length < 2
  const isLastGone = isLast && !isAdmin({ ...who, core: change.to(who.core) })
  const another = world.people.find((other) => other !== who && mayAct(other))
  // To the last admin only they themselves can do it; refused if no admin would be left.
  const actor = isLast ? who : (another ?? anyAdmin(world))
  const token = await staff(world, actor)
  const refused = isLastGone ? '409 last_admin' : ofOthers && actor === who && '403 forbidden'
  const path = `/api/v1/admin/users/${who.id}${ask.path}`
  const reply = await world.ask({ ...ask, path, token })
  // The object of an admin who has just become one may not have heard of it.
  const isUnheard = actor?.isUntold ? ['403 forbidden'] : []
  allow(world, reply, ...(refused === false ? answers : [refused]), ...isUnheard)
  await settle(world, who, reply, change)
  return reply
}

export const setStatus: Operation = async (world, who) => {
  const is_active = who.core?.status !== 'active'
  world.aim(0.2, 'USER_SESSIONS.syncAccountState')
  if (who.core === null) return
  const voids = is_active
    ? ['verify_email', 'decline_registration', 'accept_invitation']
    : ALL_LINKS
  const status = is_active ? 'active' : 'deactivated'
  const change: Change = {
    to: (was) => ({ ...(is_active ? vouchedFor(was) : was), status }),
    voids,
    ...((!is_active || !who.core.isProved) && { revokes: 'all' as const }),
  }
  await act(world, who, { method: 'PUT', path: '/status', body: { is_active } }, ['200'], change)
}

const without = (was: Core, role: string): Core => ({
  ...was,
  roles: was.roles.filter((each) => each !== role),
})

export const setRole: Operation = async (world, who) => {
  if (who.core === null) return
  const role = world.random.pick(['moderator', 'moderator', 'admin', ...world.roles.keys()]) ?? ''
  if ((who.core.hasFactor || who.core.isExpired) && role === 'admin') return
  if (who.core.roles.includes(role)) {
    const change = { to: (was: Core) => without(was, role) }
    return act(world, who, { method: 'DELETE', path: `/roles/${role}` }, ['204'], change).then(
      () => undefined,
    )
  }
  const change = { to: (was: Core) => ({ ...was, roles: [...was.roles, role] }) }
  await act(world, who, { method: 'POST', path: '/roles', body: { role } }, ['200'], change)
}

/** What an admin's answer means for sessions that it revokes. What is opened from now on is younger. */
export async function revoked(
  world: World,
  who: Somebody,
  sessions: readonly KnownSession[],
  { status, body }: Reply,
): Promise<void> {
  const hasPendingWebhooks = status === 503 && (await isRevocationPending(who))
  if (body.code === 'effect_pending' && !hasPendingWebhooks) throw new Error('nothing is pending')
  for (const session of sessions) {
    if (status === 204) session.state = 'dead'
    else if (hasPendingWebhooks && session.state !== 'dead') session.state = 'pending'
    else if (status === 503 && session.state === 'live') session.state = 'perhaps'
  }
  world.pass(1)
}

/** After a fault: whether this very moment's change was saved and is still to revoke them. */
const isRevocationPending = async ({ subject }: Somebody): Promise<boolean> =>
  (await env.DB.prepare(
    "SELECT 1 FROM outbox WHERE kind = 'end-sessions' AND subject = ? AND created_at = ?",
  )
    .bind(subject, Date.now())
    .first()) !== null

export const revokeAll: Operation = async (world, who) => {
  if (who.core === null) return
  const change: Change = {
    to: (was) => was,
    isLocal: true,
    revokesPending: true,
    voids: PENDING_LINKS,
  }
  if (isAdmin(who)) return
  const token = await staff(world)
  const path = `/api/v1/admin/users/${who.id}/sessions`
  world.aim(0.45, 'USER_SESSIONS.revokeSessions', 'USER_SESSIONS.syncAccountState')
  const reply = await world.ask({ method: 'DELETE', path, token })
  allow(world, reply, '204')
  await settle(world, who, reply, change)
  await revoked(world, who, who.sessions, reply)
}

export const resetFactor: Operation = async (world, who) => {
  if (!who.core?.hasFactor && livePasskeys(who).length === 0) return
  const change: Change = {
    to: (was) => ({ ...was, hasFactor: false }),
    revokes: 'all',
    voids: PENDING_LINKS,
  }
  const ask = { method: 'POST', path: '/reset-2fa' }
  await act(world, who, ask, ['200'], change, { ofOthers: true })
  await losePasskeys(who)
}

export const eraseOther: Operation = async (world, who) => {
  if (who.core === null || world.present.length < 3) return
  await act(world, who, { method: 'DELETE', path: '' }, ['202'], { to: () => null, revokes: 'all' })
  if (who.core === null) erased(world, who)
}

export const invite: Operation = async (world) => {
  if (world.present.length >= 6) return
  const email = `i${world.people.length}-${world.random.below(1e6)}@example.com`
  const roles = world.random.chance(0.3) ? ['moderator'] : []
  const body = { email, full_name: FIRST_NAME, roles }
  const token = await staff(world)
  const reply = await world.ask({ method: 'POST', path: '/api/v1/admin/users', body, token })
  allow(world, reply, '201')
  const met = await meet(world, email)
  if (reply.status === 201 && !met) throw new Error('invited, and not there')
}

/** Somebody who may join the only admin does, so that there are two. */
async function secondAdmin(world: World): Promise<void> {
  if (world.people.filter(mayAct).length > 1) return
  const who = world.people.find(
    (each) =>
      mayBeIn(each) &&
      each.core?.status === 'active' &&
      each.core.password !== null &&
      !each.core.hasFactor &&
      !each.core.isExpired &&
      !each.core.roles.includes('admin'),
  )
  if (!who) return
  const change = { to: (was: Core) => ({ ...was, roles: [...was.roles, 'admin'] }) }
  const ask = { method: 'POST', path: '/roles', body: { role: 'admin' } }
  await act(world, who, ask, ['200'], change)
}

/** Two admins take the role from each other, or deactivate each other, at the same moment. */
export const duel: Operation = async (world) => {
  await secondAdmin(world)
  const [a, b] = world.random.shuffle(world.people.filter(mayAct))
  if (!a || !b) return
  const tokens = [await staff(world, a), await staff(world, b)]
  const isStatus = world.random.chance(0.5)
  const on = (target: Somebody, token: string | undefined) =>
    isStatus
      ? {
          method: 'PUT',
          path: `/api/v1/admin/users/${target.id}/status`,
          token,
          body: { is_active: false },
        }
      : { method: 'DELETE', path: `/api/v1/admin/users/${target.id}/roles/admin`, token }
  const replies = await world.askAll([on(b, tokens[0]), on(a, tokens[1])])
  const change: Change = isStatus
    ? { to: (was) => ({ ...was, status: 'deactivated' }), revokes: 'all', voids: ALL_LINKS }
    : { to: (was) => without(was, 'admin') }
  for (const [i, target] of [b, a].entries()) {
    const reply = replies[i]
    if (!reply) continue
    // The loser may have lost their right, or their session, before their turn came.
    const lost = ['403 forbidden', '409 last_admin', '401 invalid_access_token', '403 outranked']
    allow(world, reply, isStatus ? '200' : '204', ...lost)
    await settle(world, target, reply, change)
  }
  if (replies.every(({ status }) => status < 300)) throw new Error('both won a duel')
  if (!world.people.some(isAdmin)) throw new Error('no admin is left')
}

/** The first admin, before anything fails. */
export async function setUp(world: World, token: string): Promise<void> {
  const email = 'boss@example.com'
  const body = { token, email, password: FIRST_PASSWORD, full_name: FIRST_NAME }
  const reply = await world.ask({ method: 'POST', path: '/api/v1/setup', body })
  if (reply.status !== 201) throw new Error(JSON.stringify(reply.body))
  await meet(world, email)
}
