/**
 * Many seeds in a row, for `npm run test:simulation`: reads its range from the environment, tells each failure
 * and the closing counts in one line of JSON each, and with a mutant stops at the first that catches it.
 */
import { evictAllDurableObjects } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, it } from 'vitest'
import { hush } from '../faults/injected'
import { stopClock } from '../support/clock'
import { watchHashes } from '../support/hashes'
import { mutant } from './mutants'
import { runSeed } from './run'

const settings = env as unknown as Record<string, string>
const first = Number(settings['SIMULATION_SEED'])
const runs = Number(settings['SIMULATION_RUNS'])
const steps = Number(settings['SIMULATION_STEPS'])
const name = settings['SIMULATION_MUTANT'] ?? ''
const say = console.log.bind(console)
const tell = (line: object) => say(`SIMULATION ${JSON.stringify(line)}`)

stopClock()
beforeAll(watchHashes)
beforeAll(hush)

it(`seeds ${first} to ${first + runs - 1}`, async () => {
  const counts = new Map<string, number>()
  const mutate = mutant(name)
  const started = performance.now()
  let done = 0
  for (let seed = first; seed < first + runs; seed++) {
    try {
      await runSeed(seed, { steps, counts, ...(mutate && { mutate }) })
    } catch (error) {
      tell({ failed: seed, why: error instanceof Error ? error.message : String(error) })
      if (name !== '') break
    }
    done += 1
    if (done % 10 === 0) await evictAllDurableObjects()
  }
  const seconds = (performance.now() - started) / 1000
  tell({ done, seconds, counts: Object.fromEntries(counts) })
})
