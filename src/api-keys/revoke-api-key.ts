import { and, eq, isNull, sql } from 'drizzle-orm'
import { type Change, commit, type Precondition, type UserRef } from '../commit/commit'
import type { Deps, Principal } from '../context'
import type { Statement } from '../db/batch'
import { DomainError } from '../errors'
import { hasPermissionNow } from '../rbac/conditions'
import { apiKeys } from '../tables/api-keys'

/**
 * Revokes an API key of any user. Takes effect before this returns; repeating it changes nothing.
 * Throws `not_found`, `forbidden`.
 */
export async function revokeApiKey(deps: Deps, actor: Principal, id: string): Promise<void> {
  const [key] = await deps.db
    .select({ makerSubject: apiKeys.makerSubject })
    .from(apiKeys)
    .where(eq(apiKeys.id, id))
  if (!key) throw new DomainError('not_found')
  const target = key.makerSubject === null ? null : { subject: key.makerSubject }
  await revoke(deps, actor, { id, target, unless: [hasPermissionNow(actor, 'admin:system')] })
}

/**
 * Revokes one of the caller's own keys, which requires no permission. A user who lost the
 * permission may still have live keys, which would work again if the permission came back. Throws
 * `not_found` for another user's key as for an unknown one.
 */
export async function revokeOwnApiKey(deps: Deps, owner: Principal, id: string): Promise<void> {
  const isOwn: Precondition = {
    name: 'key_is_own',
    holds: sql`EXISTS (SELECT 1 FROM api_keys WHERE id = ${id} AND maker_subject = ${owner.subject})`,
    otherwise: 'not_found',
  }
  await revoke(deps, owner, { id, target: owner.userId, unless: [isOwn] })
}

const revoke = (
  deps: Deps,
  actor: Principal,
  { id, target, unless }: { id: string; target: UserRef; unless: readonly Precondition[] },
): Promise<boolean> =>
  commit(deps, {
    preconditions: [
      ...unless,
      {
        name: 'not_revoked',
        holds: sql`EXISTS (SELECT 1 FROM api_keys WHERE id = ${id} AND revoked_at IS NULL)`,
        otherwise: 'unchanged',
      },
    ],
    change: [deps.db.update(apiKeys).set({ revokedAt: deps.now }).where(eq(apiKeys.id, id))],
    audit: [{ event: 'api_key.revoked', actor: actor.userId, target, data: { key_id: id } }],
  })

/** Whether an action that revokes sessions also revokes the user's API keys. */
export interface AndKeys {
  readonly keys: boolean
}
export const WITHOUT_KEYS: AndKeys = { keys: false }

type PartOfChange = Required<Pick<Change, 'after' | 'audit'>>

/**
 * The part of a change that revokes every key of a user, because a stolen session may have created
 * one. Includes expired keys: while the clock is ahead, live ones look expired. One event lists
 * them all; if there are none, no event is written.
 */
export function revokeKeys(
  deps: Deps,
  { keys }: AndKeys,
  { actor, target }: { actor: number | null; target: { id: number; subject: string } },
): PartOfChange {
  if (!keys) return { after: [], audit: [] }
  const live = sql`api_keys WHERE maker_subject = ${target.subject} AND revoked_at IS NULL`
  return {
    after: [revokeKeysOf(deps, target.subject)],
    audit: [
      {
        event: 'api_key.all_revoked',
        actor,
        target: target.id,
        data: { key_ids: [] },
        computed: sql`(SELECT json_object('key_ids', json_group_array(id)) FROM ${live})`,
        onlyIf: sql`EXISTS (SELECT 1 FROM ${live})`,
      },
    ],
  }
}

const revokeKeysOf = (deps: Deps, subject: string): Statement =>
  deps.db
    .update(apiKeys)
    .set({ revokedAt: deps.now })
    .where(and(eq(apiKeys.makerSubject, subject), isNull(apiKeys.revokedAt)))

/** The same for a user who is erased. The rows keep nothing about the user but a bare id. */
export const forgetMaker = (deps: Deps, subject: string): Statement =>
  deps.db
    .update(apiKeys)
    .set({
      revokedAt: sql`coalesce(${apiKeys.revokedAt}, ${deps.now})`,
      makerSubject: null,
      name: '',
    })
    .where(eq(apiKeys.makerSubject, subject))
