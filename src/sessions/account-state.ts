/**
 * Authority: the snapshot of a user that their object acts on. D1 holds the truth; `syncAuthority` is
 * the one way to tell the object, safe to be late, repeated or out of order. `commitAndSync` changes
 * D1 and tells the object before the caller is answered; its outbox row makes up for any death between.
 * `commitAndPerform` is the same for any effect that a row can repeat.
 */
import { sql } from 'drizzle-orm'
import type { Deps } from '../context'
import { randomId } from '../crypto/encoding'
import { type Change, commit, type OutboxEntry, wakeOutbox } from '../commit/commit'
import { DomainError } from '../errors'
import { outbox } from '../tables/outbox'
import { users } from '../tables/users'
import type { Authority, KeptSession, Versions } from './session-types'
import { sessionsOf } from './object-stub'
import { log } from '../log'

/** Columns from which an authority is made: select them in any query over `users`. */
export const authorityColumns = {
  subject: users.subject,
  // Every column of a query needs a name of its own (db/meter.ts), and `id` is the User's.
  userId: sql<number>`users.id`.as('user_id'),
  authVersion: users.authVersion,
  credentialVersion: users.credentialVersion,
  status: users.status,
  passwordExpiresAt: users.passwordExpiresAt,
  twoFactorEnabledAt: users.twoFactorEnabledAt,
  roleIds:
    sql<string>`(SELECT json_group_array(user_roles.role_id) FROM user_roles WHERE user_roles.user_id = users.id)`.as(
      'role_ids',
    ),
}

interface AuthorityRow {
  subject: string
  userId: number
  authVersion: number
  credentialVersion: number
  status: string
  passwordExpiresAt: number | null
  twoFactorEnabledAt: number | null
  roleIds: string
}

export const toAuthority = (row: AuthorityRow): Authority => ({
  subject: row.subject,
  userId: row.userId,
  authVersion: row.authVersion,
  credentialVersion: row.credentialVersion,
  isBlocked: row.status !== 'active',
  roleIds: (JSON.parse(row.roleIds) as number[]).sort((a, b) => a - b),
  passwordExpiresAt: row.passwordExpiresAt,
  isTwoFactorEnabled: row.twoFactorEnabledAt !== null,
})

/**
 * The session that the newest change of credentials keeps, as that change's own row of the outbox says.
 * Any call that tells the object of the change must keep it, or a call that overtakes the change's own
 * would sign the user out. At most one row is of that version; max() reads the same rows every time.
 */
const keptColumn = sql<string | null>`(SELECT max(${outbox.payload} -> '$.keep') FROM ${outbox}
  WHERE ${outbox.subject} = users.subject AND ${outbox.kind} IN ('sync-authority', 'end-sessions')
    AND ${outbox.payload} ->> '$.keep.credentialVersion' = users.credential_version)`

/** Overtaken once, set back once, told: and one to spare. */
const ROUNDS = 4

/**
 * Reads the user's authority from D1 now and hands it to their object; no row means erased. An object
 * that is ahead of D1 (a restore) has D1's versions raised past it, and gets them in the next round.
 */
export async function syncAuthority(
  deps: Deps,
  subject: string,
  keep?: KeptSession,
): Promise<Authority | null> {
  for (let round = 0; round < ROUNDS; round++) {
    const [row] = await deps.db
      .select({
        ...authorityColumns,
        homeRegion: users.homeRegion,
        passwordSetAt: users.passwordChangedAt,
        kept: keptColumn.as('kept'),
      })
      .from(users)
      .where(sql`${users.subject} = ${subject}`)
    const authority = row ? toAuthority(row) : null
    const object = sessionsOf(deps, subject, row?.homeRegion)
    const isOwn = keep !== undefined && keep.credentialVersion === authority?.credentialVersion
    const kept = row?.kept ? (JSON.parse(row.kept) as KeptSession) : null
    const result = await object.syncAuthority(authority, isOwn ? keep : kept, row?.passwordSetAt)
    if (result.status === 'taken') return authority
    if (result.status === 'erased') return null
    // The first time, a newer sync may merely have overtaken this one; a D1 that is still behind
    // when read again was set back.
    if (row && round > 0) await raisePast(deps, row, result)
  }
  throw new Error('the object and D1 do not agree on the authority')
}

/** Unless somebody changed the user since `row` was read, in which case the next round will see. */
const raisePast = (deps: Deps, row: AuthorityRow, seen: Versions) =>
  deps.db.run(sql`
    UPDATE ${users} SET
      auth_version = ${seen.authVersion} + 1,
      credential_version = max(credential_version, ${seen.credentialVersion}) + 1
    WHERE subject = ${row.subject} AND auth_version = ${row.authVersion}`)

const RETRY_AFTER_SECONDS = 60
/** By then the direct attempt has succeeded or given up, so the cron may take over. */
const DIRECT_ATTEMPT_MS = 20_000

/**
 * Commits a change to one user's authority and tells their object before returning, also when nothing
 * had to change, so that a repeated request never answers over a pending effect. Throws
 * `effect_pending` when the object could not be told: the change is saved and the outbox goes on.
 */
export const commitAndSync = (
  deps: Deps,
  subject: string,
  change: Change,
  keep?: KeptSession,
): Promise<boolean> =>
  commitAndPerform(deps, change, { kind: 'sync-authority', subject, payload: { keep } }, () =>
    syncAuthority(deps, subject, keep),
  )

/** Commits a change and what it owes, and performs that before returning. Throws as above. */
export async function commitAndPerform(
  deps: Deps,
  change: Change,
  owed: OutboxEntry,
  effect: () => Promise<unknown>,
): Promise<boolean> {
  const id = randomId()
  const isChanged = await commit(deps, {
    ...change,
    outbox: [...(change.outbox ?? []), { ...owed, id, notBefore: deps.now + DIRECT_ATTEMPT_MS }],
  })
  try {
    await twice(effect)
  } catch (cause) {
    wakeOutbox(deps, [id], DIRECT_ATTEMPT_MS / 1000)
    throw new DomainError('effect_pending', { retryAfter: RETRY_AFTER_SECONDS, cause })
  }
  // Done already; if this fails the outbox does it once more, which changes nothing.
  if (isChanged) deps.waitUntil(forget(deps, id))
  return isChanged
}

const forget = async (deps: Deps, id: string): Promise<void> => {
  try {
    await deps.db.run(sql`DELETE FROM ${outbox} WHERE id = ${id}`)
  } catch {
    log.warn('outbox_row_left', deps)
  }
}

/** Once more, unless it was too much already: an overloaded object is not asked again at once. */
async function twice<T>(attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt()
  } catch (error) {
    if (error instanceof Error && 'overloaded' in error && error.overloaded === true) throw error
    return attempt()
  }
}
