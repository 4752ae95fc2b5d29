/** People who are there from the start, before anything fails: with a second factor, for runs about it. */
import { register, useLink } from './account'
import { deliverNotifications } from './background'
import { factor } from './factor'
import type { Somebody } from './model'
import type { World } from './world'

const MOST_TURNS = 40

/** Two register, verify their addresses, sign in and turn the second factor on. */
export async function withFactor(world: World): Promise<void> {
  world.isCalm = true
  for (let turn = 0; turn < MOST_TURNS; turn++) {
    if (world.people.filter(({ core }) => core?.hasFactor).length === 2) break
    await forward(world)
  }
  world.isCalm = false
}

/** One step for whoever is not there yet. Links are taken as they come: some decline. */
async function forward(world: World): Promise<void> {
  const [boss, ...others] = world.people
  if (!boss) return
  const next = others.find(({ core }) => core !== null && !core.hasFactor)
  if (!next) return register(world, boss)
  if (next.core?.status === 'active') return factor(world, next)
  await deliverNotifications(world, next)
  await useLink(world, next)
  if (!isOpen(world, next)) await world.cron()
}

const isOpen = (world: World, who: Somebody): boolean =>
  who.core?.status !== 'pending' || world.links.some(({ userId }) => userId === who.id)
