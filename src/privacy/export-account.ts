/** Everything held about one user, from D1 and from his object, in one readable document. */
import { asc, eq } from 'drizzle-orm'
import { auditLog } from '../audit/schema'
import { oneTimeTokens } from '../auth/schema'
import type { Deps, Principal } from '../context'
import { commit } from '../db/commit'
import { DomainError } from '../errors'
import { roles, userRoles } from '../rbac/schema'
import { sessionsOf } from '../sessions/authority'
import { toSessionViews } from '../sessions/session-view'
import { countRecoveryCodes } from '../two-factor/recovery-codes'
import { users } from '../users/schema'
import { findUser } from '../users/user-view'

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString())

/**
 * The export of one's own account (GDPR article 15 and 20). Secrets are named, not shown: neither hashes
 * nor tokens are of use to their owner. That it was made is recorded.
 */
export async function exportAccount(deps: Deps, principal: Principal) {
  const { userId, subject, sid } = principal
  const user = await findUser(deps, eq(users.subject, subject))
  if (!user) throw new DomainError('invalid_access_token')
  await commit(deps, {
    change: [],
    audit: [{ event: 'user.exported', actor: userId, target: userId, data: {} }],
  })
  const object = sessionsOf(deps, subject)
  const [held, grants, tokens, events, recoveryCodes] = await Promise.all([
    object.describe(),
    deps.db
      .select({ role: roles.name, assignedAt: userRoles.assignedAt })
      .from(userRoles)
      .innerJoin(roles, eq(roles.id, userRoles.roleId))
      .where(eq(userRoles.userId, userId)),
    deps.db
      .select({
        purpose: oneTimeTokens.purpose,
        email: oneTimeTokens.email,
        expiresAt: oneTimeTokens.expiresAt,
      })
      .from(oneTimeTokens)
      .where(eq(oneTimeTokens.userId, userId)),
    deps.db.select().from(auditLog).where(eq(auditLog.targetId, userId)).orderBy(asc(auditLog.id)),
    countRecoveryCodes(deps, userId),
  ])
  return {
    exported_at: iso(deps.now),
    account: user,
    roles: grants.map(({ role, assignedAt }) => ({ role, assigned_at: iso(assignedAt) })),
    sessions: toSessionViews(held.sessions, sid),
    devices: held.devices.map((each) => ({
      device: each.device,
      last_seen_at: iso(each.lastSeenAt),
    })),
    second_factor: { enabled: user.two_factor_enabled, recovery_codes_left: recoveryCodes },
    mailed_links: tokens.map((each) => ({
      purpose: each.purpose,
      email: each.email,
      expires_at: iso(each.expiresAt),
    })),
    activity: events.map((each) => ({
      id: each.id,
      at: iso(each.at),
      action: each.event,
      by_yourself: each.actorId === userId,
      ip: each.ip,
      country: each.country,
      user_agent: each.userAgent,
      data: JSON.parse(each.data) as unknown,
    })),
  }
}
