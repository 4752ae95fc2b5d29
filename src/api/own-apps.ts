import * as z from 'zod'
import { ConnectedAppList, disconnectApp, listConnectedApps } from '../apps/connected-apps'
import { route } from '../http/route'

const TAG = 'Connected apps'
const PATH = '/api/v1/users/apps'
const MAX_CLIENT_ID_CHARS = 2000

const list = route(
  {
    method: 'get',
    path: PATH,
    access: 'session',
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'List the apps that you are connected to',
      answers: {
        200: { description: 'The apps, most recently used first', schema: ConnectedAppList },
      },
    },
  },
  async ({ deps, principal }) => ({
    status: 200,
    body: { items: await listConnectedApps(deps, principal) },
  }),
)

const disconnect = route(
  {
    method: 'delete',
    path: `${PATH}/{client_id}`,
    access: 'session',
    params: () => z.strictObject({ client_id: z.string().min(1).max(MAX_CLIENT_ID_CHARS) }),
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Disconnect an app',
      description:
        'Withdraws your consent and ends all sessions of the app. Its tokens stop working before the response is sent. A client id that is a URL must be percent-encoded.',
      answers: { 204: { description: 'The app is disconnected' } },
      problems: ['not_found'],
    },
  },
  async ({ deps, principal, params }) => {
    await disconnectApp(deps, principal, params.client_id)
    return { status: 204 }
  },
)

export const ownAppRoutes = [list, disconnect]
