import { sql } from 'drizzle-orm'
import type { Deps } from '../context'
import { runBatch } from '../db/batch'
import { onReplica } from '../db/replica'
import { users } from '../tables/users'

/** A user's name and address, for places that have only the id. */
export interface NamedUser {
  readonly id: number
  readonly full_name: string
  readonly email: string
}

/** The names of users by id, without those that were deleted. One query, by primary key. */
export async function findNames(
  deps: Deps,
  ids: Iterable<number | null>,
): Promise<ReadonlyMap<number, NamedUser>> {
  const wanted = [...new Set(ids)].filter((id) => id !== null)
  if (wanted.length === 0) return new Map()
  const [found] = await runBatch(onReplica(deps), [
    sql`
      SELECT id, full_name, email FROM ${users}
      WHERE id IN (SELECT value FROM json_each(${JSON.stringify(wanted)}))`,
  ])
  return new Map(((found?.results ?? []) as NamedUser[]).map((user) => [user.id, user]))
}
