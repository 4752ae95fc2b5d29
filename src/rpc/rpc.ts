/**
 * Gatehouse for other Workers of the same account: the API's functions over a service binding. Each
 * call asks the user's Durable Object, so a revocation is in force at the next call. The binding
 * itself is the authorization: a Worker that has it can read every account and revoke every session.
 * `props.allow` is a safeguard that the caller sets for itself, and `props.app` a name that it
 * chooses. Expected failures are returned, not thrown (rpc/rpc-types.ts).
 */
import { WorkerEntrypoint } from 'cloudflare:workers'
import { admit } from '../access/guard'
import { acrOf } from '../app-tokens/acr'
import { checkForApi } from '../app-tokens/check-for-api'
import { type Deps, NO_CLIENT } from '../context'
import { DomainError } from '../errors'
import { logFault, problemOf } from '../http/log-fault'
import { withinBudget } from '../http/request-budget'
import { clientOf, depsOf } from '../http/request-context'
import { hasPermission, permissionsOf, roleNames } from '../rbac/permissions'
import { roleMap } from '../rbac/role-map'
import { requireSession } from '../sessions/require-session'
import { strengthView } from '../sessions/session-view'
import { iso } from '../time'
import { revokeForApp } from '../user-admin/revoke-for-app'
import { userNotFound } from '../users/find-target'
import { findUser } from '../users/user-view'
import type {
  AppSignedIn,
  Failed,
  Found,
  GatehouseBinding,
  GatehouseProps,
  NotFound,
  Presented,
  Revoked,
  SignedIn,
  TokenRefused,
  Verdict,
} from './rpc-types'

const RETRY_AFTER_SECONDS = 5
const APP_NAME = /^[\w.-]{1,60}$/

export class Gatehouse extends WorkerEntrypoint<Env, GatehouseProps> implements GatehouseBinding {
  authenticate(presented: Presented): Promise<SignedIn | TokenRefused | Failed> {
    return this.#ofToken('authenticate', presented, async (deps, token) => {
      const { userId, roleIds, session } = await principalOf(deps, token)
      const map = await roleMap(deps)
      return {
        ok: true,
        user: {
          id: userId,
          roles: roleNames(map, roleIds),
          permissions: permissionsOf(map, roleIds),
        },
        session: {
          id: session.sid,
          expires_at: iso(session.expiresAt),
          ...strengthView(session),
        },
      }
    })
  }

  hasPermission(
    presented: Presented,
    permission: string,
  ): Promise<Verdict | TokenRefused | Failed> {
    return this.#ofToken('hasPermission', presented, async (deps, token) => {
      const { roleIds } = await principalOf(deps, token)
      return { ok: true, allowed: hasPermission(await roleMap(deps), roleIds, permission) }
    })
  }

  authenticateApp(
    presented: Presented,
    audience: string,
  ): Promise<AppSignedIn | TokenRefused | Failed> {
    return this.#ofToken('authenticateApp', presented, async (deps, token) => {
      const found = await checkForApi(deps, token, audience)
      if (!found) throw new DomainError('invalid_access_token')
      const { claims, app, live, scopes, permissions } = found
      const session = live?.appSession
      return {
        ok: true,
        client_id: app.clientId,
        user: live ? { id: live.accountState.userId, sub: claims.sub } : null,
        scopes,
        permissions,
        audience: claims.audiences,
        expires_at: iso(claims.exp * 1000),
        acr: session ? acrOf(session) : null,
        auth_time: session ? iso(session.authTime) : null,
      }
    })
  }

  getUser(id: number): Promise<Found | NotFound | Failed> {
    return this.#ofUser('getUser', id, async (deps) => {
      const user = await findUser(deps, { id })
      if (!user) throw userNotFound()
      return { ok: true, user }
    })
  }

  revokeSessions(
    userId: number,
    also: { readonly keys?: boolean } = {},
  ): Promise<Revoked | NotFound | Failed> {
    return this.#ofUser('revokeSessions', userId, async (deps) => {
      const { app = '' } = this.ctx.props ?? {}
      // Arguments over the binding are not validated: only a literal `true` revokes keys.
      const keys = also?.keys === true
      await revokeForApp(deps, APP_NAME.test(app) ? app : 'unnamed', userId, { keys })
      return { ok: true }
    })
  }

  #ofToken<T>(
    method: keyof GatehouseBinding,
    presented: Presented,
    verb: (deps: Deps, token: string) => Promise<T>,
  ): Promise<T | TokenRefused | Failed> {
    const isRequest = presented instanceof Request
    const text = isRequest ? presented.headers.get('authorization') : presented
    return this.#answer(method, isRequest ? clientOf(presented) : NO_CLIENT, async (deps) => {
      const token = typeof text === 'string' ? text.replace(/^Bearer +/i, '') : ''
      if (token === '') return { ok: false, reason: 'no_token' } as const
      return verb(deps, token).catch(tokenRefused)
    })
  }

  #ofUser<T>(
    method: keyof GatehouseBinding,
    id: number,
    verb: (deps: Deps) => Promise<T>,
  ): Promise<T | NotFound | Failed> {
    return this.#answer(method, NO_CLIENT, async (deps) =>
      Number.isSafeInteger(id) ? verb(deps).catch(notFound) : NOT_FOUND,
    )
  }

  async #answer<T>(
    method: keyof GatehouseBinding,
    client: Deps['client'],
    verb: (deps: Deps) => Promise<T>,
  ): Promise<T | Failed> {
    const requestId = crypto.randomUUID()
    const { allow } = this.ctx.props ?? {}
    if (allow && !allow.includes(method)) return { ok: false, reason: 'not_allowed' }
    try {
      const deps = depsOf(this.env, this.ctx, { requestId, client })
      return await withinBudget(deps, verb(deps))
    } catch (error) {
      const problem = problemOf(error, false)
      logFault(error, problem, requestId)
      const retryAfter = problem.retryAfter ?? RETRY_AFTER_SECONDS
      return { ok: false, reason: 'unavailable', retry_after_seconds: retryAfter }
    }
  }
}

const principalOf = async (deps: Deps, token: string) =>
  admit(deps, 'session', await requireSession(deps, token))

const NOT_FOUND = { ok: false, reason: 'not_found' } as const

function notFound(error: unknown): NotFound {
  if (error instanceof DomainError && error.code === 'not_found') return NOT_FOUND
  throw error
}

function tokenRefused(error: unknown): TokenRefused {
  if (!(error instanceof DomainError)) throw error
  switch (error.code) {
    case 'invalid_access_token':
      return { ok: false, reason: 'invalid_token' }
    case 'password_expired':
    case 'two_factor_required':
      return { ok: false, reason: error.code }
    default:
      throw error
  }
}
