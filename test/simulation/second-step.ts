/** The second step of a sign-in: by code, by recovery code, by a wrong one, and twice at once. */
import type { Reply } from '../support/api'
import { codeAt } from '../support/totp'
import { noteFactors } from './guess-factor'
import { allow } from './judge'
import { learn } from './learn'
import type { KnownPasskey, Somebody } from './model'
import { livePasskeys, secondStepByPasskey } from './passkey-response'
import { keepDevice } from './trusted-device'
import type { World } from './world'

const STEP_MS = 31_000

interface Presented {
  readonly proof: { code: string } | { recovery_code: string } | { credential: object }
  /** A passkey's response comes with the challenge of its own options. */
  readonly challenge_token?: string
  readonly passkey?: KnownPasskey
  /** Must open a session, if nothing fails. */
  readonly isRight: boolean
}

/** A code of this very half minute, which has not been used yet. */
export async function freshCode(world: World, secret: string | null): Promise<string> {
  world.pass(STEP_MS)
  return codeAt(secret ?? '')
}

async function present(world: World, who: Somebody, challenge_token: string): Promise<Presented> {
  const [passkey] = livePasskeys(who)
  if (passkey && world.random.chance(0.35)) {
    const made = await secondStepByPasskey(world, passkey, challenge_token)
    if (made) return { ...made, passkey, isRight: true }
  }
  if (world.random.chance(0.25)) {
    const code = await freshCode(world, who.secret)
    const wrong = String((Number(code) + 500_000) % 1_000_000).padStart(6, '0')
    return { proof: { code: wrong }, isRight: false }
  }
  const spent = world.random.pick(who.spent)
  if (spent !== undefined && world.random.chance(0.2))
    return { proof: { recovery_code: spent }, isRight: false }
  const unspent = who.recovery.at(-1)
  if (unspent !== undefined && world.random.chance(0.3))
    return { proof: { recovery_code: unspent }, isRight: true }
  return { proof: { code: await freshCode(world, who.secret) }, isRight: true }
}

/** Presents a factor to a challenge, perhaps twice at once: it is good for one session. Tells whether it was right. */
export async function secondStep(
  world: World,
  who: Somebody,
  challenge_token: string,
  isRemembered: boolean,
): Promise<boolean> {
  const presented = await present(world, who, challenge_token)
  const { proof, isRight, passkey } = presented
  if (!isRight) world.aim(0.9, 'USER_SESSIONS.wrongFactor')
  else world.aim(0.75, 'USER_SESSIONS.tryChallenge', 'USER_SESSIONS.passChallenge')
  const trust_device = world.random.chance(0.4)
  const body = {
    challenge_token: presented.challenge_token ?? challenge_token,
    ...proof,
    trust_device,
  }
  const ask = { method: 'POST', path: '/api/v1/auth/2fa/verify', body }
  const replies = await world.askAll(world.random.chance(0.3) ? [ask, ask] : [ask])
  const opened = replies.filter(({ status }) => status === 200)
  if (opened.length > 0 && !isRight) throw new Error('a wrong or spent code opened a session')
  if (opened.length > 1) throw new Error('a code was good for two sessions')
  if ('recovery_code' in proof) spend(who, proof.recovery_code, opened.length > 0)
  if (opened[0]) learn(world, who, opened[0], isRemembered, passkey && { passkey })
  if (opened[0] && trust_device) keepDevice(world, who, opened[0], passkey ?? null)
  if (opened[0]) world.count(`reached second step by ${Object.keys(proof)[0]}`)
  who.lost += replies.length - opened.length
  await noteFactors(world, who, replies)
  const isSpent = opened.length > 0 || !isRight || world.isStruck
  for (const reply of replies) judge(world, who, reply, isSpent)
  return isRight
}

function judge(world: World, who: Somebody, reply: Reply, isSpent: boolean): void {
  if (reply.status === 200 || (reply.status === 429 && who.lost >= 5)) return
  const refused = ['401 invalid_2fa_code', '401 invalid_challenge', '401 invalid_passkey']
  allow(world, reply, ...(isSpent ? refused : []))
}

/** One that may have been spent is used no more; only of one that opened is it known. */
function spend(who: Somebody, code: string, hasOpened: boolean): void {
  who.recovery = who.recovery.filter((each) => each !== code)
  if (hasOpened) who.spent.push(code)
}

/** A code where one is asked for. */
export const codeOf = async (world: World, who: Somebody): Promise<{ code?: string }> =>
  who.core?.hasFactor ? { code: await freshCode(world, who.secret) } : {}
