import * as z from 'zod'
import { AuditEvent, OwnEvent } from '../audit/event-view'
import { eventCursor, listOwnActivity, listUserActivity, searchEvents } from '../audit/list-events'
import { streamEvents } from '../audit/stream-events'
import { EVENT_NAMES } from '../event-traits'
import { listPageSchema } from '../http/list-page'
import { listRoute } from '../http/list-route'
import { route } from '../http/route'
import { emailField } from '../users/email-address'
import { SYSTEM } from './system'
import { byId } from './users'

const TAG = 'Audit'
const NDJSON = 'application/x-ndjson'

const cursor = () => eventCursor.optional()
const userIdField = () => z.coerce.number().int().positive().optional()
const instantField = () =>
  z.iso
    .datetime({ offset: true })
    .transform((text) => Date.parse(text))
    .optional()
const actionField = () => z.enum(EVENT_NAMES).optional()

const viewsField = () =>
  z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true')
    .meta({
      description:
        'Includes views of users by admins. They are always included if `action` is a view',
    })

const Search = () =>
  z
    .strictObject({
      actor_id: userIdField(),
      target_id: userIdField(),
      address: emailField
        .meta({
          description:
            'Finds failed sign-ins at this address, and all events of the account that has it',
        })
        .optional(),
      action: actionField(),
      views: viewsField(),
      from: instantField(),
      to: instantField(),
      cursor: cursor(),
    })
    .refine(
      ({ address, actor_id, target_id }) =>
        address === undefined || (actor_id === undefined && target_id === undefined),
      {
        path: ['address'],
        message: 'An address cannot be combined with actor_id or target_id',
        params: { code: 'not_with_ids' },
      },
    )
    .refine(({ from, to }) => from === undefined || to === undefined || from <= to, {
      path: ['from'],
      message: 'Must not be later than to',
      params: { code: 'after_to' },
    })

const search = route(
  {
    method: 'get',
    path: '/api/v1/admin/audit',
    isRecorded: true,
    access: SYSTEM,
    query: Search,
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Search the audit log',
      description: `Newest first. \`from\` is inclusive, and \`to\` is exclusive. With \`Accept: ${NDJSON}\`, the response contains all matching events, one per line. Searches for a person and exports of events are recorded in the audit log.`,
      answers: {
        200: {
          description: 'A page of events',
          schema: listPageSchema(AuditEvent),
          alsoAs: { [NDJSON]: AuditEvent },
        },
      },
    },
  },
  async ({ deps, principal, query, request }) => {
    const { actor_id: actorId, target_id: targetId, address, action, views, from, to } = query
    const emailKey = address?.key
    const filter = { actorId, targetId, emailKey, action, withViews: views, from, to }
    if (!accepts(request, NDJSON)) {
      return { status: 200, body: await searchEvents(deps, principal, filter, query.cursor) }
    }
    return new Response(await streamEvents(deps, principal, filter, query.cursor?.after), {
      headers: { 'content-type': NDJSON, 'cache-control': 'no-store' },
    })
  },
)

const accepts = (request: Request, type: string): boolean =>
  (request.headers.get('accept') ?? '')
    .split(',')
    .some((each) => each.split(';')[0]?.trim().toLowerCase() === type)

const userActivity = listRoute(
  {
    path: '/api/v1/admin/users/{id}/activity',
    isRecorded: true,
    access: { permission: 'admin:users' },
    params: byId,
    query: () => z.strictObject({ views: viewsField(), cursor: cursor() }),
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'List the activity of a user',
      description:
        'Newest first. Each view is recorded in the audit log. Views are left out of the list unless `views` is true. A page can then have fewer events although more pages follow.',
      items: 'events',
      item: AuditEvent,
      problems: ['not_found'],
    },
  },
  ({ deps, principal, params, query }) =>
    listUserActivity(deps, principal, params.id, query.cursor, query.views),
)

const ownActivity = listRoute(
  {
    path: '/api/v1/users/activity',
    access: 'session',
    query: () => z.strictObject({ cursor: cursor() }),
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'List the activity of your account',
      description:
        'Newest first. Includes sign-ins, revoked sessions, changes and actions by admins.',
      items: 'events',
      item: OwnEvent,
    },
  },
  ({ deps, principal, query }) => listOwnActivity(deps, principal, query.cursor),
)

export const auditRoutes = [search, userActivity, ownActivity]
