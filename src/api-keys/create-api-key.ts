import { sql } from 'drizzle-orm'
import { commit } from '../commit/commit'
import type { Deps, Principal } from '../context'
import { notification } from '../mail/messages'
import { mayGrantPermissions, hasPermissionNow } from '../rbac/conditions'
import { refuseUnknown } from '../rbac/define-role'
import { apiKeys } from '../tables/api-keys'
import { DAY_MS } from '../time'
import type { Proved } from '../users/proved'
import { newApiKey } from './api-key-token'
import { type ApiKey, toApiKey } from './api-key-view'

export interface ApiKeyRequest {
  readonly name: string
  readonly permissions: readonly string[]
  readonly days: number
  /**
   * Asks for the password and the second factor (step-up/reauthenticate.ts). A key lives for up to a year, so
   * a stolen session alone must not be enough to create one.
   */
  readonly stepUp: () => Promise<Proved>
}

/**
 * Creates a key with no more permissions than its maker holds, and notifies the maker by email.
 * Only the response contains the token. Throws `validation_failed` for an unknown permission,
 * `forbidden` for one that the maker does not hold, `incorrect_password`, `invalid_2fa_code`,
 * `too_many_attempts`.
 */
export async function createApiKey(
  deps: Deps,
  maker: Principal,
  request: ApiKeyRequest,
): Promise<ApiKey & { token: string }> {
  await refuseUnknown(deps, request.permissions)
  const permissions = [...new Set(request.permissions)].sort()
  const { unchanged } = await request.stepUp()
  const { id, token, secretHash } = await newApiKey()
  const expiresAt = deps.now + request.days * DAY_MS
  await commit(deps, {
    preconditions: [
      hasPermissionNow(maker, 'admin:system'),
      unchanged,
      mayGrantPermissions(maker, permissions),
    ],
    change: [
      deps.db.insert(apiKeys).values({
        id,
        name: request.name,
        secretHash,
        makerSubject: maker.subject,
        madeBy: maker.userId,
        createdAt: deps.now,
        expiresAt,
      }),
      sql`INSERT INTO api_key_permissions (api_key_id, permission_id)
        SELECT ${id}, permissions.id FROM json_each(${JSON.stringify(permissions)}) AS scope
        JOIN permissions ON permissions.name = scope.value`,
    ],
    audit: [
      {
        event: 'api_key.created',
        actor: maker.userId,
        target: maker.userId,
        data: { key_id: id, permissions, expires_at: expiresAt },
      },
    ],
    outbox: notification(deps, maker.subject, 'api-key-created', {
      about: 'api_key',
      name: request.name,
      permissions,
      expires_at: expiresAt,
    }),
  })
  const key = toApiKey({
    id,
    name: request.name,
    permissions: JSON.stringify(permissions),
    made_by: maker.userId,
    created_at: deps.now,
    expires_at: expiresAt,
    last_used_at: null,
    revoked_at: null,
  })
  return { ...key, token }
}
