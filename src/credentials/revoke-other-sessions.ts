import { sql } from 'drizzle-orm'
import { type AndKeys, revokeKeys, WITHOUT_KEYS } from '../api-keys/revoke-api-key'
import { commit } from '../commit/commit'
import type { Deps, Principal } from '../context'
import { sessionHash } from '../crypto/session-hash'
import { commitAndRevoke } from '../sessions/revoke-session'
import { users } from '../tables/users'
import { revokePending } from './new-password'

/**
 * "Sign out everywhere else": revokes every other session of the caller, and cancels what is pending
 * under the account's credentials: an email change, a second-factor setup, a sign-in waiting for
 * its second step. If `andKeys` says so, the caller's API keys are revoked in the same batch, so
 * that none of those sessions can create one in between. Concurrent calls have the same result as
 * one. Throws `effect_pending`.
 */
export async function revokeOtherSessions(
  deps: Deps,
  principal: Principal,
  andKeys: AndKeys = WITHOUT_KEYS,
): Promise<void> {
  const { userId: id, subject, sid, credentialVersion } = principal
  const revokedKeys = revokeKeys(deps, andKeys, { actor: id, target: { id, subject } })
  const isChanged = await commitAndRevoke(
    deps,
    subject,
    null,
    {
      preconditions: [
        {
          // Otherwise a concurrent change of credentials has already cancelled what was pending and
          // decided which session to keep.
          name: 'same_credentials',
          holds: sql`EXISTS (SELECT 1 FROM ${users} WHERE ${users.id} = ${id} AND ${users.subject} = ${subject}
            AND ${users.credentialVersion} = ${credentialVersion})`,
          otherwise: 'unchanged',
        },
      ],
      change: [revokePending(deps, id)],
      audit: [
        { event: 'user.sessions_revoked', actor: id, target: id, data: {} },
        ...revokedKeys.audit,
      ],
      after: revokedKeys.after,
    },
    { session: sessionHash(sid), credentialVersion: credentialVersion + 1 },
  )
  // The concurrent change may not have revoked the API keys.
  if (!isChanged && andKeys.keys) await commit(deps, { change: [], ...revokedKeys })
}
