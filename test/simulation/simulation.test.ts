import { beforeAll, expect, it } from 'vitest'
import { hush } from '../faults/injected'
import { stopClock } from '../support/clock'
import { runSeed } from './run'

stopClock()
beforeAll(hush)

// `npm run ci:simulation` runs these seeds too, and 36 more.
it('random operations with faults never leave the model: a short set of seeds', async () => {
  const counts = new Map<string, number>()
  for (let seed = 1; seed <= 4; seed++) await runSeed(seed, { steps: 50, counts })
  expect(counts.size).toBeGreaterThan(40)
}, 60_000)
