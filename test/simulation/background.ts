/** What happens by itself: deliveries, crons, alarms, evictions, time, and everything's end. */
import { abortAllDurableObjects, evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { cronOf, NIGHTLY } from '../support/crons'
import type { Somebody } from './model'
import type { Operation } from './sign-in'
import type { World } from './world'

const MINUTE = 60_000
const LOGOUTS = cronOf('sweep_webhooks')
const objectOf = (who: Somebody) => env.USER_SESSIONS.getByName(who.subject)

/** Some of the events that wait, in any order, some of them twice; what fails comes back. */
export const deliverEvents: Operation = async (world) => {
  const waiting = world.random.shuffle(world.events.splice(0))
  const now = waiting.splice(0, 1 + world.random.below(20))
  world.events.push(...waiting)
  const again = now.filter(() => world.random.chance(0.2))
  if (now.length === 0) return
  const left = await world.deliver('gatehouse-events', [...now, ...again])
  world.events.push(...left)
  // A dead consumer acknowledges nothing, or has written and could not say so.
  if (world.isStruck) world.events.push(...now)
}

/** Some notifications, some of them twice and at the same moment as the cron; some are lost. */
export const deliverNotifications: Operation = async (world) => {
  const ids = world.random
    .shuffle(world.notifications.splice(0))
    .filter(() => world.random.chance(0.9))
  const bodies = ids.map((id) => ({ id }))
  if (bodies.length === 0) return
  aimAtOutbox(world)
  const other = world.random.chance(0.5) ? world.deliver('gatehouse-outbox', bodies) : world.cron()
  await Promise.all([world.deliver('gatehouse-outbox', bodies), other])
}

function aimAtOutbox(world: World): void {
  if (world.owesForget) world.aim(0.95, 'THROTTLE.forget')
  else
    world.aim(0.3, 'EMAIL.send', 'USER_SESSIONS.syncAccountState', 'USER_SESSIONS.revokeSessions')
  // The row may not have been due yet.
  world.owesForget &&= world.random.chance(0.5)
}

export const minute: Operation = async (world) => {
  world.pass(world.random.below(2) * 30_000 + MINUTE)
  aimAtOutbox(world)
  await world.cron()
}

export const otherCrons: Operation = (world) =>
  world.cron(
    world.random.chance(0.6)
      ? (world.random.pick([LOGOUTS, '*/15 * * * *']) ?? '')
      : (world.random.pick(NIGHTLY) ?? ''),
  )

export const time: Operation = async (world) => {
  const jumps = [1000, 59_000, 61_000, 10 * MINUTE, 61 * MINUTE, 5 * 60 * MINUTE, 25 * 60 * MINUTE]
  world.pass(world.random.pick(jumps) ?? 1)
  world.act()
}

export const alarm: Operation = async (world, who) => {
  await runDurableObjectAlarm(objectOf(who))
  world.act()
}

export const evict: Operation = async (world, who) => {
  world.act()
  // One that sleeps already cannot be evicted.
  if (world.random.chance(0.1)) await abortAllDurableObjects()
  else await evictDurableObject(objectOf(who)).catch(() => undefined)
}

export const queueDown: Operation = async (world) => {
  world.setQueueDown(world.random.chance(0.5))
  world.act()
}

/** Nothing fails any more: the outbox has its time, and every change has taken hold. */
export async function heal(world: World): Promise<void> {
  world.worker.arm(0, 'before')
  for (let turn = 0; turn < 3; turn++) {
    world.pass(3 * MINUTE)
    await world.cron()
    await world.cron(LOGOUTS)
  }
  for (const who of world.people) {
    who.isUntold = false
    for (const session of who.sessions)
      if (session.state === 'doomed' || session.state === 'pending') session.state = 'dead'
  }
}

/** Everything that was born outside D1 arrives. */
export async function arrive(world: World): Promise<void> {
  world.worker.arm(0, 'before')
  world.setQueueDown(false)
  world.pass(20 * MINUTE)
  for (const who of world.people) await runDurableObjectAlarm(objectOf(who))
  while (world.events.length > 0) {
    const left = await world.deliver('gatehouse-events', world.events.splice(0, 100))
    if (left.length > 0) throw new Error('an event cannot be written')
  }
}
