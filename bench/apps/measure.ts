/**
 * CPU and requests a second of what apps ask of a provider: Gatehouse and better-auth in one workerd, and
 * node-oidc-provider in a Node process of its own.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Bundle } from '../runtime/bundle.ts'
import { serve } from '../runtime/serve.ts'
import { median } from '../throughput/median.ts'
import { betterAuthProvider, betterAuthWorker } from './better-auth.ts'
import { type AppFigures, FLOW_STEPS, type FlowStep, type StepFigures } from './figures.ts'
import { fire, type Sample } from './fire.ts'
import { gatehouseProvider, gatehouseWorker } from './gatehouse.ts'
import { nodeProvider } from './node-oidc-provider.ts'
import type { Provider } from './provider.ts'
import { type Flow, requestsOf } from './steps.ts'

const CONNECTIONS = 32
const SETTLE_MS = 100
/** These use nothing up, and cost the least: each token is asked about more than once. */
const REPEATED: ReadonlySet<FlowStep> = new Set(['userinfo', 'introspect'])
const REPEATS = 3

export interface How {
  readonly rounds: number
  /** Each signs in to the app once a round. */
  readonly users: number
}

/** Of memory where there is some: the disk of the machine is not what is compared. */
const MEMORY = '/dev/shm'

export async function measureApps(ours: Bundle, theirs: Bundle, how: How): Promise<AppFigures> {
  const folder = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'gatehouse-bench-'))
  try {
    return await measureIn(folder, ours, theirs, how)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function measureIn(folder: string, ours: Bundle, theirs: Bundle, how: How) {
  const node = await nodeProvider(folder, how.users)
  try {
    const workers = [await gatehouseWorker(ours), betterAuthWorker(theirs)]
    const served = await serve(workers, join(folder, 'workerd'))
    try {
      const providers = [
        await gatehouseProvider(served, how.users),
        node.provider,
        await betterAuthProvider(served, how.users),
      ]
      return await inRounds(providers, how)
    } finally {
      await served.stop()
    }
  } finally {
    await node.stop()
  }
}

/** A first round to warm up, which does not count, then all providers in each round. */
async function inRounds(providers: readonly Provider[], { rounds }: How): Promise<AppFigures> {
  const samples = new Map<string, Sample[]>()
  for (let round = 0; round <= rounds; round++) {
    for (const provider of providers) {
      for (const [step, sample] of await flowOf(provider)) {
        const key = `${step} ${provider.name}`
        if (round > 0) samples.set(key, [...(samples.get(key) ?? []), sample])
      }
    }
  }
  const figures = (step: FlowStep, { name }: Provider) => summary(samples.get(`${step} ${name}`))
  const of = (step: FlowStep) =>
    Object.fromEntries(providers.map((provider) => [provider.name, figures(step, provider)]))
  return Object.fromEntries(FLOW_STEPS.map((step) => [step, of(step)])) as AppFigures
}

/** Each step that the provider offers, once for every user. */
async function flowOf(provider: Provider): Promise<Map<FlowStep, Sample>> {
  const samples = new Map<FlowStep, Sample>()
  const flow = newFlow()
  // So that nobody comes for the first time in a while, however slow the machine is.
  await stepOf(provider, 'authorize', newFlow())
  for (const step of FLOW_STEPS) {
    const sample = await stepOf(provider, step, flow)
    if (sample) samples.set(step, sample)
  }
  return samples
}

const newFlow = (): Flow => ({ codes: [], tokens: [], refreshed: [] })

async function stepOf(provider: Provider, step: FlowStep, flow: Flow) {
  const requests = requestsOf(provider, step, flow)
  if (!requests) return undefined
  const { url, cpuMs, settle } = provider
  const how = { url, cpuMs, connections: CONNECTIONS, settle: settle[step] ?? SETTLE_MS }
  const times = REPEATED.has(step) ? REPEATS : 1
  try {
    return await fire(Array.from({ length: times }, () => requests).flat(), how)
  } catch (error) {
    throw new Error(`${provider.name}, ${step}`, { cause: error })
  }
}

/** CPU is that of all rounds together, because the kernel counts it in steps of 10 ms. */
function summary(samples: readonly Sample[] | undefined): StepFigures | null {
  if (!samples) return null
  const sum = (of: (sample: Sample) => number) => samples.reduce((all, each) => all + of(each), 0)
  const cpu = sum((sample) => sample.cpuMs) / sum((sample) => sample.requests)
  return {
    rps: Math.round(median(samples.map((sample) => sample.rps))),
    cpu_ms: Number.isNaN(cpu) ? null : Number(cpu.toFixed(2)),
  }
}
