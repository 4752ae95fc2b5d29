import { sql } from 'drizzle-orm'
import { commit } from '../commit/commit'
import type { Actor, Deps } from '../context'
import { runBatch } from '../db/batch'
import type { EventName } from '../events'
import { sessionsOf } from '../sessions/object-stub'
import type { ListedSession } from '../sessions/session-types'
import {
  type AdminUser,
  findAdminUser,
  type ListedUser,
  toListedUser,
} from '../user-search/admin-user'
import { exactUser } from '../user-search/exact-user'
import type { ListedRow } from '../user-search/listed-user'
import { findTarget, userNotFound } from '../users/find-target'
import { type MadeBy, madeBy } from '../webhooks/made-by'

/** Returns a user's account with its lockouts, and logs the view. Throws `not_found`. */
export async function getUser(deps: Deps, actor: Actor, userId: number): Promise<AdminUser> {
  const user = await findAdminUser(deps, userId)
  if (!user) throw userNotFound()
  await recordView(deps, actor, userId, 'admin.user_viewed')
  return user
}

/**
 * The same without the lockouts, which only the user's Durable Object knows: cheap enough for bulk
 * actions. Throws `not_found`.
 */
export async function getListedUser(deps: Deps, actor: Actor, userId: number): Promise<ListedUser> {
  const [found] = await runBatch(deps, [exactUser(sql`users.id = ${userId}`)])
  const [row] = (found?.results ?? []) as ListedRow[]
  if (!row) throw userNotFound()
  await recordView(deps, actor, userId, 'admin.user_viewed')
  return toListedUser(row)
}

/** Returns a user's live sessions, API keys and webhooks, and logs the view. Throws `not_found`. */
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
    // By subject, not by id: after D1 is restored to an earlier state, an id may belong to another
    // user.
    audit: [{ event, actor: { subject: actor.subject }, target: userId, data: {} }],
  })
