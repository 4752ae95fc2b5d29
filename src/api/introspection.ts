import * as z from 'zod'
import { introspect } from '../access/introspect'
import { answerSchema } from '../answer-schema'
import { introspectAppToken } from '../app-tokens/check-for-api'
import type { Deps } from '../context'
import { route } from '../http/route'

/** An access token of an app, for an audience that the request names. */
const AppToken = answerSchema(() =>
  z.object({
    active: z.literal(true),
    client_id: z.string(),
    sub: z.string().meta({ description: 'The `sub` of the user at this app, or the app itself' }),
    scope: z.string().meta({ description: 'Scopes in force now, separated by spaces' }),
    permissions: z
      .array(z.string())
      .meta({ description: 'The permissions that these scopes need' }),
    token_type: z.literal('Bearer'),
    iss: z.string(),
    aud: z.array(z.string()),
    jti: z.string(),
    iat: z.int(),
    exp: z.int(),
    acr: z.string().optional(),
    auth_time: z.int().optional(),
  }),
)

const Introspection = answerSchema(() =>
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
    AppToken,
  ]),
)

const introspectRoute = route(
  {
    method: 'post',
    path: '/api/v1/auth/introspect',
    access: { permission: 'read:all', by: 'api_key', counted: 'by_verb' },
    body: () =>
      z.strictObject({
        token: z.string().max(4096),
        token_type_hint: z.string().max(100).optional(),
        audience: z.string().min(1).max(2000).optional().meta({
          description:
            'The identifier of your API. The token must then be an access token of an app for it',
        }),
      }),
    docs: __DOCS__ && {
      tag: 'For machines',
      summary: 'Check whether an access token is active (RFC 7662)',
      description:
        'Asks the user\u2019s Durable Object, so a revocation is visible immediately. The response is `{"active":false}` for tokens that are expired, revoked, restricted or malformed, and for refresh tokens. Access tokens of apps are accepted only if the request names their audience, which must be that of your own API.',
      answers: { 200: { description: 'The state of the token', schema: Introspection } },
    },
  },
  async ({ deps, body, principal }) => ({
    status: 200,
    body: await introspectAny(deps, principal.apiKeyId ?? '', body),
  }),
)

/** Tokens of apps need the audience, so that callers who know of none never take one for a session of ours. */
const introspectAny = (
  deps: Deps,
  keyId: string,
  { token, audience }: { token: string; audience?: string | undefined },
) =>
  audience === undefined
    ? introspect(deps, { keyId, token })
    : introspectAppToken(deps, { keyId, token, audience })

export const introspectionRoutes = [introspectRoute]
