/** People who are there from the start, before anything fails: with a second factor or a passkey, for runs about them, or signed in. */
import { register, useLink } from './account'
import { deliverNotifications } from './background'
import { factor } from './factor'
import type { Somebody } from './model'
import { addPasskey } from './passkey'
import { livePasskeys } from './passkey-response'
import { type Operation, signIn } from './sign-in'
import type { World } from './world'

const MOST_TURNS = 40

type HasIt = (who: Somebody) => boolean

/** Two register, verify their addresses, sign in and turn the second factor on. */
export const withFactor = (world: World): Promise<void> =>
  settleTwo(world, ({ core }) => core?.hasFactor === true, factor)

/** Two register, verify their addresses, sign in and add a passkey. */
export const withPasskey = (world: World): Promise<void> =>
  settleTwo(world, (who) => livePasskeys(who).length > 0, addPasskey)

/** Two register, verify their addresses and sign in. */
export const withSession = (world: World): Promise<void> =>
  settleTwo(world, (who) => world.liveSessions(who).length > 0, signIn)

async function settleTwo(world: World, has: HasIt, get: Operation): Promise<void> {
  world.isCalm = true
  for (let turn = 0; turn < MOST_TURNS; turn++) {
    if (world.people.filter(has).length >= 2) break
    await forward(world, has, get)
  }
  world.isCalm = false
}

/** One step for whoever is not there yet. Links are taken as they come: some decline. */
async function forward(world: World, has: HasIt, get: Operation): Promise<void> {
  const [boss, ...others] = world.people
  if (!boss) return
  const next = others.find((each) => each.core !== null && !has(each))
  if (!next) return register(world, boss)
  if (next.core?.status === 'active') return get(world, next)
  await deliverNotifications(world, next)
  await useLink(world, next)
  if (!isOpen(world, next)) await world.cron()
}

const isOpen = (world: World, who: Somebody): boolean =>
  who.core?.status !== 'pending' || world.links.some(({ userId }) => userId === who.id)
