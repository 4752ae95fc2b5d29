/**
 * FTS5 takes nothing out of its pages when a user is erased or renamed: the trigrams of his address stay
 * there behind a tombstone until segments are merged, which by itself may be never. This merges the
 * whole index, and only where there is a tombstone, so that a day later nothing of him is left.
 */
import { sql } from 'drizzle-orm'
import type { Deps } from '../context'

/** 4 KB each; 835 are the index of 20,000 users, and merge within 0.1 s. */
const PAGES_A_STEP = 4_000
const STEPS = 25

/** How many steps it took, and whether something is left for tomorrow: 0 or 1. */
export async function mergeSearchIndex(
  deps: Deps,
  { pages, most }: { pages: number; most: number } = { pages: PAGES_A_STEP, most: STEPS },
): Promise<{ steps: number; left: number }> {
  let isNew = true
  for (let steps = 0; steps < most; steps++) {
    if (!(await hasTombstone(deps))) return { steps, left: 0 }
    // A negative number of pages begins a merge of everything, a positive one goes on with it.
    const rank = isNew ? -pages : pages
    const { meta } = await deps.db.run(
      sql`INSERT INTO users_search (users_search, rank) VALUES ('merge', CAST(${rank} AS INTEGER))`,
    )
    // The command itself counts as one change: writes in between have brought the merge to a halt.
    isNew = meta.changes <= 1
  }
  return { steps: most, left: (await hasTombstone(deps)) ? 1 : 0 }
}

/** Its pages of tombstones stand above every other (FTS5_TOMBSTONE_ROWID in SQLite's fts5_index.c). */
async function hasTombstone(deps: Deps): Promise<boolean> {
  const found = await deps.db.all(
    sql`SELECT 1 AS one FROM users_search_data WHERE id >= 1 << 53 LIMIT 1`,
  )
  return found.length > 0
}
