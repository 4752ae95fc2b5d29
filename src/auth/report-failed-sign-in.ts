import { addressHmac } from '../audit/address-hmac'
import type { Deps } from '../context'
import { eventId, type SignInFailure } from '../events'

/**
 * Sends a failed sign-in to the audit log after the answer, alike for every address. It keeps an HMAC
 * of the address and never the text.
 */
export function reportFailedSignIn(deps: Deps, emailKey: string, reason: SignInFailure): void {
  const send = async () => {
    const address = await addressHmac(deps.config, emailKey)
    const { ip, country, userAgent: user_agent } = deps.client
    await deps.env.EVENTS_QUEUE.send({
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
  deps.waitUntil(
    send().catch(() => console.warn(JSON.stringify({ event: 'sign_in_failure_not_recorded' }))),
  )
}
