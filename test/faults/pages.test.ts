import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stopClock } from '../support/clock'
import { FaultyWorker, hush, WAYS } from './injected'
import { morePageFlows, pageFlows } from './page-flows'
import { struck, sweep } from './sweep'

stopClock()
beforeAll(hush)
afterAll(() => expect(struck.size).toBeGreaterThan(0))

/** Forms of an app's are answered without asking anything: their parameters come again in the address. */
const ASKS_NOBODY = ['POST /oauth/authorize', 'POST /oauth/sign-out']

describe.each(Object.entries({ ...pageFlows, ...morePageFlows }))('%s', (name, make) => {
  // One isolate for all of a flow's faults, warmed by the first of them.
  const worker = new FaultyWorker()
  it.each(WAYS)(
    'survives every outside call that fails: %s',
    async (way) => {
      const calls = await sweep(make, way, worker)
      expect(calls > 0).toBe(!ASKS_NOBODY.includes(name))
    },
    60_000,
  )
})
