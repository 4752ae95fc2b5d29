/** One run: a fresh world from a seed, so many steps, the model compared after each. */
import { env } from 'cloudflare:workers'
import { changeEmail, changePassword, eraseSelf, forgot, register, useLink } from './account'
import { alarm, deliverFacts, deliverWakeUps, evict, heal, minute } from './background'
import { otherCrons, queueDown, time } from './background'
import { factor } from './factor'
import { compare, compareSessions } from './judge'
import { Random } from './random'
import { bringBack, keep } from './set-back'
import {
  NothingToDo,
  type Operation,
  refresh,
  revokeOthers,
  signIn,
  signOut,
  useToken,
} from './sign-in'
import {
  duel,
  eraseOther,
  invite,
  resetFactor,
  revokeAll,
  setRole,
  setStatus,
  setUp,
} from './staff'
import { theEnd } from './the-end'
import { restore, takeSnapshot } from './time-travel'
import { World } from './world'

const operation = (weight: number, run: Operation) => ({ weight, run, name: run.name })

const OPERATIONS = [
  operation(7, register),
  operation(14, useLink),
  operation(5, forgot),
  operation(14, signIn),
  operation(10, useToken),
  operation(9, refresh),
  operation(3, signOut),
  operation(2, revokeOthers),
  operation(4, changePassword),
  operation(4, changeEmail),
  operation(1, eraseSelf),
  operation(5, factor),
  operation(4, setStatus),
  operation(4, setRole),
  operation(2, revokeAll),
  operation(1, resetFactor),
  operation(1, eraseOther),
  operation(3, invite),
  operation(2, duel),
  operation(6, deliverFacts),
  operation(8, deliverWakeUps),
  operation(6, minute),
  operation(2, otherCrons),
  operation(4, time),
  operation(2, alarm),
  operation(2, evict),
  operation(1, queueDown),
  operation(1, heal as Operation),
  operation(0.5, takeSnapshot),
  operation(0.5, restore),
]

let isKept = false

/** An empty product, as it is after its migrations; what was before is forgotten. */
async function begin(): Promise<void> {
  if (isKept) return bringBack('empty')
  await keep('empty')
  isKept = true
}

export interface RunOptions {
  readonly steps: number
  readonly counts?: Map<string, number>
  readonly mutate?: (base: Env) => Env
}

/** Runs a seed. Throws an Error that names the seed, the step and the story. */
export async function runSeed(seed: number, options: RunOptions): Promise<void> {
  const { steps, counts = new Map<string, number>(), mutate } = options
  await begin()
  const random = new Random(seed)
  const world = new World(random, counts, {}, mutate)
  await setUp(world, String(env.SETUP_TOKEN))
  let step = 0
  try {
    for (; step < steps; step++) {
      const { name, run } = random.weighted(OPERATIONS)
      const present = world.people.filter((each) => world.liveSessions(each).length > 0)
      const who = (random.chance(0.5) && random.pick(present)) || random.pick(world.people)
      if (!who) throw new Error('nobody is there')
      world.pass(1 + random.below(2000))
      world.story.push(`${step} ${name} ${who.id}`)
      world.count(`operation ${name}`)
      world.arm()
      await within(STEP_MOST_MS, run(world, who))
      await compare(world)
      const touched = step % 10 === 9 ? world.people : [who]
      for (const each of touched) await compareSessions(world, each)
    }
    world.story.push('the end')
    await theEnd(world)
  } catch (error) {
    const said = error instanceof Error ? (error.stack ?? error.message) : String(error)
    const story = world.story.slice(-40).join('\n')
    throw new Error(`seed ${seed}, step ${step}: ${said}\n${story}`, { cause: error })
  }
}

const STEP_MOST_MS = 8000

/** A step that hangs is a finding too. */
async function within(ms: number, work: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error('the step hangs')), ms)
  try {
    await Promise.race([work, late.promise])
  } catch (error) {
    if (!(error instanceof NothingToDo)) throw error
  } finally {
    clearTimeout(timer)
  }
}
