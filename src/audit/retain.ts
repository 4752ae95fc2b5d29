/**
 * Retention: deletes events when the retention time of their class is over, in bounded batches,
 * oldest first. The cut-offs are written in the batch that deletes. A trigger on the log enforces
 * them and refuses to delete any other row. The next run continues an interrupted one.
 */
import { sql } from 'drizzle-orm'
import type { Deps } from '../context'
import { runBatch, type Statement } from '../db/batch'
import { EVENTS } from '../event-traits'
import { DAY_MS } from '../time'

/** Deletes expired events. Returns how many were deleted, at most `rows * batches`. */
export async function deleteExpiredEvents(
  deps: Deps,
  bounds: { rows: number; batches: number } = { rows: 5000, batches: 200 },
): Promise<number> {
  let total = 0
  for (let n = 0; n < bounds.batches; n++) {
    const results = await runBatch(deps, [setCutOffs(deps), deleteExpired(bounds.rows)])
    const deleted = results[1]?.meta.changes ?? 0
    total += deleted
    if (deleted < bounds.rows) break
  }
  return total
}

/**
 * Sets the cut-offs from the settings, but always keeps the last day before the newest event: the
 * log may have been quiet for long.
 */
function setCutOffs({ config, now }: Deps): Statement {
  const days = { sign_in: config.AUDIT_SIGN_IN_DAYS, change: config.AUDIT_CHANGE_DAYS }
  const cutOffs = Object.entries(EVENTS).map(([event, { keep }]) => [
    event,
    now - days[keep] * DAY_MS,
  ])
  return sql`
    INSERT INTO audit_retention (event, delete_before)
    SELECT value ->> 0, max(0, min(value ->> 1, newest.at - ${DAY_MS}))
    FROM json_each(${JSON.stringify(cutOffs)}),
      (SELECT coalesce((SELECT at FROM audit_log ORDER BY id DESC LIMIT 1), 0) AS at) AS newest
    WHERE true
    ON CONFLICT (event) DO UPDATE SET delete_before = excluded.delete_before
      WHERE delete_before <> excluded.delete_before`
}

/**
 * Ids begin with their time in milliseconds, in hexadecimal, so each event's range ends at its
 * cut-off.
 */
const deleteExpired = (limit: number): Statement => sql`
  DELETE FROM audit_log WHERE id IN (
    SELECT old.id FROM audit_retention AS cut
    CROSS JOIN audit_log AS old INDEXED BY audit_log_event ON old.event = cut.event
      AND old.id < substr(printf('%012x', cut.delete_before), 1, 8) || '-' || substr(printf('%012x', cut.delete_before), 9)
    WHERE old.at < cut.delete_before
    LIMIT ${limit})`
