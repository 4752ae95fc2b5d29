/** Where a device without a browser asks for a sign-in (RFC 8628). The user decides at the page /device. */
import * as z from 'zod'
import { answerSchema } from '../answer-schema'
import { authorizeDevice } from '../app-sign-in/authorize-device'
import { authenticateApp } from '../apps/authenticate-client'
import { ENDPOINTS } from '../apps/endpoints'
import { oauthRoute } from '../http/oauth-route'
import { clientFields, TAG, text } from './oauth'

const DeviceAuthorization = answerSchema(() =>
  z
    .object({
      device_code: z
        .string()
        .meta({ description: 'For the token endpoint. Never shown to anyone' }),
      user_code: z.string().meta({ example: 'WDJB-MJHT' }),
      verification_uri: z.string(),
      verification_uri_complete: z.string().meta({ description: 'For a QR code' }),
      expires_in: z.int(),
      interval: z.int().meta({ description: 'Seconds between two polls' }),
    })
    .meta({ id: 'DeviceAuthorization' }),
)

const authorize = oauthRoute(
  {
    method: 'post',
    path: ENDPOINTS.device,
    access: 'app',
    parameters: () =>
      z.object({
        scope: text().optional(),
        resource: z.array(text()).max(10).optional(),
        ...clientFields(),
      }),
    errors: [
      'invalid_request',
      'invalid_client',
      'unauthorized_client',
      'invalid_scope',
      'invalid_target',
      'temporarily_unavailable',
    ],
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Ask for the sign-in of a device without a browser (RFC 8628 section 3.1)',
      description:
        'Only for registered apps with `device_flow`. Show the user `user_code` and `verification_uri`, and poll the token endpoint with `grant_type=urn:ietf:params:oauth:grant-type:device_code`. The request ends after ten minutes.',
      example: { client_id: 'wL3bX0qPz7mJ5kYtR9sVfA', scope: 'openid offline_access' },
      answers: { 200: { description: 'The codes', schema: DeviceAuthorization } },
    },
  },
  async ({ deps, parameters, request }) => {
    const app = await authenticateApp(deps, { request, parameters })
    return { status: 200, body: await authorizeDevice(deps, app, parameters) }
  },
)

export const deviceRoutes = [authorize]
