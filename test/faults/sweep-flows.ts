/** Declares the tests of a file: each flow survives every outside call that fails, in each way. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stopClock } from '../support/clock'
import type { Case } from './flow'
import { FaultyWorker, hush, WAYS } from './injected'
import { struck, sweep } from './sweep'

export function sweepFlows(flows: Readonly<Record<string, () => Promise<Case>>>): void {
  stopClock()
  beforeAll(hush)
  afterAll(() => expect(struck.size).toBeGreaterThan(0))

  describe.each(Object.entries(flows))('%s', (_, make) => {
    // One isolate for all of a flow's faults, warmed by the first of them.
    const worker = new FaultyWorker()
    it.each(WAYS)(
      'survives every outside call that fails: %s',
      async (way) => {
        expect(await sweep(make, way, worker)).toBeGreaterThan(0)
      },
      60_000,
    )
  })
}
