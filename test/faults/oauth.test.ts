import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stopClock } from '../support/clock'
import { FaultyWorker, hush, WAYS } from './injected'
import { moreOAuthFlows, oauthFlows } from './oauth-flows'
import { struck, sweep } from './sweep'

stopClock()
beforeAll(hush)
afterAll(() => expect(struck.size).toBeGreaterThan(0))

describe.each(Object.entries({ ...oauthFlows, ...moreOAuthFlows }))('%s', (_, make) => {
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
