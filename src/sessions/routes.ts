import * as z from 'zod'
import { type Answer, route } from '../http/route'
import { permissionsOf, roleNames } from '../rbac/permissions'
import { roleMap } from '../rbac/role-map'
import { publishedKeys } from './signing-keys'
import { signOut } from './sign-out'

const instant = z.iso.datetime()

const CurrentSession = z
  .object({
    session: z.object({
      id: z.string(),
      created_at: instant,
      expires_at: instant,
      remember_me: z.boolean(),
    }),
    user: z.object({
      id: z.int(),
      roles: z.array(z.string()),
      permissions: z.array(z.string()),
    }),
  })
  .meta({ id: 'CurrentSession' })

const iso = (ms: number) => new Date(ms).toISOString()

const getSession = route(
  {
    method: 'get',
    path: '/api/v1/auth/session',
    tag: 'Sessions',
    summary: 'Who is signed in, and what they may do',
    description: 'The hot path: one call to the user\u2019s object, no database query.',
    access: 'session',
    answers: { 200: { description: 'The live session', schema: CurrentSession } },
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
    tag: 'Sessions',
    summary: 'Sign out',
    access: 'own_token',
    answers: { 204: { description: 'The session has ended' } },
  },
  async ({ deps, token }) => {
    await signOut(deps, token)
    return { status: 204 }
  },
)

const jwks = route(
  {
    method: 'get',
    path: '/.well-known/jwks.json',
    tag: 'For machines',
    summary: 'Keys that verify access tokens (RFC 7517)',
    access: 'anyone',
    answers: {
      200: {
        description: 'The key set',
        schema: z.object({ keys: z.array(z.record(z.string(), z.unknown())) }),
      },
    },
  },
  async ({ deps }) => ({
    status: 200,
    headers: { 'cache-control': 'public, max-age=300' },
    body: { keys: await publishedKeys(deps) },
  }),
)

export const sessionRoutes = [getSession, logout, jwks]
