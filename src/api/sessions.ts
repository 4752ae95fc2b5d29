import * as z from 'zod'
import { stepUpUntil } from '../access/recent-proof'
import { answerSchema } from '../answer-schema'
import { andKeysQuery } from '../api-keys/and-keys'
import { revokeOtherSessions } from '../credentials/revoke-other-sessions'
import { cachedAnswer, cachedText } from '../http/cached-answer'
import { type Answer, route } from '../http/route'
import { permissionsOf, roleNames } from '../rbac/permissions'
import { roleMap } from '../rbac/role-map'
import { listOwnSessions, revokeOwnSession } from '../sessions/own-sessions'
import { strengthFields, strengthView } from '../sessions/session-view'
import { signOut } from '../sessions/sign-out'
import { publishedKeys } from '../sessions/tokens/signing-keys'
import { iso, isoOrNull } from '../time'
import { madeBy, SessionsAndMore } from '../webhooks/made-by'

const instant = () => z.iso.datetime()

const CurrentSession = answerSchema(() =>
  z
    .object({
      session: z.object({
        id: z.string(),
        created_at: instant(),
        expires_at: instant(),
        remember_me: z.boolean(),
        ...strengthFields(),
        step_up_until: instant()
          .nullable()
          .meta({ description: 'Until when sensitive actions are accepted without another proof' }),
      }),
      user: z.object({
        id: z.int(),
        roles: z.array(z.string()),
        permissions: z.array(z.string()),
      }),
    })
    .meta({ id: 'CurrentSession' }),
)

const getSession = route(
  {
    method: 'get',
    path: '/api/v1/auth/session',
    access: 'session',
    docs: __DOCS__ && {
      tag: 'Sessions',
      summary: 'Get the current session, and the roles and permissions of its user',
      description:
        'Made for frequent use: it makes one call to the user\u2019s Durable Object and no database query.',
      answers: { 200: { description: 'The current session', schema: CurrentSession } },
    },
  },
  async ({ deps, principal }): Promise<Answer> => {
    const map = await roleMap(deps)
    const { session } = principal
    return {
      status: 200,
      body: {
        session: {
          id: session.sid,
          created_at: iso(session.createdAt),
          expires_at: iso(session.expiresAt),
          remember_me: session.isRemembered,
          ...strengthView(session),
          step_up_until: isoOrNull(stepUpUntil(deps, principal)),
        },
        user: {
          id: principal.userId,
          roles: roleNames(map, principal.roleIds),
          permissions: permissionsOf(map, principal.roleIds),
        },
      },
    }
  },
)

const logout = route(
  {
    method: 'post',
    path: '/api/v1/auth/logout',
    access: 'own_token',
    docs: __DOCS__ && {
      tag: 'Sessions',
      summary: 'Sign out',
      answers: { 204: { description: 'The session is revoked' } },
    },
  },
  async ({ deps, token }) => {
    await signOut(deps, token)
    return { status: 204 }
  },
)

const list = route(
  {
    method: 'get',
    path: '/api/v1/users/sessions',
    access: 'session',
    docs: __DOCS__ && {
      tag: 'Sessions',
      summary: 'List your active sessions, API keys and webhooks',
      answers: {
        200: { description: 'The sessions, most recently used first', schema: SessionsAndMore },
      },
    },
  },
  async ({ deps, principal }) => {
    const [items, made] = await Promise.all([
      listOwnSessions(deps, principal),
      madeBy(deps, principal),
    ])
    return { status: 200, body: { items, ...made } }
  },
)

const revokeOne = route(
  {
    method: 'delete',
    path: '/api/v1/users/sessions/{id}',
    access: 'session',
    params: () => z.strictObject({ id: z.string().min(1).max(100) }),
    docs: __DOCS__ && {
      tag: 'Sessions',
      summary: 'Revoke one of your sessions',
      answers: { 204: { description: 'The session is revoked' } },
      problems: ['not_found'],
    },
  },
  async ({ deps, principal, params }) => {
    await revokeOwnSession(deps, principal, params.id)
    return { status: 204 }
  },
)

const revokeOthers = route(
  {
    method: 'delete',
    path: '/api/v1/users/sessions',
    access: 'session',
    query: andKeysQuery,
    docs: __DOCS__ && {
      tag: 'Sessions',
      summary: 'Revoke all your other sessions',
      description:
        'Also cancels whatever is in progress: a change of address, the setup of a second factor, and sign-ins that wait for the second step. With `keys=true`, your API keys are revoked too.',
      answers: { 204: { description: 'The sessions are revoked' } },
      problems: ['effect_pending'],
    },
  },
  async ({ deps, principal, query }) => {
    await revokeOtherSessions(deps, principal, query)
    return { status: 204 }
  },
)

const keyMembers = () => ({ kid: z.string().meta({ example: 'Qm3xk1' }), use: z.literal('sig') })

/** The members that RFC 7517 and RFC 7518 give public keys of these kinds. */
const PublicKey = answerSchema(() =>
  z.union([
    z.object({
      kty: z.literal('EC'),
      crv: z.literal('P-256'),
      x: z.string().meta({ example: '7Iu6J0uYH1CqQe4mSmoS3bWmbU0Y2u1c8nNQz8a2rPE' }),
      y: z.string().meta({ example: 'kq3Vd1c9E8mUoYgq0XJt5rN2h7s4wLxZbT6pFvGaHcM' }),
      alg: z.literal('ES256'),
      ...keyMembers(),
    }),
    z.object({
      kty: z.literal('RSA'),
      n: z.string().meta({ description: 'The modulus, 2048 bits' }),
      e: z.string().meta({ example: 'AQAB' }),
      alg: z.literal('RS256'),
      ...keyMembers(),
    }),
  ]),
)

/** Shorter than the time for which a new key is published before it signs. */
const JWKS_SECONDS = 300

const jwks = route(
  {
    method: 'get',
    path: '/.well-known/jwks.json',
    access: 'anyone',
    isOpenToOrigins: true,
    docs: __DOCS__ && {
      tag: 'For machines',
      summary: 'Get the public keys that verify tokens (RFC 7517)',
      description:
        'ES256 keys verify access tokens, RS256 keys verify ID tokens and logout tokens of apps. A key is listed for days before it signs.',
      answers: {
        200: {
          description: 'The key set',
          schema: z.lazy(() => z.object({ keys: z.array(PublicKey) })),
        },
        304: { description: 'The key set still matches `If-None-Match`' },
      },
    },
  },
  async ({ deps, request }) =>
    cachedAnswer(await cachedText(JSON.stringify({ keys: await publishedKeys(deps) })), request, {
      contentType: 'application/json; charset=utf-8',
      maxAge: JWKS_SECONDS,
    }),
)

export const sessionRoutes = [getSession, logout, list, revokeOne, revokeOthers, jwks]
