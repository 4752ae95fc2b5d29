/** Maps each kind of outbox row to the function that performs it. */
import { deliverLogout, isLogout } from '../app-logout/deliver-logout'
import type { Deps } from '../context'
import { sessionHash } from '../crypto/session-hash'
import { sendMail } from '../mail/compose'
import type { Handlers } from '../outbox/perform'
import { syncAccountState } from '../sessions/account-state'
import { applyRevocation } from '../sessions/revoke-session'
import type { KeptSession } from '../sessions/session-types'
import type { OutboxRow } from '../tables/outbox'
import { unlockAccount } from '../user-admin/user-actions'
import { accountBySubject } from '../users/account'
import { performForgetting } from '../users/forget-address'
import { deliverWebhook, WEBHOOK_TRIES } from '../webhooks/deliver-webhook'

const MAIL_ATTEMPTS = 12
/**
 * Every attempt clears the failures since the last one, wherever it succeeds. After this many, an
 * admin decides.
 */
const UNLOCK_ATTEMPTS = 8

export const outboxHandlers: Handlers = {
  mail: { perform: sendMail, maxAttempts: MAIL_ATTEMPTS },
  webhook: { perform: deliver, ...WEBHOOK_TRIES },
  'forget-throttle': { perform: performForgetting, maxAttempts: Number.POSITIVE_INFINITY },
  'sync-authority': { perform: syncOutboxRow, maxAttempts: Number.POSITIVE_INFINITY },
  'end-sessions': { perform: revokeSessions, maxAttempts: Number.POSITIVE_INFINITY },
  unlock: { perform: unlockRow, maxAttempts: UNLOCK_ATTEMPTS },
}

/** Both go to somebody else's servers, so they share a partition and its schedule. */
async function deliver(deps: Deps, row: OutboxRow): Promise<void> {
  await (isLogout(row) ? deliverLogout : deliverWebhook)(deps, row)
}

async function syncOutboxRow(deps: Deps, row: OutboxRow): Promise<void> {
  const { keep } = JSON.parse(row.payload) as { keep?: KeptSession & Older }
  if (row.subject !== null) await syncAccountState(deps, row.subject, kept(keep))
}

async function revokeSessions(deps: Deps, row: OutboxRow): Promise<void> {
  const payload = JSON.parse(row.payload) as Revocation
  if (row.subject === null) return
  const { until, keep } = payload
  await applyRevocation(deps, row.subject, { session: named(payload), until, keep: kept(keep) })
}

interface Revocation extends Older {
  readonly session?: string | null
  readonly until: number
  readonly keep?: KeptSession & Older
}

/** Rows written by older versions hold a session's id instead of its hash. */
interface Older {
  readonly sid?: string | null
}
const named = ({ session, sid }: { session?: string | null } & Older): string | null =>
  session ?? (sid ? sessionHash(sid) : null)

const kept = (keep: (KeptSession & Older) | undefined): KeptSession | undefined =>
  keep && { ...keep, session: named(keep) ?? '' }

/** Uses the user's current address. For erased users there is nothing to unlock. */
async function unlockRow(deps: Deps, row: OutboxRow): Promise<void> {
  const account = await accountBySubject(deps, row.subject ?? '')
  if (account) {
    const { emailKey, accountState } = account
    await unlockAccount(deps, { emailKey, subject: accountState.subject })
  }
}
