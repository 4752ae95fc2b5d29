/**
 * Erasure deletes the account and everything that belongs to it in one batch. The user's Durable
 * Object keeps only a tombstone. What must happen afterwards (clearing the object and the throttle
 * data about the address, the farewell email) goes to the outbox, with the address encrypted, as no
 * row holds it any more.
 */
import { and, eq, ne, sql } from 'drizzle-orm'
import { forgetMaker } from '../api-keys/revoke-api-key'
import { blankErased } from '../audit/blank'
import type { Precondition } from '../commit/commit'
import { type Actor, type Deps, NO_CLIENT, type Principal } from '../context'
import { addressedMail } from '../mail/messages'
import { anAdminRemains, isThere, canManage } from '../rbac/conditions'
import { commitAndSync } from '../sessions/account-state'
import { type Proof, reauthenticate } from '../step-up/reauthenticate'
import { outbox } from '../tables/outbox'
import { users } from '../tables/users'
import { findTarget, type Target } from '../users/find-target'
import { forgetAddress } from '../users/forget-address'

/**
 * Erases the user's own account. Throws `last_admin`, and what reauthenticate throws.
 */
export async function eraseOwnAccount(
  deps: Deps,
  principal: Principal,
  proof: Proof,
): Promise<void> {
  const { account, unchanged } = await reauthenticate(deps, principal, proof)
  const { user, emailKey, accountState } = account
  const { id, email, full_name: fullName, language } = user
  const target = { id, subject: accountState.subject, email, emailKey, fullName, language }
  await erase(deps, target, { by: 'self', actorId: id }, [
    { ...isThere(target), otherwise: 'unchanged' },
    unchanged,
    anAdminRemains(id),
  ])
}

/** Erases another user's account. Throws `not_found`, `outranked`, `forbidden`, `last_admin`. */
export async function eraseAccount(deps: Deps, actor: Actor, userId: number): Promise<void> {
  const target = await findTarget(deps, userId)
  await erase(deps, target, { by: 'admin', actorId: actor.userId }, [
    ...canManage(actor, target),
    anAdminRemains(userId),
  ])
}

type Erased = Omit<Target, 'status'>

async function erase(
  deps: Deps,
  target: Erased,
  { by, actorId }: { by: 'self' | 'admin'; actorId: number },
  preconditions: Precondition[],
): Promise<void> {
  const forgetting = await forgetAddress(deps, target)
  // Do not keep the request metadata of users who erase their own account either.
  const recorded = actorId === target.id ? { ...deps, client: NO_CLIENT } : deps
  await commitAndSync(recorded, target.subject, {
    preconditions,
    change: [
      deps.db.delete(users).where(eq(users.id, target.id)),
      // A pending `sync-authority` is kept: it will find no row, which is what the object must
      // learn.
      deps.db
        .delete(outbox)
        .where(and(eq(outbox.subject, target.subject), ne(outbox.kind, 'sync-authority'))),
      forgetMaker(deps, target.subject),
      ...blankErased(target.id),
      ...forgetting.change,
      // Dead-lettered events about the user. Each contains the random subject.
      sql`DELETE FROM parked_events WHERE instr(message, ${target.subject}) > 0`,
    ],
    audit: [{ event: 'user.erased', actor: actorId, target: target.id, data: { by } }],
    outbox: [forgetting.outbox, await addressedMail(deps, 'account-erased', target)],
  })
}
