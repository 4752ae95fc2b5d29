import { eq, sql } from 'drizzle-orm'
import { commit, type Precondition } from '../commit/commit'
import type { Deps, Principal } from '../context'
import { DomainError, invalidFields } from '../errors'
import { users } from '../tables/users'
import { MAX_PREFERENCES_BYTES, MAX_PREFERENCES_KEYS } from './preferences'
import { findUser, type User } from './user-view'

/** Undefined leaves a field as it is; null clears it. `preferences` is a merge patch (RFC 7396). */
export interface ProfileChange {
  full_name?: string | undefined
  bio?: string | null | undefined
  avatar_url?: string | null | undefined
  language?: string | undefined
  preferences?: Record<string, unknown> | null | undefined
}

/**
 * Updates the caller's profile in one statement, so parallel edits of different preferences both
 * survive. Throws `validation_failed` if the merged preferences would exceed their limits,
 * `invalid_access_token` if the account no longer exists.
 */
export async function updateProfile(
  deps: Deps,
  principal: Principal,
  change: ProfileChange,
): Promise<User> {
  const fields = Object.entries(change).flatMap(([name, value]) =>
    value === undefined ? [] : name,
  )
  const merged = mergedPreferences(change.preferences)
  if (fields.length > 0) {
    await commit(deps, {
      preconditions: [
        isStillTheirs(principal),
        ...(merged ? withinLimits(principal.userId, merged) : []),
      ],
      change: [
        deps.db
          .update(users)
          .set({
            ...(change.full_name !== undefined && { fullName: change.full_name }),
            ...(change.bio !== undefined && { bio: change.bio }),
            ...(change.avatar_url !== undefined && { avatarUrl: change.avatar_url }),
            ...(change.language !== undefined && { language: change.language }),
            ...(merged && { preferences: merged }),
            updatedAt: deps.now,
          })
          .where(eq(users.id, principal.userId)),
      ],
      audit: [
        {
          event: 'user.profile_updated',
          actor: principal.userId,
          target: principal.userId,
          data: { fields },
        },
      ],
    })
  }
  const user = await findUser(deps, { subject: principal.subject })
  if (!user) throw new DomainError('invalid_access_token')
  return user
}

/**
 * Precondition: the account still exists. If D1 was restored to a time before the account was
 * created, its id may belong to another user, so the subject is compared too.
 */
const isStillTheirs = ({ userId, subject }: Principal): Precondition => ({
  name: 'account_is_there',
  holds: sql`EXISTS (SELECT 1 FROM ${users} WHERE ${users.id} = ${userId} AND ${users.subject} = ${subject})`,
  otherwise: 'invalid_access_token',
})

const mergedPreferences = (patch: ProfileChange['preferences']) => {
  if (patch === undefined) return undefined
  return patch === null
    ? sql`'{}'`
    : sql`json_patch(${users.preferences}, ${JSON.stringify(patch)})`
}

function withinLimits(userId: number, merged: ReturnType<typeof sql>): Precondition[] {
  const refuse = (code: string, message: string): DomainError =>
    invalidFields([{ path: 'preferences', code, message }])
  return [
    {
      name: 'preferences_bytes',
      holds: sql`SELECT octet_length(${merged}) <= ${MAX_PREFERENCES_BYTES} FROM ${users} WHERE ${users.id} = ${userId}`,
      otherwise: refuse(
        'too_large',
        `Preferences can have at most ${MAX_PREFERENCES_BYTES} bytes after merging`,
      ),
    },
    {
      name: 'preferences_keys',
      holds: sql`SELECT count(*) <= ${MAX_PREFERENCES_KEYS} FROM ${users}, json_tree(${merged}) AS node WHERE ${users.id} = ${userId} AND typeof(node.key) = 'text'`,
      otherwise: refuse(
        'too_many_keys',
        `Preferences can have at most ${MAX_PREFERENCES_KEYS} keys after merging`,
      ),
    },
  ]
}
