import { addressHmac } from '../audit/address-hmac'
import type { Deps } from '../context'
import { eventId } from '../event-id'
import type { EventMessage, SignInFailure } from '../events'
import { log } from '../log'

/** Pauses before each retry. The platform limits how long work may go on after the response. */
const PAUSES_MS = [200, 1000]

/**
 * Sends a failed sign-in to the audit log after the response, in the same way for every address.
 * Records an HMAC of the address and never the text. No Durable Object stores the event for a later
 * attempt, so a send that the queue refuses is retried twice.
 */
export function reportFailedSignIn(deps: Deps, emailKey: string, reason: SignInFailure): void {
  const report = async () => {
    const address = await addressHmac(deps.config, emailKey)
    const { ip, country, userAgent: user_agent, forwardedBy: forwarded_by } = deps.client
    // One id for all attempts: if a send that seemed to fail did arrive, the log still stores one
    // event.
    await send(deps, {
      id: eventId(deps.now),
      at: deps.now,
      event: 'auth.sign_in_failed',
      subject: null,
      ip,
      country,
      user_agent,
      ...(forwarded_by && { forwarded_by }),
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
