import { sql } from 'drizzle-orm'
import { type AndKeys, endKeys, WITHOUT_KEYS } from '../api-keys/revoke-api-key'
import type { Deps, Principal } from '../context'
import { sessionHash } from '../crypto/session-hash'
import { commit } from '../commit/commit'
import { commitAndRevoke } from '../sessions/revoke-session'
import { users } from '../tables/users'
import { endBegun } from './new-password'

/**
 * "Sign out everywhere else": ends every other session of the caller, and with them what was begun under
 * the account's credentials and is not finished: a change of address, the set-up of a second factor, a
 * sign-in that waits for its second step. The caller's API keys end in the same batch if asked to, so
 * that none is made by one of those sessions in between. Twice at once is as good as once. Throws
 * `effect_pending`.
 */
export async function endOtherSessions(
  deps: Deps,
  principal: Principal,
  andKeys: AndKeys = WITHOUT_KEYS,
): Promise<void> {
  const { userId: id, subject, sid, credentialVersion } = principal
  const ended = endKeys(deps, andKeys, { actor: id, target: { id, subject } })
  const isChanged = await commitAndRevoke(
    deps,
    subject,
    null,
    {
      preconditions: [
        {
          // Otherwise another change of credentials has ended what was begun, and says what it keeps.
          name: 'same_credentials',
          holds: sql`EXISTS (SELECT 1 FROM ${users} WHERE ${users.id} = ${id} AND ${users.subject} = ${subject}
            AND ${users.credentialVersion} = ${credentialVersion})`,
          otherwise: 'unchanged',
        },
      ],
      change: [endBegun(deps, id)],
      audit: [{ event: 'user.sessions_revoked', actor: id, target: id, data: {} }, ...ended.audit],
      after: ended.after,
    },
    { session: sessionHash(sid), credentialVersion: credentialVersion + 1 },
  )
  // The other change may have been asked for without the keys.
  if (!isChanged && andKeys.keys) await commit(deps, { change: [], ...ended })
}
