import { addressHmac } from '../audit/address-hmac'
import type { Deps } from '../context'
import { eventId } from '../event-id'
import type { EventMessage, SignInFailure } from '../events'
import { log } from '../log'

/** Before each further try, while the platform lets work go on behind the answer. */
const PAUSES_MS = [200, 1000]

/**
 * Sends a failed sign-in to the audit log after the answer, alike for every address. It keeps an HMAC
 * of the address and never the text. No object stands behind it that could keep it, so a queue that
 * refuses is asked twice more.
 */
export function reportFailedSignIn(deps: Deps, emailKey: string, reason: SignInFailure): void {
  const report = async () => {
    const address = await addressHmac(deps.config, emailKey)
    const { ip, country, userAgent: user_agent } = deps.client
    // One id for all tries: the log takes it once, should a try that seemed to fail have arrived.
    await send(deps, {
      id: eventId(deps.now),
      at: deps.now,
      event: 'auth.sign_in_failed',
      subject: null,
      ip,
      country,
      user_agent,
      data: { address, reason },
    })
  }
  deps.waitUntil(report().catch(() => log.warn('sign_in_failure_not_recorded', deps)))
}

async function send(deps: Deps, message: EventMessage): Promise<void> {
  for (const pause of PAUSES_MS) {
    try {
      await deps.env.EVENTS_QUEUE.send(message)
      return
    } catch {
      await scheduler.wait(pause)
    }
  }
  await deps.env.EVENTS_QUEUE.send(message)
}
