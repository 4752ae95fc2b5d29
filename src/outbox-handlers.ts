/** Kind of outbox message -> the verb that performs it. */
import type { Deps } from './context'
import { sendMail } from './mail/send-mail'
import type { Handlers } from './outbox/perform'
import type { OutboxRow } from './outbox/schema'
import { syncAuthority } from './sessions/authority'

const MAIL_ATTEMPTS = 12

export const outboxHandlers: Handlers = {
  mail: { perform: sendMail, maxAttempts: MAIL_ATTEMPTS },
  'sync-authority': { perform: syncOutboxRow, maxAttempts: Number.POSITIVE_INFINITY },
}

async function syncOutboxRow(deps: Deps, row: OutboxRow): Promise<void> {
  if (row.subject !== null) await syncAuthority(deps, row.subject)
}
