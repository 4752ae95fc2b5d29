/** Kind of outbox message -> the verb that performs it. */
import { endLocks } from './admin/end-locks'
import { accountBySubject } from './auth/account'
import { performForgetting } from './auth/forget-address'
import type { Deps } from './context'
import { sendMail } from './mail/send-mail'
import type { Handlers } from './outbox/perform'
import type { OutboxRow } from './outbox/schema'
import { syncAuthority } from './sessions/authority'
import { endRevoked } from './sessions/revoke'
import type { KeptSession } from './sessions/session-types'
import { deliverWebhook, WEBHOOK_TRIES } from './webhooks/deliver-webhook'

const MAIL_ATTEMPTS = 12
/** Each forgives anew what failed since, of whatever can be reached: after so many an admin decides. */
const UNLOCK_ATTEMPTS = 8

export const outboxHandlers: Handlers = {
  mail: { perform: sendMail, maxAttempts: MAIL_ATTEMPTS },
  webhook: { perform: deliverWebhook, ...WEBHOOK_TRIES },
  'forget-throttle': { perform: performForgetting, maxAttempts: Number.POSITIVE_INFINITY },
  'sync-authority': { perform: syncOutboxRow, maxAttempts: Number.POSITIVE_INFINITY },
  'end-sessions': { perform: endSessions, maxAttempts: Number.POSITIVE_INFINITY },
  unlock: { perform: unlockRow, maxAttempts: UNLOCK_ATTEMPTS },
}

async function syncOutboxRow(deps: Deps, row: OutboxRow): Promise<void> {
  const { keep } = JSON.parse(row.payload) as { keep?: KeptSession }
  if (row.subject !== null) await syncAuthority(deps, row.subject, keep)
}

async function endSessions(deps: Deps, row: OutboxRow): Promise<void> {
  if (row.subject !== null) await endRevoked(deps, row.subject, JSON.parse(row.payload))
}

/** By the address that he has now; of the erased the throttle has nothing. */
async function unlockRow(deps: Deps, row: OutboxRow): Promise<void> {
  const account = await accountBySubject(deps, row.subject ?? '')
  if (account) {
    const { emailKey, authority } = account
    await endLocks(deps, { emailKey, subject: authority.subject })
  }
}
