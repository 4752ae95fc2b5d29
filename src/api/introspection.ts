import * as z from 'zod'
import { route } from '../http/route'
import { introspect } from '../access/introspect'

const Introspection = z.lazy(() =>
  z.union([
    z.object({ active: z.literal(false) }),
    z.object({
      active: z.literal(true),
      sub: z.string(),
      sid: z.string(),
      scope: z.string().meta({ description: 'Permissions, separated by spaces' }),
      roles: z.array(z.string()),
      token_type: z.literal('Bearer'),
      iss: z.string(),
      aud: z.string(),
      jti: z.string(),
      iat: z.int(),
      exp: z.int(),
    }),
  ]),
)

const introspectRoute = route(
  {
    method: 'post',
    path: '/api/v1/auth/introspect',
    tag: 'For machines',
    summary: 'Whether an access token may be acted on now (RFC 7662)',
    description:
      'Asks the user\u2019s object, so a revocation shows at once. A token that is expired, revoked, restricted or none at all is `{"active":false}`, and so is a refresh token.',
    access: { permission: 'read:all', by: 'api_key', counted: 'by_verb' },
    body: z.strictObject({
      token: z.string().max(4096),
      token_type_hint: z.string().max(100).optional(),
    }),
    answers: { 200: { description: 'The answer', schema: Introspection } },
  },
  async ({ deps, body, principal }) => ({
    status: 200,
    body: await introspect(deps, { keyId: principal.apiKeyId ?? '', token: body.token }),
  }),
)

export const introspectionRoutes = [introspectRoute]
