/**
 * Authenticates an API key by one D1 query on the primary, which reads the key, its maker's status
 * and the permissions of both. So whatever is revoked from either takes effect at the next request.
 * A wrong secret, an unknown id, an expired or revoked key and an inactive maker get the same
 * answer after the same query.
 */
import { sql } from 'drizzle-orm'
import type { Actor, Deps } from '../context'
import { sameBytes, sha256, utf8 } from '../crypto/encoding'
import { DomainError } from '../errors'
import { log } from '../log'
import { isAdmin, permissionsHeldBy } from '../rbac/conditions'
import { withinIpLimit, withinLimit } from '../throttle/rate-limit'
import { partsOf } from './api-key-token'

export interface AuthenticatedKey {
  readonly actor: Actor & { readonly apiKeyId: string }
  /** Its effective permissions: the scopes that its maker holds too. */
  readonly permissions: readonly string[]
}

interface Row {
  readonly secret_hash: string
  readonly last_used_at: number | null
  readonly user_id: number
  readonly subject: string
  readonly is_good: number
  readonly permissions: string
}

const RETRY_AFTER_SECONDS = 60
const USE_NOTED_EVERY_MS = 15 * 60_000
/** Compared if there is no such key, so that this takes just as long. */
const DECOY_HASH = 'A'.repeat(43)

/** The actor behind a key. Throws `invalid_access_token`, and `too_many_attempts` for wrong keys. */
export async function authenticateApiKey(deps: Deps, token: string): Promise<AuthenticatedKey> {
  const parts = partsOf(token)
  const row = parts && (await findKey(deps, parts.id))
  const hash = await sha256(parts?.secret ?? '')
  const isRight = sameBytes(utf8(hash), utf8(row?.secret_hash ?? DECOY_HASH))
  if (!parts || !row || !isRight || row.is_good !== 1) return refuse(deps)
  noteUse(deps, parts.id, row.last_used_at)
  return {
    actor: { userId: row.user_id, subject: row.subject, sid: null, apiKeyId: parts.id },
    permissions: JSON.parse(row.permissions) as string[],
  }
}

/**
 * Counts one request of a key. Call it only after the secret was compared: knowing an id must not
 * be enough to use up its budget. Throws `too_many_attempts`.
 */
export async function countKeyRequest(deps: Deps, keyId: string): Promise<void> {
  if (!(await withinLimit(deps, 'API_KEY_LIMIT', keyId))) throw tooMany()
}

async function findKey(deps: Deps, id: string): Promise<Row | undefined> {
  const maker = sql`users.id`
  const [row] = await deps.db.all<Row>(sql`
    SELECT api_keys.secret_hash, api_keys.last_used_at, users.id AS user_id, users.subject,
      users.status = 'active' AND api_keys.revoked_at IS NULL AND api_keys.expires_at > ${deps.now} AS is_good,
      (SELECT json_group_array(permissions.name) FROM api_key_permissions AS scope
        JOIN permissions ON permissions.id = scope.permission_id
        WHERE scope.api_key_id = api_keys.id
          AND (${isAdmin(maker)} OR permissions.id IN (${permissionsHeldBy(maker)}))) AS permissions
    FROM api_keys LEFT JOIN users ON users.subject = api_keys.maker_subject
    WHERE api_keys.id = ${id}`)
  return row
}

/** A network that keeps sending wrong keys gets 429. Valid keys from that network still work. */
async function refuse(deps: Deps): Promise<never> {
  if (!(await withinIpLimit(deps, 'WRONG_API_KEY_LIMIT'))) throw tooMany()
  throw new DomainError('invalid_access_token')
}

const tooMany = () =>
  new DomainError('too_many_attempts', {
    detail: 'Too many requests with this key',
    retryAfter: RETRY_AFTER_SECONDS,
  })

/** Records the use after the response, at most every 15 minutes. Losing one is harmless. */
function noteUse(deps: Deps, id: string, lastUsedAt: number | null): void {
  const due = deps.now - USE_NOTED_EVERY_MS
  if (lastUsedAt !== null && lastUsedAt > due) return
  const note = deps.db.run(sql`
    UPDATE api_keys SET last_used_at = ${deps.now}
    WHERE id = ${id} AND (last_used_at IS NULL OR last_used_at <= ${due})`)
  deps.waitUntil(Promise.resolve(note).catch(() => log.warn('key_use_not_noted', deps)))
}
