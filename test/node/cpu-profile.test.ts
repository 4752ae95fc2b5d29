import { expect, it } from 'vitest'
import { busyMs } from '../../scripts/cpu-profile.ts'

const profile = (ticks: readonly [id: number, us: number][]) => ({
  nodes: [
    { id: 1, callFrame: { functionName: '(idle)' } },
    { id: 2, callFrame: { functionName: 'start' } },
  ],
  samples: ticks.map(([id]) => id),
  timeDeltas: ticks.map(([, us]) => us),
})

it('adds up what is not idle', () => {
  expect(
    busyMs(
      profile([
        [2, 1000],
        [1, 30_000],
        [2, 1500],
      ]),
    ),
  ).toBe(2.5)
})

it('counts no wait for the core, however many samples waited', () => {
  expect(
    busyMs(
      profile([
        [2, 3000],
        [2, 4000],
        [2, 5000],
      ]),
    ),
  ).toBe(6)
})
