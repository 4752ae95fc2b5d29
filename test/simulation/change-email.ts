/** Asking for another address: five times an hour, whichever it is. */
import { newAddress, own } from './account'
import type { Change, Somebody } from './model'
import { codeOf } from './second-step'
import type { Operation } from './sign-in'

/** When somebody may have had an address mailed. */
const moves = new WeakMap<Somebody, number[]>()

export const changeEmail: Operation = async (world, who) => {
  const new_email = world.random.chance(0.8)
    ? newAddress(world)
    : ([...(world.random.pick(world.people)?.addresses ?? [])][0] ?? newAddress(world))
  if (new_email === who.core?.email) return
  const recent = (moves.get(who) ?? []).filter((at) => Date.now() - at < 3_600_000)
  const allowed = recent.length >= 5 ? ['429 too_many_attempts'] : []
  const body = async (password: string) => {
    moves.set(who, [...recent, Date.now()])
    return { password, new_email, ...(await codeOf(world, who)) }
  }
  const aims = ['USER_SESSIONS.tryFactor', 'USER_SESSIONS.acceptFactor']
  const change: Change = { to: (was) => was, isLocal: true, voids: ['confirm_email_change'] }
  await own(
    world,
    who,
    { method: 'POST', path: 'change-email', body, aims },
    '202',
    () => change,
    allowed,
  )
}
