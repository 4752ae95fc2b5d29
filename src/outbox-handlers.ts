/** Kind of outbox message -> the verb that performs it. */
import type { Deps } from './context'
import { sendMail } from './mail/send-mail'
import type { Handlers } from './outbox/perform'
import type { OutboxRow } from './outbox/schema'
import { unlock } from './crypto/secret-box'
import { type Counted, forget } from './throttle/unlock'
import { syncAuthority } from './sessions/authority'
import type { KeptSession } from './sessions/session-types'
import { deliverWebhook, WEBHOOK_TRIES } from './webhooks/deliver-webhook'

const MAIL_ATTEMPTS = 12

export const outboxHandlers: Handlers = {
  mail: { perform: sendMail, maxAttempts: MAIL_ATTEMPTS },
  webhook: { perform: deliverWebhook, ...WEBHOOK_TRIES },
  'forget-throttle': { perform: forgetThrottle, maxAttempts: Number.POSITIVE_INFINITY },
  'sync-authority': { perform: syncOutboxRow, maxAttempts: Number.POSITIVE_INFINITY },
}

async function forgetThrottle(deps: Deps, row: OutboxRow): Promise<void> {
  const { who } = JSON.parse(row.payload) as { who: string }
  const text = await unlock(deps.config.DATA_KEYS, `outbox.payload/${row.id}`, who)
  await forget(deps, JSON.parse(text) as Counted)
}

async function syncOutboxRow(deps: Deps, row: OutboxRow): Promise<void> {
  const { keep } = JSON.parse(row.payload) as { keep?: KeptSession }
  if (row.subject !== null) await syncAuthority(deps, row.subject, keep)
}
