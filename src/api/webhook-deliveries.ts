import * as z from 'zod'
import { cursorField } from '../http/list-page'
import { listRoute } from '../http/list-route'
import { messageAnswer, messageSchema } from '../http/message'
import { route } from '../http/route'
import { Delivery, listDeliveries } from '../webhooks/list-deliveries'
import { redeliver } from '../webhooks/redeliver'
import { testWebhook } from '../webhooks/test-webhook'
import { SYSTEM } from './system'
import { byWebhook, TAG } from './webhooks'

const PATH = '/api/v1/admin/webhooks/{id}'

const test = route(
  {
    method: 'post',
    path: `${PATH}/test`,
    access: SYSTEM,
    params: byWebhook,
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Send a test event',
      description:
        'Sends the event `webhook.test` to this endpoint only, even if the endpoint is disabled.',
      answers: { 202: messageSchema('The test event is queued for delivery') },
      problems: ['not_found'],
    },
  },
  async ({ deps, principal, params }) => {
    await testWebhook(deps, principal, params.id)
    return messageAnswer('The test event is queued for delivery', 202)
  },
)

const deliveries = listRoute(
  {
    path: `${PATH}/deliveries`,
    access: SYSTEM,
    params: byWebhook,
    query: () => z.strictObject({ cursor: cursorField(/^[0-9a-f]{22}$/).optional() }),
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'List the deliveries to an endpoint',
      description: 'Lists the deliveries of the last 30 days, newest first.',
      items: 'deliveries',
      item: Delivery,
      problems: ['not_found'],
    },
  },
  ({ deps, params, query }) => listDeliveries(deps, params.id, query.cursor),
)

const again = route(
  {
    method: 'post',
    path: `${PATH}/deliveries/{delivery_id}/redeliver`,
    access: SYSTEM,
    params: () => byWebhook().extend({ delivery_id: z.string().min(1).max(100) }),
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Redeliver an event',
      description:
        'Uses the same `webhook-id`. The event must still be in the audit log, and the endpoint must be enabled.',
      answers: { 202: messageSchema('The event is queued for delivery') },
      problems: ['not_found', 'wrong_status'],
    },
  },
  async ({ deps, principal, params }) => {
    await redeliver(deps, principal, { webhookId: params.id, deliveryId: params.delivery_id })
    return messageAnswer('The event is queued for delivery', 202)
  },
)

export const deliveryRoutes = [test, deliveries, again]
