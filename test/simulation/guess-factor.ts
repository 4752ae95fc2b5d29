/** A thief who has the password guesses second factors, from ever new networks. */
import { env } from 'cloudflare:workers'
import type { Reply } from '../support/api'
import { allow } from './judge'
import type { Somebody } from './model'
import type { Operation } from './sign-in'
import type { World } from './world'

/** What strangers may compare in a row under one password (throttle/budgets.ts). */
const MOST_COMPARED = 20
const LONGEST_LOCK_MS = 86_400_000
/** Of ten codes each: one round more than are compared. */
const PERSISTENT_ROUNDS = MOST_COMPARED / 10 + 1

/** Has a password that a thief may know, and a second factor in front of the account. */
const isVictim = ({ core }: Somebody): boolean =>
  core?.hasFactor === true && core.password !== null && core.status === 'active'

/** Guesses once, or waits the locks out and goes on until the password must be blocked. */
export const guessFactor: Operation = async (world, who) => {
  const victim = isVictim(who) ? who : world.random.pick(world.people.filter(isVictim))
  if (!victim) return
  const rounds = world.random.chance(0.5) ? PERSISTENT_ROUNDS : 1
  for (let round = 0; round < rounds; round++) {
    world.pass(LONGEST_LOCK_MS)
    for (let turn = 0; turn < 2; turn++) if (!(await guess(world, victim))) return
  }
}

/** Gives wrong codes to one challenge. False if there is none: the password was changed, or is blocked. */
async function guess(world: World, who: Somebody): Promise<boolean> {
  const { core } = who
  const body = { username: core?.email, password: core?.password }
  const reply = await world.ask({ method: 'POST', path: '/api/v1/auth/login', body })
  if (reply.status !== 200 || reply.body.requires_2fa !== true) {
    who.lost += 1
    const expected = ['200', '401 invalid_credentials', '401 account_not_active']
    allow(world, reply, ...expected, '429 too_many_attempts')
    return false
  }
  const { challenge_token } = reply.body
  world.secrets.add(challenge_token)
  const ask = {
    method: 'POST',
    path: '/api/v1/auth/2fa/verify',
    body: { challenge_token, recovery_code: '0000-0000-0000-0000' },
  }
  const replies = await world.askAll(Array.from({ length: 5 }, () => ask))
  who.lost += replies.length
  await noteFactors(world, who, replies)
  const refused = ['401 invalid_2fa_code', '401 invalid_challenge', '429 too_many_attempts']
  for (const each of replies) allow(world, each, ...refused)
  return true
}

/** Counts what was compared and wrong under this password; a right one starts the row again. */
export async function noteFactors(
  world: World,
  who: Somebody,
  replies: readonly Reply[],
): Promise<void> {
  const row = await env.DB.prepare('SELECT password_changed_at AS version FROM users WHERE id = ?')
    .bind(who.id)
    .first<{ version: number | null }>()
  const version = row?.version ?? 0
  if (who.guessed.version !== version) who.guessed = { version, compared: 0 }
  if (replies.some(({ status }) => status === 200)) who.guessed.compared = 0
  who.guessed.compared += replies.filter(({ body }) => body?.code === 'invalid_2fa_code').length
  if (who.guessed.compared >= MOST_COMPARED) world.count('reached a blocked password')
  if (who.guessed.compared > MOST_COMPARED) throw new Error('guessing second factors never ends')
}

/** A right code starts the row again, whether or not its answer came. */
export function noteRight(who: Somebody, { status }: Reply): void {
  if (who.core?.hasFactor && (status === 200 || status === 503)) who.guessed.compared = 0
}
