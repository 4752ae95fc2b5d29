import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stopClock } from '../support/clock'
import { factorFlows } from './factor-flows'
import { FaultyWorker, hush, WAYS } from './injected'
import { struck, sweep } from './sweep'
import { moreTrustedDeviceFlows, trustedDeviceFlows } from './trusted-device-flows'

stopClock()
beforeAll(hush)
afterAll(() => expect(struck.size).toBeGreaterThan(0))

const FLOWS = { ...factorFlows, ...trustedDeviceFlows, ...moreTrustedDeviceFlows }

describe.each(Object.entries(FLOWS))('%s', (_, make) => {
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
