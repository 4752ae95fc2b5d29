/** What else admins do: unlock, ask for new passwords, mail links, edit, import, and define roles. */
import { env } from 'cloudflare:workers'
import { FIRST_NAME, meet } from './account'
import { allow, ROLES } from './judge'
import {
  ALL_LINKS,
  PENDING_LINKS,
  type Change,
  type Core,
  mayReset,
  type Somebody,
  vouchedFor,
} from './model'
import type { Operation } from './sign-in'
import { act, isAdmin, revoked, staff } from './staff'
import type { World } from './world'

const same: Change = { to: (was) => was, isLocal: true }

export const unlock: Operation = async (world, who) => {
  if (who.core === null) return
  world.aim(0.8, 'USER_SESSIONS.unlockFactors', 'THROTTLE.unlock')
  const reply = await act(world, who, { method: 'POST', path: '/unlock' }, ['200'], same)
  if (reply?.status === 200 && !world.isStruck) who.lost = 0
  // Also of a lost answer: it may have happened, and then all may be guessed anew.
  world.guesses.delete(who.core.email)
  who.guessed.compared = 0
}

/** Not of admins: they have to go on. */
export const requireNewPassword: Operation = async (world, who) => {
  if (who.core === null || who.core.roles.includes('admin')) return
  const change: Change = {
    to: (was) => ({ ...was, isExpired: true }),
    revokesPending: true,
    voids: PENDING_LINKS,
  }
  await act(world, who, { method: 'POST', path: '/require-password-change' }, ['200'], change)
}

export const sendLink: Operation = async (world, who) => {
  const { core } = who
  if (core === null) return
  const isReset = world.random.chance(0.5)
  const fits = isReset ? mayReset(core) : core.status === 'pending'
  const path = isReset ? '/send-password-reset' : '/resend-verification'
  await act(world, who, { method: 'POST', path }, [fits ? '200' : '409 wrong_status'], same)
}

/** By an admin, who may be the user. */
export const rename: Operation = async (world, who) => {
  if (who.core === null) return
  const full_name = `Ada ${'ABCDEFGHIJKLMNOPQRSTUVWXYZ'.charAt(world.random.below(26))}. Lovelace`
  const change: Change = { to: (was) => ({ ...was, name: full_name }), isLocal: true }
  await act(world, who, { method: 'PATCH', path: '', body: { full_name } }, ['200'], change)
}

/** A new address by an admin counts as verified, and revokes every mailed link, those that undo too. */
export const move: Operation = async (world, who) => {
  if (who.core === null) return
  const email = `m${world.people.length}-${world.random.below(1e6)}@example.com`
  const to = (was: Core): Core => ({
    ...vouchedFor(was),
    email,
    status: was.status === 'pending' ? 'active' : was.status,
  })
  const change: Change = {
    to,
    voids: ALL_LINKS,
    ...(!who.core.isProved && { revokes: 'all' as const }),
  }
  const ask = { method: 'PATCH', path: '', body: { email } }
  await act(world, who, ask, ['200'], change, { ofOthers: true })
}

/** A chunk with a new address, one that is there, and a line that is none; perhaps twice at once. */
export const importChunk: Operation = async (world, who) => {
  if (world.present.length >= 6) return
  const email = `n${world.people.length}-${world.random.below(1e6)}@example.com`
  const line = { email, full_name: FIRST_NAME, email_verified: world.random.chance(0.7) }
  // Not a registration that would give way: test/registration/take-over.test.ts and test/races have those.
  const canBeReplaced = who.core?.origin === 'registered' && !who.core.isProved
  const known = canBeReplaced ? email : (who.core?.email ?? email)
  const body = [JSON.stringify(line), JSON.stringify({ ...line, email: known }), 'none'].join('\n')
  const token = await staff(world)
  const ask = { method: 'POST', path: '/api/v1/admin/import', token, body }
  const replies = await world.askAll(world.random.chance(0.3) ? [ask, ask] : [ask])
  const good = replies.filter(({ status }) => status === 200)
  const imported = good.reduce((sum, reply) => sum + reply.body.imported, 0)
  for (const reply of replies) allow(world, reply, '200')
  for (const { body: told } of good)
    if (told.errors.length !== 1 || told.errors[0].line !== 3 || told.imported + told.skipped !== 2)
      throw new Error(`an import told ${JSON.stringify(told)}`)
  if (imported > 1 || (imported === 0 && !world.isStruck))
    throw new Error(`${imported} were imported from one address`)
  const met = await meet(world, email)
  if (good.length > 0 && !met) throw new Error('imported, and not there')
}

const PERMISSIONS = ['read:own', 'write:own', 'read:all', 'write:all', 'admin:users']

/** A role is made, changed or deleted; whoever holds it may do at once what it says. */
export const defineRole: Operation = async (world) => {
  const name = `team-${1 + world.random.below(2)}`
  const token = await staff(world)
  const held = world.roles.get(name)
  const permissions = world.random.shuffle(PERMISSIONS).slice(world.random.below(5))
  const isDeleted = held !== undefined && world.random.chance(0.4)
  const isHeld = world.present.some(({ core }) => core?.roles.includes(name))
  const path = `/api/v1/admin/roles${held === undefined ? '' : `/${name}`}`
  const description = 'A team'
  const reply = isDeleted
    ? await world.ask({ method: 'DELETE', path, token })
    : held === undefined
      ? await world.ask({ method: 'POST', path, token, body: { name, description, permissions } })
      : await world.ask({ method: 'PATCH', path, token, body: { permissions } })
  if (isDeleted) allow(world, reply, isHeld ? '409 in_use' : '204')
  else allow(world, reply, held === undefined ? '201' : '200')
  if (reply.status === 409) return
  world.rolesChangedAt = Date.now()
  const next = isDeleted ? undefined : permissions
  if (reply.status === 503 && !(await isDefined(name, next))) return
  if (next) world.roles.set(name, next)
  else world.roles.delete(name)
}

/** After a lost answer: whether D1 has it as it was asked for. */
async function isDefined(name: string, permissions: readonly string[] | undefined) {
  const { results } = await env.DB.prepare(ROLES).all<{ name: string; held: string }>()
  const row = results.find((each) => each.name === name)
  const there = row && (JSON.parse(row.held) as string[]).sort().join()
  return there === (permissions && [...permissions].sort().join())
}

/** A user's session, or one that is no longer live, revoked by an admin. */
export const revokeOneOf: Operation = async (world, who) => {
  const target = world.random.pick(who.sessions)
  if (who.core === null || !target || isAdmin(who)) return
  world.aim(0.9, 'USER_SESSIONS.listSessions', 'USER_SESSIONS.revokeSession')
  const ask = { method: 'DELETE', path: `/sessions/${target.sid}` }
  const isLive = world.liveSessions(who).includes(target)
  const answers = isLive ? ['204'] : ['204', '404 not_found']
  const reply = await act(world, who, ask, answers, same)
  if (reply) await revoked(world, who, [target], reply)
}

/** Guesses by the dozen, from one network: no more are compared than the budget says. */
export const burst: Operation = async (world, who: Somebody) => {
  const { core } = who
  if (core === null || isAdmin(who)) return
  const body = { email: core.email, password: 'Wrong-Horse-7' }
  const hasPendingWebhooks = await isUnlockOwed(who)
  const ask = { method: 'POST', path: '/api/v1/auth/login', body, ip: ATTACKER }
  const replies = await world.askAll(Array.from({ length: 12 }, () => ask))
  who.lost += replies.length
  for (const reply of replies)
    allow(world, reply, '401 invalid_credentials', '429 too_many_attempts')
  const compared = replies.filter(({ status }) => status === 401).length
  if (hasPendingWebhooks) world.guesses.delete(core.email)
  else noteGuesses(world, core.email, compared)
}

/** An unlock that comes late lets all be guessed anew. */
const isUnlockOwed = async ({ subject }: Somebody): Promise<boolean> =>
  (await env.DB.prepare("SELECT 1 FROM outbox WHERE kind = 'unlock' AND subject = ?")
    .bind(subject)
    .first()) !== null

const ATTACKER = '203.0.113.9'
const WINDOW_MS = 15 * 60_000
const MOST_GUESSES = 10

function noteGuesses(world: World, email: string, compared: number): void {
  const now = Date.now()
  const earlier = (world.guesses.get(email) ?? []).filter(({ at }) => now - at < WINDOW_MS)
  const all = [...earlier, { at: now, compared }]
  world.guesses.set(email, all)
  if (all.reduce((sum, each) => sum + each.compared, 0) > MOST_GUESSES)
    throw new Error('the budget of guesses was passed')
}
