/**
 * The statements of a restore, in parts that each happen whole or not at all. The first puts the
 * triggers aside, so that no counter counts twice, and leaves a mark that keeps their text; the last
 * makes what follows from the tables, brings the triggers back and takes the mark away. Whatever stops
 * between them is known by the mark, and is begun anew.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type KeptTable, type Manifest, rowsOf } from './backup-files.ts'
import { type Layout, MARK } from './backup-layout.ts'
import { literal, quoted } from './d1-query.ts'

const STATEMENT_BYTES = 90_000
const STATEMENT_ROWS = 400
const USERS_A_STATEMENT = 2_000

export interface Trigger {
  readonly name: string
  readonly sql: string
}

interface Restore {
  readonly folder: string
  readonly manifest: Manifest
  readonly layout: Layout
  readonly triggers: readonly Trigger[]
}

/** The whole restore, in parts of about so many bytes. */
export async function* restoreParts(restore: Restore, partBytes: number): AsyncGenerator<string> {
  const onePart = (statements: readonly string[]) =>
    ['PRAGMA defer_foreign_keys = ON', ...statements].map((each) => `${each};\n`).join('')
  let part: string[] = []
  let weight = 0
  for await (const statement of statementsOf(restore)) {
    part.push(statement)
    weight += weightOf(statement)
    if (weight < partBytes) continue
    yield onePart(part)
    part = []
    weight = 0
  }
  if (part.length > 0) yield onePart(part)
}

async function* statementsOf(restore: Restore): AsyncGenerator<string> {
  const { folder, manifest, layout, triggers } = restore
  yield* putAside(triggers)
  yield* empty(layout)
  for (const table of manifest.tables) yield* inserts(folder, table)
  yield* search(manifest.sequences['users'] ?? 0)
  yield* ending(manifest, triggers)
}

const INDEXING = 'INSERT INTO users_search (rowid'
/** A statement's bytes; those that index users cost as much as a megabyte of rows. */
const weightOf = (statement: string): number =>
  statement.startsWith(INDEXING) ? 1_000_000 : statement.length

const putAside = (triggers: readonly Trigger[]): string[] => [
  `CREATE TABLE IF NOT EXISTS ${MARK} (name TEXT PRIMARY KEY, sql TEXT NOT NULL) STRICT`,
  ...triggers.map(
    ({ name, sql }) => `INSERT INTO ${MARK} (name, sql) VALUES (${literal(name)}, ${literal(sql)})
      ON CONFLICT (name) DO NOTHING`,
  ),
  ...triggers.map(({ name }) => `DROP TRIGGER IF EXISTS "${name}"`),
]

/** Of what the migrations, or a restore that stopped, have left. */
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

/** Before it goes whoever was erased while the backup was being made. */
function* search(lastUserId: number): Generator<string> {
  yield `DELETE FROM users WHERE id IN
    (SELECT target_id FROM audit_log WHERE event IN ('user.erased', 'user.expired'))`
  for (let id = 0; id < lastUserId; id += USERS_A_STATEMENT) {
    yield `${INDEXING}, email, full_name, facets, roles, counter)
      SELECT search_rowid, email, full_name, facets, roles, counter FROM users_search_rows
      WHERE id > ${id} AND id <= ${id + USERS_A_STATEMENT} ORDER BY id`
  }
}

/** Members, counters and ids as the tables now say, and the triggers as they were. */
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

/** What must not come back, by Time Travel or by a backup: the same statements as the runbook's. */
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
  "SELECT 'sessions', count(*) FROM user_sessions",
]
