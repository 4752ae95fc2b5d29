/** The OAuth and OpenID Connect routes that apps and resource servers call. */
import * as z from 'zod'
import { answerSchema } from '../answer-schema'
import { GRANTS, grantTokens } from '../app-tokens/grants'
import { introspectForApp } from '../app-tokens/introspect-for-app'
import { revokeAppToken } from '../app-tokens/revoke'
import { tokenOf, userinfo } from '../app-tokens/userinfo'
import { authenticateApp, authenticateIntrospector } from '../apps/authenticate-client'
import { ENDPOINTS } from '../apps/endpoints'
import { oauthRoute } from '../http/oauth-route'

export const TAG = 'OpenID Connect'
/** Room for a JWT of a client with a long assertion. */
const MAX_CHARS = 8192
export const text = () => z.string().max(MAX_CHARS)

/** How an app authenticates in the body (RFC 6749 section 2.3, RFC 7521 section 4.2). */
export const clientFields = () => ({
  client_id: text().optional(),
  client_secret: text().optional(),
  client_assertion: text().optional(),
  client_assertion_type: text().optional(),
})

const Tokens = answerSchema(() =>
  z
    .object({
      access_token: z.string(),
      token_type: z.literal('Bearer'),
      expires_in: z.int(),
      refresh_token: z.string().optional(),
      id_token: z.string().optional(),
      scope: z.string().optional().meta({ description: 'The scopes in force' }),
    })
    .meta({ id: 'AppTokens' }),
)

const token = oauthRoute(
  {
    method: 'post',
    path: ENDPOINTS.token,
    access: 'app',
    isOpenToOrigins: true,
    parameters: () =>
      z.object({
        grant_type: text().meta({ examples: [...GRANTS.keys()] }),
        code: text().optional(),
        redirect_uri: text().optional(),
        code_verifier: text().optional(),
        refresh_token: text().optional(),
        device_code: text().optional(),
        scope: text().optional(),
        resource: z.array(text()).max(20).optional(),
        ...clientFields(),
      }),
    errors: [
      'invalid_request',
      'invalid_client',
      'invalid_grant',
      'unauthorized_client',
      'unsupported_grant_type',
      'invalid_scope',
      'invalid_target',
      'authorization_pending',
      'slow_down',
      'access_denied',
      'expired_token',
    ],
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Get tokens for an app (RFC 6749 section 3.2)',
      description:
        'Takes authorization codes, refresh tokens, device codes, and the credentials of machines. A code can be exchanged once, and each refresh token is replaced. Scopes that need a permission are in the token only if the user holds it now.',
      answers: { 200: { description: 'The tokens', schema: Tokens } },
    },
  },
  async ({ deps, parameters, request }) => {
    const authenticate = () => authenticateApp(deps, { request, parameters })
    const body = await grantTokens(deps, parameters.grant_type, parameters, authenticate)
    return { status: 200, body }
  },
)

const revoke = oauthRoute(
  {
    method: 'post',
    path: ENDPOINTS.revoke,
    access: 'app',
    isOpenToOrigins: true,
    parameters: () =>
      z.object({ token: text(), token_type_hint: text().optional(), ...clientFields() }),
    errors: ['invalid_request', 'invalid_client', 'unsupported_token_type'],
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Revoke a token of an app (RFC 7009)',
      description:
        'Ends the app\u2019s session and revokes all its tokens. It takes any token of the session. Unknown tokens and tokens of other apps get the same answer and are left alone.',
      answers: { 200: { description: 'The token is not valid now' } },
    },
  },
  async ({ deps, parameters, request }) => {
    const app = await authenticateApp(deps, { request, parameters })
    await revokeAppToken(deps, app, parameters.token)
    return { status: 200 }
  },
)

const Introspected = answerSchema(() =>
  z.union([
    z.object({ active: z.literal(false) }),
    z.object({
      active: z.literal(true),
      client_id: z.string(),
      sub: z.string().meta({ description: 'The `sub` of the user at this app, or the app itself' }),
      scope: z.string().meta({ description: 'The scopes in force now' }),
      iss: z.string(),
      exp: z.int(),
      iat: z.int(),
      token_type: z.literal('Bearer').optional(),
      aud: z.union([z.string(), z.array(z.string())]).optional(),
      jti: z.string().optional(),
      acr: z.string().optional(),
      auth_time: z.int().optional(),
      roles: z.array(z.string()).optional(),
      permissions: z.array(z.string()).optional(),
    }),
  ]),
)

const introspect = oauthRoute(
  {
    method: 'post',
    path: ENDPOINTS.introspect,
    access: 'app',
    parameters: () =>
      z.object({ token: text(), token_type_hint: text().optional(), ...clientFields() }),
    errors: ['invalid_request', 'invalid_client'],
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Check a token of an app (RFC 7662)',
      description:
        'Asks the user\u2019s Durable Object, so a revocation is visible immediately. An app sees its own tokens. An API sees access tokens for itself and authenticates by its id and secret. Every other token is inactive.',
      answers: { 200: { description: 'The state of the token', schema: Introspected } },
    },
  },
  async ({ deps, parameters, request }) => {
    const by = await authenticateIntrospector(deps, { request, parameters })
    return { status: 200, body: await introspectForApp(deps, by, parameters.token) }
  },
)

const UserInfo = answerSchema(() =>
  z
    .object({
      sub: z.string(),
      name: z.string().optional(),
      picture: z.string().optional(),
      locale: z.string().optional(),
      updated_at: z.int().optional(),
      email: z.string().optional(),
      email_verified: z.boolean().optional(),
      roles: z.array(z.string()).optional(),
      permissions: z.array(z.string()).optional(),
    })
    .meta({ id: 'UserInfo' }),
)

const userinfoSpec = {
  path: ENDPOINTS.userinfo,
  access: 'app_token',
  isOpenToOrigins: true,
  errors: ['invalid_request', 'invalid_token', 'insufficient_scope'],
} as const
const userinfoDocs = (summary: string) => ({
  tag: TAG,
  summary,
  answers: { 200: { description: 'The claims that the app may see now', schema: UserInfo } },
})

const getUserinfo = oauthRoute(
  {
    ...userinfoSpec,
    method: 'get',
    docs:
      __DOCS__ && userinfoDocs('Get the user of an access token (OpenID Connect Core section 5.3)'),
  },
  async ({ deps, token: sent, request }) => ({
    status: 200,
    body: await userinfo(deps, tokenOf(sent, undefined, request)),
  }),
)

const postUserinfo = oauthRoute(
  {
    ...userinfoSpec,
    method: 'post',
    parameters: () => z.object({ access_token: text().optional() }),
    docs: __DOCS__ && userinfoDocs('Get the user of an access token, which may be in the body'),
  },
  async ({ deps, token: sent, parameters, request }) => ({
    status: 200,
    body: await userinfo(deps, tokenOf(sent, parameters.access_token, request)),
  }),
)

export const oauthRoutes = [token, revoke, introspect, getUserinfo, postUserinfo]
