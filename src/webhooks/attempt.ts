/**
 * One request to one endpoint. The body is made anew from the audit row each time and holds ids only. What
 * the endpoint says is a status: its body is not read, a redirect is not followed, and ten seconds are
 * all that it gets.
 */
import { toWebhookEvent } from '../audit/event-view'
import type { Deps } from '../context'
import { unlock } from '../crypto/encrypt'
import { checkDestination } from './destination'
import type { Owed } from './owed'
import { WEBHOOK_PREVIOUS_SECRET, WEBHOOK_SECRET } from '../tables/webhooks'
import { aadOf } from '../tables/encrypted-column'
import { signatureHeaders } from './sign'
import { iso } from '../time'

export const TIMEOUT_MS = 10_000

/** Why an attempt failed, as a code for the log; final where trying again is pointless. */
export class DeliveryFailed extends Error {
  constructor(
    readonly code: string,
    readonly final = false,
    readonly status: number | null = null,
  ) {
    super(code)
  }
}

/** The status of a success; `data` is the audit row's. Throws DeliveryFailed. */
export async function attempt(deps: Deps, owed: Owed, data: string): Promise<number> {
  const destination = checkDestination(deps.config, owed.url)
  if ('refused' in destination) throw new DeliveryFailed('destination_refused', true)
  const body = JSON.stringify({
    type: owed.event,
    timestamp: iso(owed.at),
    data: toWebhookEvent({ ...owed, id: owed.event_id, data }),
  })
  const signature = await signatureHeaders(await secretsOf(deps, owed), {
    id: owed.id,
    at: deps.now,
    body,
  })
  const status = await send(destination.url, body, signature)
  if (status >= 200 && status < 300) return status
  throw status === 410
    ? new DeliveryFailed('gone', true, status)
    : new DeliveryFailed(`status_${status}`, false, status)
}

async function send(url: string, body: string, signature: Record<string, string>): Promise<number> {
  let response: Response
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'Gatehouse', ...signature },
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
  } catch (error) {
    const isSlow = error instanceof Error && error.name === 'TimeoutError'
    throw new DeliveryFailed(isSlow ? 'timeout' : 'no_connection')
  }
  // Whatever becomes of the rest of it, the status has been said.
  void response.body?.cancel().catch(() => undefined)
  return response.status
}

/** The new one, and the previous while it is good: lost, that holds up nothing that the new one signs. */
async function secretsOf({ config, now }: Deps, owed: Owed): Promise<string[]> {
  const { webhook_id: id, previous_secret: previous } = owed
  const secret = await unlock(config.DATA_KEYS, aadOf(WEBHOOK_SECRET, id), owed.secret).catch(
    () => {
      throw new DeliveryFailed('secret_unreadable')
    },
  )
  if (previous === null || (owed.previous_secret_until ?? 0) <= now) return [secret]
  const lost = (): string[] => []
  return [secret].concat(
    await unlock(config.DATA_KEYS, aadOf(WEBHOOK_PREVIOUS_SECRET, id), previous).catch(lost),
  )
}
