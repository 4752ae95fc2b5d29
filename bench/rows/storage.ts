/** How many bytes the seeded rows take, their indexes included, by the pages that SQLite gave them. */
import { DatabaseSync } from 'node:sqlite'

/** A subject beside an address, where addresses have a table of their own. */
const SUBJECT_BYTES = 24

export interface Bytes {
  /** All that a user has but what follows. */
  user: number
  event: number
  session: number
  sign_in_day: number
  address: number
}

/** Reads the file of D1 while no workerd writes to it. */
export function bytesOf(file: string): Bytes {
  const database = new DatabaseSync(file, { readOnly: true })
  const pages = database
    .prepare(
      `SELECT coalesce(tbl_name, 'other') AS owner, dbstat.name, sum(pgsize) AS bytes
       FROM dbstat LEFT JOIN sqlite_schema USING (name) WHERE aggregate = TRUE GROUP BY 1, 2`,
    )
    .all() as { owner: string; name: string; bytes: number }[]
  const rows = (table: string) =>
    Number(database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.['n'])
  const of = (isCounted: (page: { owner: string; name: string }) => boolean) =>
    pages.filter(isCounted).reduce((sum, { bytes }) => sum + bytes, 0)
  const each = (table: string) => of(({ owner }) => owner === table) / rows(table)
  const apart = ['audit_log', 'user_sessions', 'daily_login_users']
  const users = rows('users')
  const bytes = {
    user: of(({ owner }) => !apart.includes(owner)) / users,
    event: each('audit_log'),
    session: each('user_sessions'),
    sign_in_day: each('daily_login_users'),
    address: of(({ name }) => name === 'users_email_key') / users + SUBJECT_BYTES,
  }
  database.close()
  return Object.fromEntries(
    Object.entries(bytes).map(([name, value]) => [name, Math.round(value)]),
  ) as unknown as Bytes
}
