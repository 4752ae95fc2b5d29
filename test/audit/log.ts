/** Rows straight into the audit log, one or very many, and what queries over it plan and read. */
import { env } from 'cloudflare:workers'
import { SQLiteAsyncDialect } from 'drizzle-orm/sqlite-core'
import type { Statement } from '../../src/db/batch'
import { eventId } from '../../src/event-id'
import type { EventName } from '../../src/events'
import { insertRow, type Row, rowsOf } from '../db/rows'

/** One event; by and about nobody, unless said otherwise. Returns its id. */
export async function logged(event: EventName, at: number, more: Row = {}): Promise<string> {
  const id = eventId(at)
  await insertRow('audit_log', { id, at, event, ip: '198.51.100.7', country: 'NL', ...more })
  return id
}

export interface Many {
  readonly event: EventName
  readonly at: number
  readonly actor_id?: number | null
  readonly target_id?: number | null
}

/** Does something to the log while these triggers of it are away. */
async function withoutTriggers(names: readonly string[], run: () => Promise<unknown>) {
  const triggers = await rowsOf<{ name: string; sql: string }>(
    "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name IN (SELECT value FROM json_each(?))",
    JSON.stringify(names),
  )
  for (const { name } of triggers) await rowsOf(`DROP TRIGGER ${name}`)
  await run()
  for (const { sql } of triggers) await rowsOf(sql)
}

/** An empty log, as no statement of the product could make it. */
export const emptyLog = () =>
  withoutTriggers(['audit_log_deleted'], async () => {
    await rowsOf('DELETE FROM audit_log')
    await rowsOf('DELETE FROM audit_retention')
  })

/** Very many, uncounted: sessions and sign-ins do not follow from them. */
export const loggedMany = (events: readonly Many[]) =>
  withoutTriggers(['audit_log_signed_in', 'audit_log_sessions_ended'], async () => {
    for (let n = 0; n < events.length; n += 2000) {
      const rows = events.slice(n, n + 2000).map((each) => ({ id: eventId(each.at), ...each }))
      await rowsOf(
        `INSERT INTO audit_log (id, at, event, actor_id, target_id)
         SELECT value ->> 'id', value ->> 'at', value ->> 'event', value ->> 'actor_id', value ->> 'target_id'
         FROM json_each(?)`,
        JSON.stringify(rows),
      )
    }
  })

const dialect = new SQLiteAsyncDialect()
const parts = (statement: Statement) =>
  'toSQL' in statement ? statement.toSQL() : dialect.sqlToQuery(statement)

/** The steps of EXPLAIN QUERY PLAN. */
export async function planOf(statement: Statement): Promise<string[]> {
  const { sql, params } = parts(statement)
  const steps = await rowsOf<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`, ...params)
  return steps.map(({ detail }) => detail)
}

/** Rows that a statement returns, and how many it reads for them, as D1 bills it. */
export async function costOf(statement: Statement) {
  const { sql, params } = parts(statement)
  const { results, meta } = await env.DB.prepare(sql)
    .bind(...params)
    .all<Row>()
  return { rows: results, read: meta.rows_read, written: meta.rows_written }
}
