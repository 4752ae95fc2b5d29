import * as z from 'zod'
import { introspect } from '../access/introspect'
import { route } from '../http/route'

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
      amr: z.array(z.string()).meta({
        description: 'How the user authenticated (RFC 8176)',
        example: ['pwd', 'otp', 'mfa'],
      }),
      auth_time: z.int().meta({
        description:
          'When the user signed in or last proved who they are, in seconds since the epoch (RFC 9470)',
      }),
    }),
  ]),
)

const introspectRoute = route(
  {
    method: 'post',
    path: '/api/v1/auth/introspect',
    tag: 'For machines',
    summary: 'Check whether an access token is active (RFC 7662)',
    description:
      'Asks the user\u2019s Durable Object, so a revocation is visible immediately. The response is `{"active":false}` for tokens that are expired, revoked, restricted or malformed, and for refresh tokens.',
    access: { permission: 'read:all', by: 'api_key', counted: 'by_verb' },
    body: () =>
      z.strictObject({
        token: z.string().max(4096),
        token_type_hint: z.string().max(100).optional(),
      }),
    answers: { 200: { description: 'The state of the token', schema: Introspection } },
  },
  async ({ deps, body, principal }) => ({
    status: 200,
    body: await introspect(deps, { keyId: principal.apiKeyId ?? '', token: body.token }),
  }),
)

export const introspectionRoutes = [introspectRoute]
