/**
 * Apps in a run: codes, sessions of apps and consents, asked of the user's object as the OAuth routes ask it.
 * What the object holds of the browser's sessions and the account is judged elsewhere, so it is believed here.
 */
import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { vi } from 'vitest'
import type { AccountState } from '../../src/sessions/session-types'
import { authorizeRequest, CHALLENGE, codeProof, DEVICE, METADATA } from '../support/app-sessions'
import { makeApp } from '../support/apps'
import { allow } from './judge'
import type { KnownAppSession, KnownCode, Somebody } from './model'
import type { Operation } from './sign-in'
import type { World } from './world'

const CLIENTS = ['client-a', 'client-b', 'client-c'].map((name) => name.padEnd(22, '-'))
const SCOPES = ['openid', 'profile', 'email']
const CODE_MS = 60_000
const GRACE_MS = 60_000
const OFFLINE_SECONDS = 2 * 86_400
const MOST_OF_AN_APP = 10

/** The one that D1 knows, with a logout URI: the object asks for none of this. */
const [LISTENING = ''] = CLIENTS
const LOGOUT_URI = 'http://127.0.0.1:9/logout'

/** Registers it. Its receiver takes every message. */
export async function registerListener(): Promise<void> {
  await makeApp({ clientId: LISTENING, backchannelLogoutUri: LOGOUT_URI, idTokenAlg: 'ES256' })
}
const { fetch } = globalThis
vi.spyOn(globalThis, 'fetch').mockImplementation(async (asked, init) =>
  asked instanceof Request || String(asked) !== LOGOUT_URI
    ? fetch(asked, init)
    : new Response(null, { status: 204 }),
)

const objectOf = ({ subject }: Somebody) => env.USER_SESSIONS.getByName(subject)

/** What the object believes of the account, and which sessions of the browser are live. */
async function believed(who: Somebody): Promise<{ version: number | null; sids: Set<string> }> {
  const state = await runInDurableObject(objectOf(who), (_, { storage }) => {
    const [row] = storage.sql.exec<{ account_state: string | null }>(
      'SELECT account_state FROM state',
    )
    return row?.account_state ? (JSON.parse(row.account_state) as AccountState) : null
  })
  const sids = (await objectOf(who).listSessions()).map(({ sid }) => sid)
  const version = state === null || state.isBlocked ? null : state.credentialVersion
  return { version, sids: new Set(sids) }
}

/** A removed passkey ends what relied on it, which the model does not follow. */
const hasLostPasskeys = ({ passkeys }: Somebody): boolean =>
  passkeys.some(({ state }) => state === 'dead')

/** Asks for a code; with `given` the user has just allowed the scopes. */
async function ask(world: World, who: Somebody, mode: 'remembered' | 'given'): Promise<void> {
  const { random } = world
  const live = random.chance(0.8) ? world.liveSessions(who) : []
  const session = random.pick(live.length > 0 ? live : who.sessions)
  const clientId = random.pick(CLIENTS)
  if (!session || !clientId) return
  world.act()
  const scopes = SCOPES.filter(() => random.chance(0.6))
  const isOffline = random.chance(0.3)
  const challenge = random.chance(0.8) ? CHALLENGE : null
  const { sids } = await believed(who)
  const request = authorizeRequest({
    grant: { clientId, sub: `sub-of-${who.id}`, scopes, isOffline },
    binding: { codeChallenge: challenge },
    conditions: { consent: { mode, metadataHash: METADATA, atResources: [] } },
  })
  const result = await objectOf(who).authorize(session.sid, request)
  world.story.push(`  authorize ${mode} ${clientId}: ${result.status}`)
  const isThere = sids.has(session.sid)
  if (isThere === (result.status === 'signed_out'))
    throw new Error('an app is authorized by a session that is over, or not by one that is live')
  const allowed = who.apps.consents.get(clientId)
  const isRemembered = allowed !== undefined && scopes.every((scope) => allowed.has(scope))
  if (result.status === 'consent') {
    if (mode === 'given' || isRemembered) throw new Error('a consent is forgotten')
    return
  }
  if (result.status === 'required_action') {
    if (!who.core?.isExpired && !who.isUntold) throw new Error('an action is required of nobody')
    return
  }
  if (result.status !== 'code') {
    if (result.status !== 'signed_out') throw new Error(`authorize: ${result.status}`)
    return
  }
  if (mode === 'remembered' && !isRemembered) throw new Error('a code without consent')
  if (mode === 'given') who.apps.consents.set(clientId, new Set([...(allowed ?? []), ...scopes]))
  world.count(`reached a code, ${mode}`)
  who.apps.codes.push({
    id: result.id,
    clientId,
    sid: session.sid,
    challenge,
    isOffline,
    expiresAt: Date.now() + CODE_MS,
    version: result.accountState.credentialVersion,
    state: 'open',
    session: null,
  })
}

/** Most apps redeem their code at once. */
async function askAndRedeem(world: World, who: Somebody, mode: 'remembered' | 'given') {
  await ask(world, who, mode)
  if (world.random.chance(0.6)) await redeem(world, who)
}
export const authorize: Operation = (world, who) => askAndRedeem(world, who, 'remembered')
export const consent: Operation = (world, who) => askAndRedeem(world, who, 'given')

const present = (who: Somebody, code: KnownCode, challenge = code.challenge) =>
  objectOf(who).redeemCode(
    code.id,
    codeProof({
      clientId: code.clientId,
      codeChallenge: challenge,
      offlineTtlSeconds: OFFLINE_SECONDS,
    }),
  )

const open = (who: Somebody): KnownCode[] =>
  who.apps.codes.filter(({ state }) => state === 'open').slice(-MOST_OF_AN_APP)

/** Presents a code that nobody has redeemed, perhaps several times at once, or with a wrong verifier. */
export const redeem: Operation = async (world, who) => {
  const waiting = open(who)
  const code = world.random.chance(0.7) ? waiting.at(-1) : world.random.pick(waiting)
  if (!code) return
  world.act()
  if (world.random.chance(0.15)) {
    const wrong = code.challenge === null ? CHALLENGE : world.random.chance(0.5) ? null : 'wrong'
    const { status } = await present(who, code, wrong)
    if (status !== 'invalid') throw new Error('a wrong verifier was accepted')
  }
  const { version, sids } = await believed(who)
  const isGood = Date.now() < code.expiresAt && code.version === version && sids.has(code.sid)
  const times = world.random.chance(0.2) ? 3 : 1
  const results = await Promise.all(Array.from({ length: times }, () => present(who, code)))
  const opened = results.flatMap((result) => (result.status === 'opened' ? [result] : []))
  world.story.push(`  redeem ${code.clientId}: ${opened.length} of ${times}`)
  if (opened.length > 1) throw new Error('a code was redeemed twice')
  if (opened.length === 1 && !isGood) throw new Error('a code that is void was redeemed')
  if (opened.length === 0 && isGood && !hasLostPasskeys(who)) throw new Error('a code is lost')
  code.state = 'dead'
  const [first] = opened
  if (!first) return
  code.state = 'used'
  world.count('reached a code redeemed')
  code.session = {
    id: first.appSession.id,
    clientId: code.clientId,
    sid: code.sid,
    isOffline: code.isOffline,
    expiresAt: first.appSession.expiresAt,
    version: code.version,
    generation: 0,
    rotatedAt: Date.now(),
    // The replays of a parallel redemption end it.
    state: times > 1 ? 'dead' : 'live',
  }
  who.apps.sessions.push(code.session)
}

/** Presents a code that was redeemed: refused, and the end of its session if everything else is right. */
export const replay: Operation = async (world, who) => {
  const code = world.random.pick(who.apps.codes.filter(({ state }) => state === 'used').slice(-5))
  if (!code?.session) return
  world.act()
  const isRight = world.random.chance(0.6)
  const before = await isThere(who, code.session)
  const { status } = await present(who, code, isRight ? code.challenge : 'wrong')
  world.story.push(`  replay ${code.clientId}, right: ${isRight}`)
  if (status !== 'invalid') throw new Error('a replay was accepted')
  const after = await isThere(who, code.session)
  if (!isRight && before && !after) throw new Error('a stranger’s replay ended a session')
  if (before && !after) world.count('reached a replay that ended a session')
  if (isRight) {
    // Ten minutes later a replay is refused, and is no longer noticed.
    if (!after) code.session.state = 'dead'
    code.state = 'dead'
  }
}

const isThere = async (who: Somebody, { id }: KnownAppSession): Promise<boolean> =>
  (await objectOf(who).checkApp(id)).isLive

/** The newest refresh token, the one before, or an older one; perhaps by another app. */
export const refreshApp: Operation = async (world, who) => {
  const session = world.random.pick(who.apps.sessions.filter(({ state }) => state === 'live'))
  if (!session) return
  world.act()
  const { random } = world
  const back = random.chance(0.7) ? 0 : random.chance(0.7) ? 1 : 2
  const generation = session.generation - back
  if (generation < 0) return
  const isThief = random.chance(0.1)
  const clientId = isThief ? 'thief'.padEnd(22, '-') : session.clientId
  const before = await isThere(who, session)
  const times = random.chance(0.3) ? 3 : 1
  const results = await Promise.all(
    Array.from({ length: times }, () =>
      objectOf(who).rotateApp(session.id, clientId, generation, GRACE_MS, DEVICE),
    ),
  )
  const given = results.flatMap((each) =>
    each.status === 'rotated' ? [each.appSession.generation] : [],
  )
  world.story.push(`  refresh ${session.clientId} back ${back}: ${given.join()}`)
  const isInGrace = Date.now() - session.rotatedAt <= GRACE_MS
  const isGood = before && !isThief && (back === 0 || (back === 1 && isInGrace))
  if (given.length !== (isGood ? times : 0)) throw new Error('a refresh was judged otherwise')
  const next = back === 0 ? session.generation + 1 : session.generation
  if (given.some((each) => each !== next)) throw new Error('a refresh chain has forked')
  if (isGood && back === 0) Object.assign(session, { generation: next, rotatedAt: Date.now() })
  if (before && !isGood && !isThief) session.state = 'dead'
  if (isThief && before !== (await isThere(who, session)))
    throw new Error('another app ended a session')
}

/** An app ends its own session. */
export const endApp: Operation = async (world, who) => {
  const session = world.random.pick(who.apps.sessions)
  if (!session) return
  world.act()
  const before = await isThere(who, session)
  const { id, clientId } = session
  const isEnded = await objectOf(who).endAppSession(id, clientId, 'revoked_by_app', DEVICE)
  if (isEnded !== before) throw new Error('an app ended a session that was over, or could not')
  session.state = 'dead'
}

/** By the route, which faults may strike: either all of the app is gone, or nothing. */
export const disconnect: Operation = async (world, who) => {
  const session = world.random.pick(world.liveSessions(who))
  const clientId = world.random.pick(CLIENTS)
  if (!session || !clientId) return
  world.aim(0.5, 'USER_SESSIONS.disconnectApp')
  const path = `/api/v1/users/apps/${clientId}`
  const reply = await world.ask({ method: 'DELETE', path, token: session.token })
  const orExpired = who.core?.isExpired || who.isUntold ? ['403 password_expired'] : []
  allow(world, reply, '204', '404 not_found', ...orExpired)
  const theirs = who.apps.sessions.filter((each) => each.clientId === clientId)
  const left = await Promise.all(theirs.map((each) => isThere(who, each)))
  const consents = await objectOf(who).connectedApps()
  const isConnected = consents.some((each) => each.clientId === clientId)
  if (reply.status === 204 || reply.status === 404) {
    if (left.includes(true) || isConnected) throw new Error('an app is still connected')
    if (reply.status === 404 && who.apps.consents.has(clientId))
      throw new Error('a consent is lost')
  } else if (isConnected) return
  for (const each of theirs) each.state = 'dead'
  for (const code of who.apps.codes) if (code.clientId === clientId) code.state = 'dead'
  who.apps.consents.delete(clientId)
}

/** What must hold of every session of an app, whatever has happened. */
export async function compareApps(world: World, who: Somebody): Promise<void> {
  const { apps } = who
  if (apps.sessions.length === 0) return
  const { version, sids } = await believed(who)
  const now = Date.now()
  const isInactive = who.core?.status !== 'active'
  for (const session of apps.sessions) {
    const isLive = await isThere(who, session)
    const isBelow = session.isOffline || sids.has(session.sid)
    const isStanding = session.version === version && session.expiresAt > now
    if (isLive && session.state === 'dead') throw new Error('a session of an app has risen again')
    if (isLive && !isBelow) throw new Error('a session of an app outlives its parent')
    if (isLive && !isStanding) throw new Error('a session of an app outlives its credentials')
    if (isLive && isInactive && !who.isUntold && !world.isSetBack)
      throw new Error('somebody inactive has a session of an app')
    const ofApp = apps.sessions.filter(({ clientId }) => clientId === session.clientId)
    const mayBeGone = ofApp.length > MOST_OF_AN_APP || hasLostPasskeys(who)
    const mustLive = session.state === 'live' && isStanding && sids.has(session.sid) && !mayBeGone
    if (mustLive && !isLive) throw new Error('a session of an app is lost')
    if (!isLive) session.state = 'dead'
  }
  if (version === null && who.core === null) apps.consents.clear()
}

/** At the end of a run, when all events have arrived: each app was notified of each end, once. */
export async function appsWereTold(world: World): Promise<void> {
  const { results } = await env.DB.prepare(
    `SELECT value AS id FROM audit_log, json_each(data, '$.app_session_ids')
     WHERE event = 'app.signed_out'`,
  ).all<{ id: string }>()
  const told = new Set(results.map(({ id }) => id))
  if (told.size < results.length) throw new Error('an app was told twice of one end')
  // What D1 had logged, and what was on its way, is lost with a restore.
  if (world.isSetBack) return
  for (const who of world.people)
    for (const session of who.apps.sessions) {
      if (told.has(session.id) === (await isThere(who, session)))
        throw new Error(`an app was not told of an end, or of one that was none: ${session.id}`)
      if (told.has(session.id)) world.count('reached an app told of an end')
    }
  await logoutsWereDelivered(world, told)
}

/** Each end of a session of the app with a logout URI is one delivery, which has arrived. */
async function logoutsWereDelivered(world: World, told: ReadonlySet<unknown>): Promise<void> {
  const { results } = await env.DB.prepare(
    'SELECT sid, state, count(*) AS n FROM logout_deliveries GROUP BY sid',
  ).all<{ sid: string; state: string; n: number }>()
  const deliveries = new Map(results.map((each) => [each.sid, each]))
  for (const { sid, state, n } of results)
    if (n > 1 || state !== 'delivered' || !told.has(sid))
      throw new Error(`a logout is ${state}, ${n} times, told: ${told.has(sid)}`)
  const ended = world.people
    .flatMap(({ apps }) => apps.sessions)
    .filter(({ id, clientId }) => clientId === LISTENING && told.has(id))
  for (const { id } of ended) {
    if (!deliveries.has(id)) throw new Error(`a logout is lost: ${id}`)
    world.count('reached a logout delivered')
  }
}
