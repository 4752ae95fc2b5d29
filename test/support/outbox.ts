import { env } from 'cloudflare:workers'
import { vi } from 'vitest'

/**
 * From now on every notification of the outbox is lost, as may happen in production. Its rows wait
 * until the test sweeps it (`mailTo` does), and can be inspected before.
 */
export const loseWakeUps = (): unknown =>
  vi.spyOn(env.OUTBOX_QUEUE, 'sendBatch').mockImplementation(async () => undefined as never)
