/**
 * D1 as a whole, kept and brought back, as Time Travel does: all tables, the sequences of ids, and the
 * search index made again, while the objects stay as they are. Triggers are put aside meanwhile.
 */
import { env } from 'cloudflare:workers'

const TABLES = `SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'
  AND name NOT LIKE 'sqlite%' AND name NOT LIKE '\\_cf%' ESCAPE '\\' AND name NOT LIKE 'users_search%'
  AND name NOT LIKE 'kept\\_%' ESCAPE '\\' AND name NOT IN ('d1_migrations', 'precondition')`

interface Layout {
  tables: { name: string; columns: string }[]
  triggers: { name: string; sql: string }[]
}

async function layoutOf(): Promise<Layout> {
  const { results } = await env.DB.prepare(TABLES).all<{ name: string }>()
  const tables: Layout['tables'] = []
  for (const { name } of results) {
    const found = await env.DB.prepare('SELECT name FROM pragma_table_xinfo(?) WHERE hidden = 0')
      .bind(name)
      .all<{ name: string }>()
    tables.push({ name, columns: found.results.map((column) => `"${column.name}"`).join(', ') })
  }
  const triggers = await env.DB.prepare(
    "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name NOT LIKE 'kept%'",
  ).all<{ name: string; sql: string }>()
  return { tables, triggers: triggers.results }
}

let layout: Promise<Layout> | undefined
const kept = new Set<string>()

/** Keeps D1 as it is now under a name. */
export async function keep(as: string): Promise<void> {
  layout ??= layoutOf()
  const { tables } = await layout
  await env.DB.batch(
    tables.flatMap(({ name, columns }) => [
      env.DB.prepare(`DROP TABLE IF EXISTS kept_${as}_${name}`),
      env.DB.prepare(`CREATE TABLE kept_${as}_${name} AS SELECT ${columns} FROM ${name}`),
    ]),
  )
  await env.DB.batch([
    env.DB.prepare(`DROP TABLE IF EXISTS kept_${as}_ids`),
    env.DB.prepare(`CREATE TABLE kept_${as}_ids AS SELECT name, seq FROM sqlite_sequence`),
  ])
  kept.add(as)
}

/** Brings D1 back to what was kept. */
export async function bringBack(as: string): Promise<void> {
  layout ??= layoutOf()
  const { tables, triggers } = await layout
  if (!kept.has(as)) throw new Error(`nothing was kept as ${as}`)
  const statements = [
    'PRAGMA defer_foreign_keys = ON',
    ...triggers.map(({ name }) => `DROP TRIGGER ${name}`),
    ...tables.map(({ name }) => `DELETE FROM ${name}`),
    ...tables.map(
      ({ name, columns }) =>
        `INSERT INTO ${name} (${columns}) SELECT ${columns} FROM kept_${as}_${name}`,
    ),
    `UPDATE sqlite_sequence SET seq = coalesce((SELECT seq FROM kept_${as}_ids AS k WHERE k.name = sqlite_sequence.name), 0)`,
    'DELETE FROM users_search',
    `INSERT INTO users_search (rowid, email, full_name, facets, roles, counter)
      SELECT search_rowid, email, full_name, facets, roles, counter FROM users_search_rows`,
    ...triggers.map(({ sql }) => sql),
  ]
  await env.DB.batch(statements.map((sql) => env.DB.prepare(sql)))
}
