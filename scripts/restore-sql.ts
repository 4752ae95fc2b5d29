/**
 * The statements of a restore, in parts. Each part is one transaction. The first part drops the
 * triggers, so that no counter counts twice, and saves their text in the table `restore_under_way`.
 * The last part rebuilds the derived tables, creates the triggers again and drops that table. A restore
 * that stopped in between is recognized by the table, and the next one starts over.
 *
 * The table also names the restore that is at work. A killed command can leave a part that is still on
 * its way, and two people can restore at once: every part checks first that its restore is still the
 * one at work, and changes nothing otherwise (test/node/backup.test.ts).
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type KeptTable, type Manifest, rowsOf } from './backup-files.ts'
import { type Layout, MARK } from './backup-layout.ts'
import { literal, quoted } from './d1-query.ts'

const STATEMENT_BYTES = 90_000
const STATEMENT_ROWS = 400
const USERS_A_STATEMENT = 2_000

/** Returns a row for each sign that the database is in use. */
export const FILLED = `SELECT 'users' AS name WHERE EXISTS (SELECT 1 FROM users)
  UNION ALL SELECT 'audit_log' WHERE EXISTS (SELECT 1 FROM audit_log)
  UNION ALL SELECT 'roles' WHERE EXISTS (SELECT 1 FROM roles WHERE built_in = 0)
  UNION ALL SELECT 'permissions' WHERE EXISTS (SELECT 1 FROM permissions WHERE built_in = 0)`

/** Reads the triggers that an interrupted restore has saved. */
export const SAVED_TRIGGERS = `SELECT name, sql FROM ${MARK} WHERE name <> ''`

export interface Trigger {
  readonly name: string
  readonly sql: string
}

export interface Restore {
  /** Distinguishes this restore from others. */
  readonly id: string
  readonly folder: string
  readonly manifest: Manifest
  readonly layout: Layout
  readonly triggers: readonly Trigger[]
}

/** Yields the complete restore, in parts of about this many bytes. */
export async function* restoreParts(restore: Restore, partBytes: number): AsyncGenerator<string> {
  const onePart = (statements: readonly string[]) =>
    ['PRAGMA defer_foreign_keys = ON', ...statements].map((each) => `${each};\n`).join('')
  let part: string[] = [mayBegin(restore.layout)]
  let weight = 0
  for await (const statement of statementsOf(restore)) {
    part.push(statement)
    weight += weightOf(statement)
    if (weight < partBytes) continue
    yield onePart(part)
    part = [isAtWork(restore.id)]
    weight = 0
  }
  // A part must not consist of the check alone: after the last statement, the table it checks no
  // longer exists.
  if (part.length > 1) yield onePart(part)
}

async function* statementsOf(restore: Restore): AsyncGenerator<string> {
  const { id, folder, manifest, layout, triggers } = restore
  yield* putAside(id, triggers)
  yield* empty(layout)
  for (const table of manifest.tables) yield* inserts(folder, table)
  yield* search(manifest.sequences['users'] ?? 0)
  yield* ending(manifest, triggers)
}

const INDEXING = 'INSERT INTO users_search (rowid'
/** A statement's weight in bytes. One that indexes users costs as much as a megabyte of rows. */
const weightOf = (statement: string): number =>
  statement.startsWith(INDEXING) ? 1_000_000 : statement.length

/** The row of the restore's id. No trigger has this name. */
const RESTORE_ID = ''
/** The precondition that fails in a part if another restore has taken over. */
export const OVERTAKEN = 'restore_overtaken'

const precondition = (condition: string): string =>
  `INSERT INTO precondition (name, ok) VALUES (${literal(OVERTAKEN)}, ${condition})`

/** The first part checks this again, because another restore may have ended since we read it. */
const mayBegin = ({ isMarked }: Layout): string =>
  precondition(
    isMarked
      ? `EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ${literal(MARK)})`
      : `NOT EXISTS (${FILLED}) AND NOT EXISTS
          (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ${literal(MARK)})`,
  )

const isAtWork = (id: string): string =>
  precondition(
    `EXISTS (SELECT 1 FROM ${MARK} WHERE name = ${literal(RESTORE_ID)} AND sql = ${literal(id)})`,
  )

const putAside = (id: string, triggers: readonly Trigger[]): string[] => [
  // In one part, because the next part checks the id.
  `CREATE TABLE IF NOT EXISTS ${MARK} (name TEXT PRIMARY KEY, sql TEXT NOT NULL) STRICT;
  INSERT INTO ${MARK} (name, sql) VALUES (${literal(RESTORE_ID)}, ${literal(id)})
    ON CONFLICT (name) DO UPDATE SET sql = excluded.sql`,
  ...triggers.map(
    ({ name, sql }) => `INSERT INTO ${MARK} (name, sql) VALUES (${literal(name)}, ${literal(sql)})
      ON CONFLICT (name) DO NOTHING`,
  ),
  ...triggers.map(({ name }) => `DROP TRIGGER IF EXISTS "${name}"`),
]

/** Deletes what the migrations or an interrupted restore left. */
const empty = ({ tables }: Layout): string[] => [
  "INSERT INTO users_search (users_search) VALUES ('delete-all')",
  'DELETE FROM role_members',
  ...tables.toReversed().map(({ name }) => `DELETE FROM "${name}"`),
]

async function* inserts(folder: string, { name, columns }: KeptTable): AsyncGenerator<string> {
  const head = `INSERT INTO "${name}" (${quoted(columns)}) VALUES\n`
  let rows: string[] = []
  let bytes = 0
  for await (const values of rowsOf(folder, name)) {
    const row = `(${values.map(literal).join(', ')})`
    const size = Buffer.byteLength(row)
    if (rows.length === STATEMENT_ROWS || (rows.length > 0 && bytes + size > STATEMENT_BYTES)) {
      yield head + rows.join(',\n')
      rows = []
      bytes = 0
    }
    rows.push(row)
    bytes += size
  }
  if (rows.length > 0) yield head + rows.join(',\n')
}

/** First deletes users who were erased during the backup, then fills the search index. */
function* search(lastUserId: number): Generator<string> {
  yield `DELETE FROM users WHERE id IN
    (SELECT target_id FROM audit_log WHERE event IN ('user.erased', 'user.expired'))`
  for (let id = 0; id < lastUserId; id += USERS_A_STATEMENT) {
    yield `${INDEXING}, email, full_name, facets, roles, counter)
      SELECT search_rowid, email, full_name, facets, roles, counter FROM users_search_rows
      WHERE id > ${id} AND id <= ${id + USERS_A_STATEMENT} ORDER BY id`
  }
}

/** Rebuilds members, counters and id sequences from the tables, and creates the triggers again. */
const ending = ({ sequences }: Manifest, triggers: readonly Trigger[]): string[] => [
  `INSERT INTO role_members (user_id, role_id, status, email_key, full_name)
    SELECT users.id, user_roles.role_id, users.status, users.email_key, users.full_name
    FROM user_roles JOIN users ON users.id = user_roles.user_id WHERE user_roles.role_id <> 1`,
  'UPDATE counters SET value = 0',
  ...COUNTS.map(
    (select) => `INSERT INTO counters (name, value) SELECT * FROM (${select}) WHERE true
      ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
  ),
  'UPDATE active_days SET users = 0',
  `INSERT INTO active_days (day, users)
    SELECT last_active_day, count(*) FROM users WHERE last_active_day IS NOT NULL GROUP BY 1
    ON CONFLICT (day) DO UPDATE SET users = excluded.users`,
  ...Object.entries(sequences).flatMap(([table, last]) => [
    `DELETE FROM sqlite_sequence WHERE name = ${literal(table)}`,
    `INSERT INTO sqlite_sequence (name, seq) VALUES (${literal(table)}, ${literal(last)})`,
  ]),
  ...triggers.map(({ sql }) => sql),
  ...afterRestore(),
  `DROP TABLE ${MARK}`,
]

/**
 * Removes what must not become valid again: the same statements that the runbook gives for Time
 * Travel.
 */
const afterRestore = (): string[] =>
  readFileSync(join(import.meta.dirname, 'after-restore.sql'), 'utf8')
    .replaceAll(/^--.*$/gm, '')
    .split(';')
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '')

const COUNTS = [
  `SELECT 'role:' || EXISTS (SELECT 1 FROM user_roles WHERE user_id = users.id AND role_id = 1)
    || ':' || status, count(*) FROM users GROUP BY 1`,
  "SELECT 'role:' || role_id || ':' || status, count(*) FROM role_members GROUP BY 1",
  "SELECT 'users:verified', count(*) FROM users WHERE email_verified_at IS NOT NULL",
  "SELECT 'users:two_factor', count(*) FROM users WHERE two_factor_enabled_at IS NOT NULL",
  "SELECT 'users:passkey', count(DISTINCT user_id) FROM passkeys",
  "SELECT 'sessions', count(*) FROM user_sessions",
]
