/** Operations on accounts: by visitors, by mailed links, and by their owners. */
import { env } from 'cloudflare:workers'
import { allow, settle } from './judge'
import { ALL_LINKS_BUT_UNDO, type Change, type Link, mayReset, type Somebody } from './model'
import { livePasskeys } from './passkey-response'
import { stepUpByPasskey } from './prove'
import { codeOf } from './second-step'
import { type Operation, signIn } from './sign-in'
import { useChangeLink } from './verify-change'
import type { World } from './world'

const A = '/api/v1/auth'
const U = '/api/v1/users'
const MOST_PEOPLE = 6
export const FIRST_PASSWORD = 'Correct-Horse-7'
export const FIRST_NAME = 'Ada Lovelace'

/** Takes somebody into the model who has just appeared in D1. */
export async function meet(world: World, email: string): Promise<Somebody | undefined> {
  const row = await env.DB.prepare(
    `SELECT id, subject, status, origin, email_verified_at AS proved, hashed_password AS hash, credential_version AS credentialVersion,
      (SELECT json_group_array(name) FROM user_roles JOIN roles ON roles.id = role_id WHERE user_id = users.id) AS roles
     FROM users WHERE email_key = ?`,
  )
    .bind(email)
    .first<any>()
  if (!row || world.people.some(({ id }) => id === row.id)) return undefined
  const { id, subject, status, origin, proved, hash, credentialVersion, roles } = row
  const password = hash === null ? null : FIRST_PASSWORD
  const core = {
    status,
    email,
    password,
    roles: JSON.parse(roles),
    hasFactor: false,
    name: FIRST_NAME,
    isExpired: false,
    isProved: proved !== null,
    origin,
  }
  const who: Somebody = {
    id,
    subject,
    core,
    hash,
    credentialVersion,
    sessions: [],
    passkeys: [],
    devices: [],
    apps: { codes: [], sessions: [], consents: new Map() },
    secret: null,
    pendingSecret: null,
    recovery: [],
    spent: [],
    isUntold: false,
    lost: 0,
    guessed: { version: credentialVersion, compared: 0 },
    isTombstone: false,
    isErased: false,
    mayBeTombstone: false,
    addresses: new Set([email]),
  }
  world.people.push(who)
  return who
}

export const newAddress = (world: World) =>
  `p${world.people.length}-${world.random.below(1e6)}@example.com`

/** One registration, or several of one address at once: one account in any case. */
export const register: Operation = async (world, who) => {
  const isTaken = world.random.chance(0.25) || world.present.length >= MOST_PEOPLE
  const email = isTaken ? [...who.addresses][0] : newAddress(world)
  if (email === undefined) return
  const isFree = !world.people.some(({ addresses }) => addresses.has(email))
  const body = { email, password: FIRST_PASSWORD, full_name: FIRST_NAME }
  const ask = { method: 'POST', path: `${A}/register`, body }
  world.aim(0.15, 'OUTBOX_QUEUE.sendBatch')
  const replies = await world.askAll(world.random.chance(0.2) ? [ask, ask] : [ask])
  const made = replies.filter(({ status }) => status === 201)
  if (made.length > 1) throw new Error('one address was registered twice')
  for (const reply of replies)
    if (isFree && made.length === 0)
      allow(world, reply, ...(world.isStruck ? ['409 email_taken'] : []))
    else allow(world, reply, '201', '409 email_taken')
  const met = await meet(world, email)
  if (made.length === 1 && !met) throw new Error('registered, and not there')
  if (isFree && met) met.lost += replies.length - 1
}

const newPassword = (world: World) => `Battery-Staple-${world.random.below(1e6)}`

/** What using a link changes, or undefined when it must be refused. */
function changeOf(link: Link, who: Somebody, password: string): Change | undefined {
  const { core } = who
  if (!core || link.expiresAt <= Date.now()) return undefined
  const isPending = core.status === 'pending'
  const toActive: Change['to'] = (was) => ({ ...was, status: 'active', isProved: true })
  switch (link.purpose) {
    case 'verify_email':
      // Without a password nobody could sign in to it: it is the invitation that counts.
      return isPending && core.password !== null
        ? { to: toActive, voids: ['verify_email', 'decline_registration'] }
        : undefined
    case 'decline_registration':
      return isPending ? { to: () => null } : undefined
    case 'accept_invitation':
    case 'reset_password':
      if (link.purpose === 'reset_password' && !mayReset(core)) return undefined
      if (link.purpose === 'accept_invitation' && !isPending) return undefined
      return {
        to: (was) => ({ ...was, status: 'active', password, isExpired: false, isProved: true }),
        revokes: 'all',
        voids: ALL_LINKS_BUT_UNDO,
      }
    default:
      if (core.status === 'deactivated') return undefined
      return {
        to: (was) => ({ ...was, email: link.address, password: null }),
        revokes: 'all',
        voids: ALL_LINKS_BUT_UNDO,
      }
  }
}

/** A mailed link, old or new, by one or by several at once: it works once, and only while it may. */
export const useLink: Operation = async (world, someone) => {
  const theirs = world.links.filter(
    ({ userId, state }) => userId === someone.id && state === 'open',
  )
  const link = world.random.pick(
    world.random.chance(0.7) && theirs.length > 0 ? theirs : world.links,
  )
  const who = world.people.find(({ id }) => id === link?.userId)
  if (!link || !who) return
  if (link.purpose === 'confirm_email_change') return useChangeLink(world, who, link)
  const password = newPassword(world)
  const change = changeOf(link, who, password)
  const body = {
    token: link.token,
    ...(link.purpose === 'reset_password' && { new_password: password }),
    ...(link.purpose === 'accept_invitation' && { password }),
  }
  const ask = { method: 'POST', path: `${A}/${link.purpose.replaceAll('_', '-')}`, body }
  const before = { ...who }
  // A completed reset lifts the locks.
  if (link.purpose === 'reset_password') world.guesses.delete(who.core?.email ?? '')
  if (link.purpose === 'reset_password')
    world.aim(0.3, 'THROTTLE.unlock', 'USER_SESSIONS.syncAccountState')
  const replies = await world.askAll(world.random.chance(0.4) ? [ask, ask, ask] : [ask])
  const good = replies.filter(({ status }) => status < 300)
  if (good.length > 1) throw new Error(`${link.purpose} worked twice at once`)
  if (good.length === 1 && link.state === 'used') throw new Error(`${link.purpose} worked again`)
  if (good.length === 1 && (link.state === 'dead' || !change))
    throw new Error(`${link.purpose} worked though it is void`)
  const isTaken = world.people.some((other) => other !== who && other.addresses.has(link.address))
  for (const reply of replies) {
    if (reply.status < 300) continue
    const mustWork = change && link.state === 'open' && good.length === 0 && !world.isStruck
    const refusals = mustWork && !isTaken ? [] : ['400 invalid_token', '409 email_taken']
    allow(world, reply, ...refusals)
  }
  world.secrets.add(password)
  const told = good[0] ?? replies.find(({ status }) => status === 503)
  if (!told || !change || before.core === null) return
  const isIt = await settle(world, who, told, change)
  if (isIt) link.state = 'used'
  else if (told.status === 503) link.state = link.state === 'open' ? 'open' : link.state
  if (isIt && link.purpose === 'undo_email_change')
    for (const other of world.links)
      if (other.userId === who.id && other.purpose === link.purpose) other.state = 'perhaps'
  if (isIt) link.state = 'used'
}

export const forgot: Operation = async (world, who) => {
  const email = who.core?.email ?? 'nobody@example.com'
  const path = `${A}/${world.random.chance(0.7) ? 'forgot-password' : 'resend-verification'}`
  allow(world, await world.ask({ method: 'POST', path, body: { email } }), '202')
}

interface OwnChange {
  readonly method: string
  readonly path: string
  readonly body: (password: string) => object | Promise<object>
  /** Calls of which one may fail on purpose. */
  readonly aims?: string[]
}

/** A signed-in caller's own change; `allowed` beside its success. */
export async function own(
  world: World,
  who: Somebody,
  ask: OwnChange,
  success: string,
  change: (session: Somebody['sessions'][number]) => Change,
  allowed: string[] = [],
): Promise<any> {
  if (world.liveSessions(who).length === 0 && who.core?.status === 'active') {
    await signIn(world, who)
    world.arm()
  }
  const password = who.core?.password
  if (password == null) return undefined
  const body = await ask.body(password)
  const session = world.random.pick(world.liveSessions(who))
  if (!session) return undefined
  // A password alone proves too little for somebody who has a passkey.
  if (livePasskeys(who).length > 0 && !(await stepUpByPasskey(world, who, session)))
    return undefined
  session.provedAt = Date.now()
  if (ask.aims) world.aim(0.9, ...ask.aims)
  const { method, path } = ask
  const reply = await world.ask({ method, path: `${U}/${path}`, body, token: session.token })
  const isThrottled = who.lost >= 5 ? ['429 too_many_attempts'] : []
  const isExpired = who.core?.isExpired || who.isUntold ? ['403 password_expired'] : []
  allow(world, reply, success, ...allowed, ...isThrottled, ...isExpired)
  await settle(world, who, reply, change(session))
  return reply.status < 300 ? reply.body : undefined
}

export const changePassword: Operation = async (world, who) => {
  const next = newPassword(world)
  world.secrets.add(next)
  const body = (current: string) => ({ current_password: current, new_password: next })
  const change: Change = {
    to: (was) => ({ ...was, password: next, isExpired: false }),
    revokes: 'all',
    voids: ALL_LINKS_BUT_UNDO,
  }
  await own(world, who, { method: 'POST', path: 'change-password', body }, '200', () => change)
}

/** The user’s object hears of it, and the throttle is to forget the user. */
export function erased(world: World, who: Somebody): void {
  who.isErased = true
  world.owesForget = true
}

export const eraseSelf: Operation = async (world, who) => {
  if (who.core?.roles.includes('admin')) return
  const body = async (password: string) => ({ password, ...(await codeOf(world, who)) })
  await own(world, who, { method: 'DELETE', path: 'account', body }, '202', () => ({
    to: () => null,
    revokes: 'all',
  }))
  if (who.core === null) erased(world, who)
}
