import * as z from 'zod'
import { cursorField } from '../http/list-page'
import { listRoute } from '../http/list-route'
import { messageAnswer, messageSchema } from '../http/message'
import { route } from '../http/route'
import { listOutbox, OUTBOX_KEY, OUTBOX_STATUSES, OutboxItem } from '../user-admin/list-outbox'
import { retryOutbox } from '../user-admin/retry-outbox'
import { SYSTEM } from './system'

const TAG = 'Outbox'

const list = listRoute(
  {
    path: '/api/v1/admin/outbox',
    access: SYSTEM,
    query: () =>
      z.strictObject({
        status: z.enum(OUTBOX_STATUSES).default('dead'),
        cursor: cursorField(OUTBOX_KEY).optional(),
      }),
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'List pending and failed emails and effects',
      description:
        'Newest first. `parked` items are events that could not be written to the audit log after all attempts.',
      items: 'outbox items',
      item: OutboxItem,
    },
  },
  ({ deps, query }) => listOutbox(deps, query.status, query.cursor),
)

const retry = route(
  {
    method: 'post',
    path: '/api/v1/admin/outbox/{id}/retry',
    access: SYSTEM,
    params: () => z.strictObject({ id: z.string().min(1).max(100) }),
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Retry an outbox item now',
      description: 'Resets the number of attempts. A parked event returns to its queue.',
      answers: { 202: messageSchema('The item is retried') },
      problems: ['not_found'],
    },
  },
  async ({ deps, principal, params }) => {
    await retryOutbox(deps, principal, params.id)
    return messageAnswer('The item will be retried', 202)
  },
)

export const outboxRoutes = [list, retry]
