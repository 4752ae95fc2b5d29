/** Sends the requests of a step, each once, over connections that stay open. */
import { Agent } from 'node:http'
import { each, send } from './http.ts'
import type { Step } from './steps.ts'

export interface Sample {
  readonly requests: number
  readonly rps: number
  /** CPU of the provider for all of them, with what trails behind the answers. */
  readonly cpuMs: number
}

export interface Firing {
  readonly url: string
  readonly connections: number
  readonly settle: number
  readonly cpuMs: () => number | undefined
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Throws when an answer is not right. */
export async function fire(steps: readonly Step[], how: Firing): Promise<Sample> {
  const agent = new Agent({ keepAlive: true, maxSockets: how.connections })
  try {
    const cpuBefore = how.cpuMs() ?? Number.NaN
    const start = performance.now()
    await each(steps, how.connections, async ({ asked, take }) =>
      take(await send(how.url, asked, agent)),
    )
    const seconds = (performance.now() - start) / 1000
    await sleep(how.settle)
    const cpuMs = (how.cpuMs() ?? Number.NaN) - cpuBefore
    return { requests: steps.length, rps: steps.length / seconds, cpuMs }
  } finally {
    agent.destroy()
  }
}
