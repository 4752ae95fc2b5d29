/**
 * FTS5 does not remove text from its pages when a user is erased or renamed. The trigrams of their
 * old address stay behind a tombstone until segments are merged, which may never happen by itself.
 * This job merges the whole index if it contains a tombstone, so that a day later none of that text
 * is left.
 */
import { sql } from 'drizzle-orm'
import type { Deps } from '../context'

/** 4 KB each. The index of 20,000 users has 835 pages and merges within 0.1 s. */
const PAGES_A_STEP = 4_000
const STEPS = 25

/**
 * Returns the number of steps, and whether something is left for the next run (`left` is 0 or 1).
 */
export async function mergeSearchIndex(
  deps: Deps,
  { pages, most }: { pages: number; most: number } = { pages: PAGES_A_STEP, most: STEPS },
): Promise<{ steps: number; left: number }> {
  let isNew = true
  for (let steps = 0; steps < most; steps++) {
    if (!(await hasTombstone(deps))) return { steps, left: 0 }
    // A negative number of pages starts a merge of the whole index, a positive one continues it.
    const rank = isNew ? -pages : pages
    const { meta } = await deps.db.run(
      sql`INSERT INTO users_search (users_search, rank) VALUES ('merge', CAST(${rank} AS INTEGER))`,
    )
    // The command itself counts as one change. No more means that writes in between stopped the
    // merge.
    isNew = meta.changes <= 1
  }
  return { steps: most, left: (await hasTombstone(deps)) ? 1 : 0 }
}

/** Tombstone pages have ids above all others (FTS5_TOMBSTONE_ROWID in SQLite's fts5_index.c). */
async function hasTombstone(deps: Deps): Promise<boolean> {
  const found = await deps.db.all(
    sql`SELECT 1 AS one FROM users_search_data WHERE id >= 1 << 53 LIMIT 1`,
  )
  return found.length > 0
}
