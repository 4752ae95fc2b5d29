/**
 * Operations of passkeys: added, used to sign in and for the second step, removed. Responses are copied,
 * repeated, made without verifying the user, and made by a copy of the authenticator.
 */
import { env } from 'cloudflare:workers'
import { SoftwareAuthenticator } from '../support/authenticator'
import { allow, settle } from './judge'
import { learn } from './learn'
import { type Change, type KnownPasskey, PENDING_LINKS, type Somebody } from './model'
import { livePasskeys, origin } from './passkey-response'
import { provedSession } from './prove'
import type { Operation } from './sign-in'

const A = '/api/v1/auth'
const U = '/api/v1/users/passkeys'
const MOST_PASSKEYS = 4

const SAME: Change = { to: (was) => was }
/** What was begun before a first passkey, or before one was removed, is over. */
const FACTORS: Change = { ...SAME, revokesPending: true, keepsTrust: true, voids: PENDING_LINKS }

const idsInD1 = async ({ id }: Somebody): Promise<Map<string, string>> => {
  const { results } = await env.DB.prepare(
    'SELECT credential_id AS credential, id FROM passkeys WHERE user_id = ?',
  )
    .bind(id)
    .all<{ credential: string; id: string }>()
  return new Map(results.map((row) => [row.credential, row.id]))
}

/** After a change that removes passkeys: those that D1 has no more are gone for ever. */
export async function losePasskeys(who: Somebody): Promise<void> {
  const there = await idsInD1(who)
  for (const passkey of livePasskeys(who)) if (!there.has(passkey.credentialId)) lose(who, passkey)
}

function lose(who: Somebody, passkey: KnownPasskey): void {
  passkey.state = 'dead'
  for (const device of who.devices)
    if (device.passkey === passkey) device.state = who.isUntold ? 'perhaps' : 'dead'
  for (const session of who.sessions) {
    // The passkey may have been its proof.
    session.surelyProvedAt = 0
    if (session.passkey !== passkey || session.state === 'dead') continue
    session.state = who.isUntold ? 'doomed' : 'dead'
  }
}

/** Adds a passkey, perhaps by the same response twice at once: it is one passkey. */
export const addPasskey: Operation = async (world, who) => {
  if (livePasskeys(who).length >= MOST_PASSKEYS) return
  const session = await provedSession(world, who)
  if (!session) return
  const { token } = session
  const isFirst = livePasskeys(who).length === 0 && who.core?.hasFactor === false
  world.arm()
  const asked = await world.ask({ method: 'POST', path: `${U}/options`, body: {}, token })
  // A second factor that came since then makes the proof too weak.
  const weak = ['403 step_up_required']
  allow(world, asked, '200', ...weak)
  if (asked.status !== 200) return
  const isDeviceBound = world.random.chance(0.5)
  const authenticator = new SoftwareAuthenticator({
    isBackupEligible: !isDeviceBound,
    isBackedUp: !isDeviceBound,
    signCount: isDeviceBound ? 1 : 0,
  })
  const { publicKey, challenge_token } = asked.body
  const credential = await authenticator.create(publicKey, { origin })
  const ask = { method: 'POST', path: U, body: { challenge_token, credential, name: 'Key' }, token }
  world.aim(0.5, 'USER_SESSIONS.syncAccountState', 'DB.batch')
  const replies = await world.askAll(world.random.chance(0.25) ? [ask, ask] : [ask])
  const added = replies.filter(({ status }) => status === 201)
  if (added.length > 1) throw new Error('one credential was added twice')
  const isGone = world.isStruck || added.length > 0
  for (const reply of replies)
    allow(world, reply, '201', ...weak, ...(isGone ? ['409 passkey_taken', '409 unchanged'] : []))
  const there = (await idsInD1(who)).get(credential.id)
  if (added.length > 0 && there === undefined) throw new Error('a passkey is added, and not there')
  if (there !== undefined)
    who.passkeys.push({
      credentialId: credential.id,
      id: there,
      authenticator,
      isDeviceBound,
      state: 'live',
      spent: null,
    })
  if (added[0]?.body.recovery_codes) {
    who.recovery = added[0].body.recovery_codes
    for (const code of who.recovery) world.secrets.add(code)
  } else if (world.isStruck && who.passkeys.length > 0 && !who.core?.hasFactor) who.recovery = []
  const told = added[0] ?? replies.find(({ status }) => status === 503)
  if (told && there !== undefined) await settle(world, who, told, isFirst ? FACTORS : SAME)
  // A proof by less is too weak from now on.
  for (const other of who.sessions) other.surelyProvedAt = 0
  if (added.length > 0) world.count('reached a passkey added')
}

/** Removes a passkey, or two at once; a way in is left. */
export const removePasskey: Operation = async (world, who) => {
  if (livePasskeys(who).length === 0) return
  const session = await provedSession(world, who)
  if (!session) return
  const chosen = livePasskeys(who).slice(0, world.random.chance(0.4) ? 2 : 1)
  world.aim(0.6, 'USER_SESSIONS.syncAccountState', 'DB.batch')
  const replies = await world.askAll(
    chosen.map(({ id }) => ({ method: 'DELETE', path: `${U}/${id}`, token: session.token })),
  )
  const there = await idsInD1(who)
  for (const [i, reply] of replies.entries()) {
    const passkey = chosen[i]
    if (!passkey) continue
    const isOnly = who.core?.password === null ? ['409 last_way_in'] : []
    // The first of two may have opened this session, or may have been its proof.
    const isMoved = chosen.length > 1 ? ['401 invalid_access_token', '403 step_up_required'] : []
    allow(world, reply, '204', ...isOnly, ...isMoved, ...(world.isStruck ? ['404 not_found'] : []))
    if (reply.status === 204 && there.has(passkey.credentialId))
      throw new Error('a passkey is removed, and there')
    if (there.has(passkey.credentialId)) continue
    if (!(await settle(world, who, reply, FACTORS)) && reply.status !== 503)
      throw new Error('a passkey went without a success')
    lose(who, passkey)
    world.count('reached a passkey removed')
  }
  if (who.core?.password === null && livePasskeys(who).length === 0)
    throw new Error('no way in is left')
}

/** Signs in by a passkey: by one response, by copies of it at once, or by one that must not work. */
export const signInByPasskey: Operation = async (world, who) => {
  const passkey = world.random.pick(world.random.chance(0.8) ? livePasskeys(who) : who.passkeys)
  if (!passkey) return
  if (passkey.spent && world.random.chance(0.15)) {
    const reply = await world.ask({
      method: 'POST',
      path: `${A}/passkey/verify`,
      body: passkey.spent,
    })
    if (reply.status === 200) throw new Error('a spent response opened a session')
    return allow(world, reply, ...REFUSED)
  }
  const isUserVerified = world.random.chance(0.75)
  const isCopy = passkey.isDeviceBound && world.random.chance(0.15)
  const asked = await world.ask({ method: 'POST', path: `${A}/passkey/options` })
  allow(world, asked, '200')
  if (asked.status !== 200) return
  const { publicKey, challenge_token } = asked.body
  const how = { origin, isUserVerified, ...(isCopy && { signCount: 1 }) }
  const credential = await passkey.authenticator.get(publicKey, how)
  const remember_me = world.random.chance(0.6)
  const body = { challenge_token, credential, remember_me }
  const ask = { method: 'POST', path: `${A}/passkey/verify`, body }
  world.aim(0.2, 'USER_SESSIONS.openSession')
  const replies = await world.askAll(world.random.chance(0.4) ? [ask, ask, ask] : [ask])
  const opened = replies.filter(({ status }) => status === 200)
  if (opened.length > 0 && !isUserVerified)
    throw new Error('a passkey that did not verify its user opened a session')
  if (opened.length > 0 && passkey.state === 'dead')
    throw new Error('a removed passkey opened a session')
  if (opened.length > 0 && isCopy) throw new Error('a copied key opened a session')
  if (opened.length > 1) throw new Error('one response opened two sessions')
  const isIn = who.core?.status === 'active' && !who.isTombstone && passkey.state === 'live'
  const mustOpen = isIn && isUserVerified && !isCopy && !who.mayBeTombstone
  const isAnswered = opened.length > 0 || !mustOpen || world.isStruck
  for (const reply of replies)
    allow(world, reply, ...(mustOpen ? ['200'] : []), ...(isAnswered ? REFUSED : []))
  if (!opened[0]) return
  passkey.spent = body
  learn(world, who, opened[0], remember_me, { passkey, isWhole: true })
  world.count('reached sign-in by passkey')
}

const REFUSED = [
  '401 invalid_passkey',
  '401 unknown_passkey',
  '401 account_not_active',
  '401 invalid_challenge',
]
