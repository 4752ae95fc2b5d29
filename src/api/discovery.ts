/** The metadata of the service, by the two addresses under which clients look for it. */
import * as z from 'zod'
import { discoveryDocument } from '../app-tokens/discovery'
import { cachedAnswer, cachedText } from '../http/cached-answer'
import { type Route, route } from '../http/route'

/** As long as the key set: it names the key set and changes with a release. */
const DISCOVERY_SECONDS = 300

const discovery = (path: Route['path'], summary: string) =>
  route(
    {
      method: 'get',
      path,
      access: 'anyone',
      isOpenToOrigins: true,
      docs: __DOCS__ && {
        tag: 'For machines',
        summary,
        answers: {
          200: {
            description: 'The document',
            schema: z.lazy(() =>
              z.looseObject({
                issuer: z.string(),
                authorization_endpoint: z.string(),
                token_endpoint: z.string(),
                jwks_uri: z.string(),
              }),
            ),
          },
          304: { description: 'The document still matches `If-None-Match`' },
        },
      },
    },
    async ({ deps, request }) =>
      cachedAnswer(await cachedText(JSON.stringify(discoveryDocument(deps.config))), request, {
        contentType: 'application/json; charset=utf-8',
        maxAge: DISCOVERY_SECONDS,
      }),
  )

export const discoveryRoutes = [
  discovery(
    '/.well-known/openid-configuration',
    'Get the metadata of this service (OpenID Connect Discovery 1.0)',
  ),
  discovery(
    '/.well-known/oauth-authorization-server',
    'Get the metadata of this service (RFC 8414)',
  ),
]
