/** Requests to hosts that others choose must come in at the front door of our own zone too (docs/webhooks.md). */
import { expect, test } from 'vitest'

test('the runtime sends requests as anyone on the internet would', () => {
  expect(Cloudflare.compatibilityFlags['global_fetch_strictly_public']).toBe(true)
})
