import type { Deps } from '../context'
import { toBase64Url, utf8 } from '../crypto/encoding'
import { eventId, type SignInFailure } from '../events'

/**
 * Sends a failed sign-in to the audit log after the answer, alike for every address. It keeps an HMAC
 * of the address: enough to see that attempts belong together, nothing to read an address from.
 */
export function reportFailedSignIn(deps: Deps, emailKey: string, reason: SignInFailure): void {
  const send = async () => {
    const address = await addressHmac(deps, emailKey)
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

/** 128 bits are plenty to tell addresses apart. */
async function addressHmac(deps: Deps, emailKey: string): Promise<string> {
  const { DATA_KEYS } = deps.config
  const key = await DATA_KEYS.hmac(DATA_KEYS.ids[0], 'audit-address')
  if (!key) throw new Error('the newest data key must exist')
  const mac = await crypto.subtle.sign('HMAC', key, utf8(emailKey))
  return toBase64Url(mac.slice(0, 16))
}
