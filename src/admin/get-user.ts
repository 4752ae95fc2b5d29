import { eq } from 'drizzle-orm'
import type { Actor, Deps } from '../context'
import { commit } from '../db/commit'
import type { EventName } from '../events'
import { sessionsOf } from '../sessions/authority'
import type { ListedSession } from '../sessions/session-types'
import { type MadeBy, madeBy } from '../webhooks/made-by'
import { findTarget, userNotFound } from '../users/find-target'
import { users } from '../users/schema'
import { findUser, type User } from '../users/user-view'

/** One user's account; that it was looked at is recorded. Throws `not_found`. */
export async function getUser(deps: Deps, actor: Actor, userId: number): Promise<User> {
  const user = await findUser(deps, eq(users.id, userId))
  if (!user) throw userNotFound()
  await recordView(deps, actor, userId, 'admin.user_viewed')
  return user
}

/**
 * One user's live sessions, API keys and webhooks; that they were looked at is recorded. Throws
 * `not_found`.
 */
export async function getUserSessions(
  deps: Deps,
  actor: Actor,
  userId: number,
): Promise<{ sessions: ListedSession[]; made: MadeBy }> {
  const { subject } = await findTarget(deps, userId)
  const [sessions, made] = await Promise.all([
    sessionsOf(deps, subject).listSessions(),
    madeBy(deps, { userId, subject }),
  ])
  await recordView(deps, actor, userId, 'admin.sessions_viewed')
  return { sessions, made }
}

const recordView = (
  deps: Deps,
  actor: Actor,
  userId: number,
  event: Extract<EventName, 'admin.user_viewed' | 'admin.sessions_viewed'>,
) =>
  commit(deps, {
    change: [],
    // By his random name: a number may be another's once D1 was set back.
    audit: [{ event, actor: { subject: actor.subject }, target: userId, data: {} }],
  })
