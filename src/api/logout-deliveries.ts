import * as z from 'zod'
import {
  listLogoutDeliveries,
  LOGOUT_ORDER,
  LogoutDelivery,
} from '../app-logout/list-logout-deliveries'
import { clientIdField } from '../apps/app-fields'
import { cursorField } from '../http/list-page'
import { listRoute } from '../http/list-route'
import { TAG } from './apps'
import { SYSTEM } from './system'

const deliveries = listRoute(
  {
    path: '/api/v1/admin/apps/{client_id}/logout-deliveries',
    access: SYSTEM,
    params: () => z.strictObject({ client_id: clientIdField() }),
    query: () => z.strictObject({ cursor: cursorField(LOGOUT_ORDER).optional() }),
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'List the logout tokens sent to an app',
      description:
        'Lists the deliveries of the last 30 days to the back-channel logout URI of the app, newest first. A delivery is tried ten times in three days.',
      items: 'deliveries',
      item: LogoutDelivery,
      problems: ['not_found'],
    },
  },
  ({ deps, params, query }) => listLogoutDeliveries(deps, params.client_id, query.cursor),
)

export const logoutDeliveryRoutes = [deliveries]
