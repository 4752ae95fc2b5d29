import { type SQL, sql } from 'drizzle-orm'
import { type Change, commit, type OutboxEntry } from '../commit/commit'
import type { Actor, Deps } from '../context'
import { type NotificationDetails, notification } from '../mail/messages'
import { usingPlace } from '../throttle/attempt'
import { reserveWebhookMail } from '../throttle/reserve'

type WebhookDetails = Extract<NotificationDetails, { about: 'webhook' }>

/**
 * Commits a change that lets an endpoint receive more than before, together with emails about it.
 * They go to the user who made the change and to the user who created the endpoint, if that is
 * another user who still exists. Emails of the same kind are limited per hour; the audit log has
 * every change.
 */
export async function commitAndTell(
  deps: Deps,
  actor: Actor,
  id: string,
  details: Omit<WebhookDetails, 'about'>,
  change: Change,
): Promise<boolean> {
  const mails = mailsAbout(deps, actor, id, { about: 'webhook', ...details })
  if (mails.length === 0) return commit(deps, change)
  const reservation = await reserveWebhookMail(deps, id, details.change ?? '')
  if (!reservation.allowed) return commit(deps, change)
  return usingPlace(deps, reservation.ticket, () => commit(deps, { ...change, outbox: mails }))
}

function mailsAbout(deps: Deps, actor: Actor, id: string, about: WebhookDetails): OutboxEntry[] {
  const maker = sql`FROM webhooks JOIN users ON users.id = webhooks.created_by
    WHERE webhooks.id = ${id} AND users.subject <> ${actor.subject}`
  return [
    ...notification(deps, actor.subject, 'webhook-changed', about),
    ...notification(deps, subjectIn(maker), 'webhook-changed', about).map((entry) => ({
      ...entry,
      onlyIf: sql`EXISTS (SELECT 1 ${maker})`,
    })),
  ]
}

const subjectIn = (from: SQL): SQL => sql`(SELECT users.subject ${from})`
