import { sql } from 'drizzle-orm'
import { type AndKeys, revokeKeys, WITHOUT_KEYS } from '../api-keys/revoke-api-key'
import type { Actor, Deps } from '../context'
import { removeFactor } from '../factors/totp/disable'
import { notification } from '../mail/messages'
import { deleteAllPasskeys } from '../passkeys/forget'
import { canManage, isNotSelf } from '../rbac/conditions'
import { commitAndSync } from '../sessions/account-state'
import { findTarget } from '../users/find-target'
import { revokeKeysAlone } from './revoke-keys'

/** What a reset removed, for the admin. Trusted browsers lose their trust with it. */
export interface RemovedFactors {
  readonly isTotp: boolean
  readonly recoveryCodes: number
  readonly passkeys: number
}

const NOTHING: RemovedFactors = { isTotp: false, recoveryCodes: 0, passkeys: 0 }

/**
 * Removes another user's second factor, recovery codes and passkeys, ends the trust in browsers and
 * revokes the sessions. Also revokes the API keys if asked to, even if there was nothing else to remove.
 * Throws `not_found`, `outranked`, `forbidden`.
 */
export async function resetSecondFactor(
  deps: Deps,
  actor: Actor,
  userId: number,
  andKeys: AndKeys = WITHOUT_KEYS,
): Promise<RemovedFactors> {
  const target = await findTarget(deps, userId)
  const held = await factorsOf(deps, userId)
  const revokedKeys = revokeKeys(deps, andKeys, { actor: actor.userId, target })
  const isChanged = await commitAndSync(deps, target.subject, {
    preconditions: [
      ...canManage(actor, target),
      isNotSelf(actor, target),
      {
        name: 'two_factor_there',
        holds: sql`EXISTS (SELECT 1 FROM users WHERE id = ${userId} AND (two_factor_enabled_at IS NOT NULL OR two_factor_pending_until IS NOT NULL))
          OR EXISTS (SELECT 1 FROM passkeys WHERE user_id = ${userId})`,
        otherwise: 'unchanged',
      },
    ],
    change: [deleteAllPasskeys(deps, userId), ...removeFactor(deps, userId)],
    audit: [
      { event: 'admin.two_factor_reset', actor: actor.userId, target: userId, data: {} },
      ...revokedKeys.audit,
    ],
    after: revokedKeys.after,
    outbox: notification(deps, target.subject, 'two-factor-reset'),
  })
  if (isChanged) return held
  await revokeKeysAlone(deps, actor, target, andKeys)
  return NOTHING
}

async function factorsOf(deps: Deps, userId: number): Promise<RemovedFactors> {
  const [row] = await deps.db.all<{ totp: number; codes: number; passkeys: number }>(sql`
    SELECT users.two_factor_enabled_at IS NOT NULL AS totp,
      (SELECT count(*) FROM recovery_codes WHERE user_id = users.id) AS codes,
      (SELECT count(*) FROM passkeys WHERE user_id = users.id) AS passkeys
    FROM users WHERE users.id = ${userId}`)
  if (!row) return NOTHING
  return { isTotp: row.totp === 1, recoveryCodes: row.codes, passkeys: row.passkeys }
}
