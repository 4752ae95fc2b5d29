import { type SQL, sql } from 'drizzle-orm'
import type { Actor, Deps } from '../context'
import type { OutboxEntry } from '../db/commit'
import { type NoticeDetails, notice } from '../mail/messages'
import { reserveWebhookMail } from '../throttle/reserve'

type WebhookDetails = Extract<NoticeDetails, { about: 'webhook' }>

/**
 * The mails about a change that lets an endpoint receive more than before: to the user who made the
 * change, and to the maker of the endpoint where that is another user who still exists. None after
 * many of the same kind in an hour, for the record has them all.
 */
export async function tellOfChange(
  deps: Deps,
  actor: Actor,
  id: string,
  details: Omit<WebhookDetails, 'about'>,
): Promise<OutboxEntry[]> {
  if (!(await reserveWebhookMail(deps, id, details.change ?? ''))) return []
  const about: WebhookDetails = { about: 'webhook', ...details }
  const maker = sql`FROM webhooks JOIN users ON users.id = webhooks.created_by
    WHERE webhooks.id = ${id} AND users.subject <> ${actor.subject}`
  return [
    ...notice(deps, actor.subject, 'webhook-changed', about),
    ...notice(deps, subjectIn(maker), 'webhook-changed', about).map((entry) => ({
      ...entry,
      onlyIf: sql`EXISTS (SELECT 1 ${maker})`,
    })),
  ]
}

const subjectIn = (from: SQL): SQL => sql`(SELECT users.subject ${from})`
