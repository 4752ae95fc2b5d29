/**
 * Sends one request to one endpoint. The body is built from the audit row on every attempt and
 * contains only ids. Of the response only the status is used: the body is not read, redirects are
 * not followed, and the request times out after ten seconds.
 */
import { toWebhookEvent } from '../audit/event-view'
import type { Deps } from '../context'
import { decrypt } from '../crypto/encrypt'
import { aadOf } from '../tables/encrypted-column'
import { WEBHOOK_PREVIOUS_SECRET, WEBHOOK_SECRET } from '../tables/webhooks'
import { iso } from '../time'
import { checkDestination } from './destination'
import type { PendingDelivery } from './find-delivery'
import { signatureHeaders } from './sign'

export const TIMEOUT_MS = 10_000

/**
 * Why an attempt failed, as a code for the delivery log. `final` means that retrying is pointless.
 */
export class DeliveryFailed extends Error {
  constructor(
    readonly code: string,
    readonly final = false,
    readonly status: number | null = null,
  ) {
    super(code)
  }
}

/**
 * Makes one attempt and returns the status of a success. `data` comes from the audit row. Throws
 * DeliveryFailed.
 */
export async function attempt(
  deps: Deps,
  delivery: PendingDelivery,
  data: string,
): Promise<number> {
  const destination = checkDestination(deps.config, delivery.url)
  if ('refused' in destination) throw new DeliveryFailed('destination_refused', true)
  const body = JSON.stringify({
    type: delivery.event,
    timestamp: iso(delivery.at),
    data: toWebhookEvent({ ...delivery, id: delivery.event_id, data }),
  })
  const signature = await signatureHeaders(await secretsOf(deps, delivery), {
    id: delivery.id,
    at: deps.now,
    body,
  })
  const headers = { 'content-type': 'application/json', ...signature }
  const status = await postOnce(destination.url, body, headers)
  if (status >= 200 && status < 300) return status
  throw status === 410
    ? new DeliveryFailed('gone', true, status)
    : new DeliveryFailed(`status_${status}`, false, status)
}

/** Posts once to somebody else's server, and returns its status. Throws DeliveryFailed. */
export async function postOnce(
  url: string,
  body: string,
  headers: Record<string, string>,
): Promise<number> {
  let response: Response
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { 'user-agent': 'Gatehouse', ...headers },
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
  } catch (error) {
    const isSlow = error instanceof Error && error.name === 'TimeoutError'
    throw new DeliveryFailed(isSlow ? 'timeout' : 'no_connection')
  }
  // The status is all we need, so a failure to cancel the rest does not matter.
  void response.body?.cancel().catch(() => undefined)
  return response.status
}

/**
 * Returns the current secret, and the previous one while it is valid. A previous secret that cannot
 * be decrypted is left out, so that it does not block signing with the current one.
 */
async function secretsOf({ config, now }: Deps, delivery: PendingDelivery): Promise<string[]> {
  const { webhook_id: id, previous_secret: previous } = delivery
  const secret = await decrypt(config.DATA_KEYS, aadOf(WEBHOOK_SECRET, id), delivery.secret).catch(
    () => {
      throw new DeliveryFailed('secret_unreadable')
    },
  )
  if (previous === null || (delivery.previous_secret_until ?? 0) <= now) return [secret]
  const lost = (): string[] => []
  return [secret].concat(
    await decrypt(config.DATA_KEYS, aadOf(WEBHOOK_PREVIOUS_SECRET, id), previous).catch(lost),
  )
}
