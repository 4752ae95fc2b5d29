/**
 * Interleaved rounds: every target is asked once a round, so that a slow minute of the machine slows
 * all of them. Ratios are taken within a round and the median of them is told.
 */
import autocannon, { type Request } from 'autocannon'
import { cpuMs } from '../runtime/process.ts'
import { median } from './median.ts'

export interface Target {
  readonly name: string
  readonly url: string
  readonly requests: Request[]
  readonly connections: number
  /** So many requests a round instead of so many seconds, for what answers but a few times a second. */
  readonly amount?: number
  /** How long its trailing work may take, in milliseconds. */
  readonly settle?: number
}

export interface Sample {
  readonly rps: number
  readonly p50: number
  readonly p99: number
  /** CPU of workerd a request, in milliseconds, with what trails behind the answer. */
  readonly cpu: number
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

async function fire(target: Target, seconds: number): Promise<Sample> {
  let next = 0
  const { requests, connections } = target
  const cpuBefore = cpuMs() ?? Number.NaN
  const result = await autocannon({
    url: target.url,
    connections,
    ...(target.amount === undefined ? { duration: seconds } : { amount: target.amount }),
    requests,
    // Connections start at different people, or all would ask the same object at once.
    setupClient: (client) => {
      const at = Math.floor((next++ * requests.length) / connections) % requests.length
      client.setRequests([...requests.slice(at), ...requests.slice(0, at)])
    },
  })
  if (result.non2xx > 0 || result.errors > 0) {
    throw new Error(`${target.name}: ${result.non2xx} refused, ${result.errors} failed`)
  }
  await sleep(target.settle ?? 100)
  return {
    rps: result['2xx'] / result.duration,
    p50: result.latency.p50,
    p99: result.latency.p99,
    cpu: ((cpuMs() ?? Number.NaN) - cpuBefore) / result.requests.total,
  }
}

export type Rounds = Map<string, Sample[]>

/** Asks every target once to warm up, then in each round once for so many seconds. */
export async function inRounds(
  targets: readonly Target[],
  { rounds, seconds }: { rounds: number; seconds: number },
): Promise<Rounds> {
  const samples: Rounds = new Map(targets.map((target) => [target.name, []]))
  for (const target of targets) await fire(target, 1)
  for (let round = 0; round < rounds; round++) {
    for (const target of targets) {
      samples.get(target.name)?.push(await fire(target, seconds))
    }
  }
  return samples
}

/** The median of the ratios of two targets within each round. */
export function ratio(rounds: Rounds, one: string, other: string): number {
  const others = rounds.get(other) ?? []
  return median((rounds.get(one) ?? []).map(({ rps }, i) => rps / (others[i]?.rps ?? Number.NaN)))
}
