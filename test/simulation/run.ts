/** One run: a fresh world from a seed, so many steps, the model compared after each. */
import { env } from 'cloudflare:workers'
import { changePassword, eraseSelf, forgot, register, useLink } from './account'
import {
  authorize,
  compareApps,
  consent,
  disconnect,
  endApp,
  redeem,
  refreshApp,
  registerListener,
  replay,
} from './apps'
import { alarm, deliverEvents, deliverNotifications, evict, heal, minute } from './background'
import { otherCrons, queueDown, time } from './background'
import { changeEmail } from './change-email'
import { factor } from './factor'
import { guessFactor } from './guess-factor'
import { compare, compareSessions } from './judge'
import type { Somebody } from './model'
import { look, revokeOne, revokeOthers } from './own-sessions'
import { addPasskey, removePasskey, signInByPasskey } from './passkey'
import { Random } from './random'
import { bringBack, keep } from './set-back'
import { withFactor, withPasskey, withSession } from './settlers'
import { NothingToDo, type Operation, refresh, signIn, signOut, useToken } from './sign-in'
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
import {
  burst,
  defineRole,
  importChunk,
  move,
  rename,
  requireNewPassword,
  revokeOneOf,
  sendLink,
  unlock,
} from './staff-actions'
import { stepUp } from './step-up'
import { theEnd } from './the-end'
import { restore, takeSnapshot } from './time-travel'
import { World } from './world'

/** What a run is mostly about; a sixth of the seeds each. */
type Theme = 'everything' | 'factor' | 'passkey' | 'staff' | 'restore' | 'apps'
const THEMES: readonly Theme[] = ['everything', 'factor', 'staff', 'restore', 'passkey', 'apps']

/** Weights of the operations, and what they are where a run is about something else. */
const operation = (weight: number, run: Operation, own: Partial<Record<Theme, number>> = {}) => ({
  run,
  name: run.name,
  weights: {
    everything: weight,
    factor: weight,
    passkey: weight,
    staff: weight,
    restore: weight,
    apps: weight,
    ...own,
  },
})

const OPERATIONS = [
  operation(7, register, { factor: 3 }),
  operation(13, useLink, { factor: 5 }),
  operation(5, forgot, { factor: 2 }),
  operation(14, signIn, { factor: 30 }),
  operation(9, useToken),
  operation(8, refresh),
  operation(3, signOut, { apps: 8 }),
  operation(2, revokeOthers),
  operation(2, revokeOne),
  operation(3, look),
  operation(4, changePassword),
  operation(4, changeEmail),
  operation(2.5, eraseSelf, { factor: 0.5 }),
  operation(3, factor, { factor: 18 }),
  operation(0.5, guessFactor, { factor: 4 }),
  operation(2, addPasskey, { passkey: 12, restore: 4 }),
  operation(3, signInByPasskey, { passkey: 30, restore: 6 }),
  operation(1, removePasskey, { passkey: 6, restore: 3 }),
  operation(1.5, stepUp, { passkey: 6, factor: 4 }),
  operation(1.5, authorize, { apps: 15 }),
  operation(2, consent, { apps: 35 }),
  operation(3, redeem, { apps: 35 }),
  operation(1, replay, { apps: 15 }),
  operation(1.5, refreshApp, { apps: 25 }),
  operation(0.3, endApp, { apps: 2 }),
  operation(0.7, disconnect, { apps: 3 }),
  operation(3, setStatus, { staff: 5 }),
  operation(3, setRole, { staff: 8 }),
  operation(2, revokeAll),
  operation(2, revokeOneOf, { staff: 4 }),
  operation(1.5, resetFactor),
  operation(3.5, eraseOther, { factor: 0.5 }),
  operation(2, invite),
  operation(1.5, duel, { staff: 3 }),
  operation(2.5, unlock, { staff: 5 }),
  operation(1, requireNewPassword),
  operation(1, sendLink),
  operation(1, rename),
  operation(1, move),
  operation(1, importChunk, { staff: 2 }),
  operation(2, defineRole, { staff: 5 }),
  operation(0.7, burst),
  operation(6, deliverEvents),
  operation(8, deliverNotifications),
  operation(5, minute),
  operation(2, otherCrons),
  operation(3, time),
  operation(2, alarm),
  operation(2, evict),
  operation(1, queueDown),
  operation(0.7, heal as Operation),
  operation(0.3, takeSnapshot, { restore: 2 }),
  operation(0.3, restore, { restore: 2 }),
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
  const theme = THEMES[seed % THEMES.length] ?? 'everything'
  const choices = OPERATIONS.map((each) => ({ ...each, weight: each.weights[theme] }))
  const world = new World(random, counts, {}, mutate)
  for (const { name } of OPERATIONS) world.meet(`operation ${name}`)
  await registerListener()
  await setUp(world, String(env.SETUP_TOKEN))
  if (theme === 'factor') await withFactor(world)
  if (theme === 'passkey') await withPasskey(world)
  if (theme === 'apps') await withSession(world)
  let step = 0
  try {
    for (; step < steps; step++) {
      const { name, run } = random.weighted(choices)
      const who = choose(world, theme)
      if (!who) throw new Error('nobody is there')
      world.pass(1 + random.below(2000))
      world.story.push(`${step} ${name} ${who.id}`)
      world.beginStep()
      const { acts } = world
      await within(STEP_MOST_MS, run(world, who))
      world.count(`${world.acts > acts ? 'operation' : 'nothing to do:'} ${name}`)
      await compare(world)
      const touched = step % 10 === 9 ? world.people : [who]
      for (const each of touched) {
        await compareSessions(world, each)
        await compareApps(world, each)
      }
    }
    world.story.push('the end')
    await theEnd(world)
  } catch (error) {
    const said = error instanceof Error ? (error.stack ?? error.message) : String(error)
    const story = world.story.slice(-400).join('\n')
    throw new Error(`seed ${seed}, step ${step}: ${said}\n${story}`, { cause: error })
  }
}

/** Somebody with a session more often than not, and in a run about factors or passkeys somebody with one. */
function choose(world: World, theme: Theme): Somebody | undefined {
  const { random, people } = world
  const hasFactor = people.filter(({ core }) => core?.hasFactor)
  const hasSession = people.filter((each) => world.liveSessions(each).length > 0)
  if (theme === 'factor' && random.chance(0.6)) return random.pick(hasFactor) ?? random.pick(people)
  if (theme === 'passkey' && random.chance(0.6)) {
    return random.pick(people.filter((each) => each.passkeys.length > 0)) ?? random.pick(people)
  }
  // Somebody's codes live for a minute: the next steps are theirs too.
  if (theme === 'apps' && random.chance(0.8)) return hasSession[0] ?? random.pick(people)
  return (random.chance(0.5) && random.pick(hasSession)) || random.pick(people)
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
