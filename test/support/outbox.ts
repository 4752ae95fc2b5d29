import { env } from 'cloudflare:workers'
import { vi } from 'vitest'

/**
 * From now on every wake-up of the outbox is lost, as it may be: its rows wait until the test sweeps
 * it (`mailTo` does), and can be looked at before.
 */
export const loseWakeUps = (): unknown =>
  vi.spyOn(env.OUTBOX_QUEUE, 'sendBatch').mockImplementation(async () => undefined as never)
