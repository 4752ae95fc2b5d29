import { sql } from 'drizzle-orm'
import type { Deps } from '../context'
import type { Statement } from '../db/batch'
import { type ListPage, type Position, readListPage } from '../http/list-page'
import { type ApiKey, type ApiKeyRow, toApiKey } from './api-key-view'

const PAGE_SIZE = 50

const columns = sql`api_keys.id, api_keys.name, api_keys.made_by, api_keys.created_at,
  api_keys.expires_at, api_keys.last_used_at, api_keys.revoked_at,
  (SELECT json_group_array(permissions.name) FROM api_key_permissions AS scope
    JOIN permissions ON permissions.id = scope.permission_id
    WHERE scope.api_key_id = api_keys.id) AS permissions`

/** The content of a cursor: creation time in milliseconds and id of the last key. */
export const API_KEY_ORDER = /^\d{1,15} [\w-]{22}$/

/** The keys of all users, newest first, including expired and revoked ones. */
export async function listApiKeys(
  deps: Deps,
  from: Position | undefined,
): Promise<ListPage<ApiKey>> {
  const [instant, id] = from?.after.split(' ') ?? []
  const page = await readListPage<ApiKeyRow>(deps, {
    rows: sql`SELECT ${columns} FROM api_keys INDEXED BY api_keys_newest
      WHERE ${from ? sql`(created_at, id) < (${Number(instant)}, ${id})` : sql`1`}
      ORDER BY created_at DESC, id DESC LIMIT ${PAGE_SIZE + 1}`,
    all: sql`SELECT 1 FROM api_keys`,
    size: PAGE_SIZE,
    from,
    keyOf: (row) => `${row.created_at} ${row.id}`,
  })
  return { ...page, items: page.items.map(toApiKey) }
}

/** The live keys of one user, newest first. */
export const liveKeysOf = (deps: Pick<Deps, 'now'>, subject: string): Statement => sql`
  SELECT ${columns} FROM api_keys
  WHERE maker_subject = ${subject} AND revoked_at IS NULL AND expires_at > ${deps.now}
  ORDER BY created_at DESC, id DESC`

/** Whether a user has a live key. */
export async function hasLiveKeys(deps: Deps, userId: number): Promise<boolean> {
  const rows = await deps.db.all(sql`
    SELECT 1 FROM api_keys WHERE maker_subject = (SELECT subject FROM users WHERE id = ${userId})
      AND revoked_at IS NULL AND expires_at > ${deps.now} LIMIT 1`)
  return rows.length > 0
}

/** All keys of one user, including expired and revoked ones, for the user's export. */
export async function apiKeysOf(deps: Deps, subject: string): Promise<ApiKey[]> {
  const rows = await deps.db.all<ApiKeyRow>(sql`
    SELECT ${columns} FROM api_keys WHERE maker_subject = ${subject} ORDER BY created_at, id`)
  return rows.map(toApiKey)
}
