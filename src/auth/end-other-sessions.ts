import { sql } from 'drizzle-orm'
import type { Deps, Principal } from '../context'
import { sessionHash } from '../crypto/session-hash'
import { commitAndRevoke } from '../sessions/revoke'
import { users } from '../users/schema'
import { endBegun } from './new-password'

/**
 * "Sign out everywhere else": ends every other session of the caller, and with them what was begun under
 * the account's credentials and is not finished: a change of address, the set-up of a second factor, a
 * sign-in that waits for its second step. Twice at once is as good as once. Throws `effect_pending`.
 */
export async function endOtherSessions(deps: Deps, principal: Principal): Promise<void> {
  const { userId: id, subject, sid, credentialVersion } = principal
  await commitAndRevoke(
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
      audit: [{ event: 'user.sessions_revoked', actor: id, target: id, data: {} }],
    },
    { session: sessionHash(sid), credentialVersion: credentialVersion + 1 },
  )
}
