/** Migrations only add: a rebuild under D1 cascades and loses triggers and the id sequence. */
import { applyD1Migrations, type D1Migration, reset } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { insertRow, ROWS, rowsOf, tableNames } from './rows'

const migrations = env.TEST_MIGRATIONS

/** The search index is made from other tables, and holds nothing that cannot be made again. */
const REBUILDS = [
  /\bDROP\s+TABLE\b(?!\s+(?:IF\s+EXISTS\s+)?users_search(?:_content)?\b)/i,
  /\bRENAME\s+TO\b/i,
  /__new_/i,
  /writable_schema/i,
]
const withoutComments = (sql: string) => sql.replace(/--.*$/gm, '').replace(/\/\*[\s\S]*?\*\//g, '')
const isRebuild = (sql: string) => REBUILDS.some((sign) => sign.test(withoutComments(sql)))

describe('the SQL of migrations', () => {
  it.each(migrations)('$name rebuilds no table', ({ queries }) => {
    expect(queries.filter(isRebuild)).toEqual([])
  })

  it.each(migrations)('$name says at every foreign key what a deletion does', ({ queries }) => {
    for (const query of queries.map(withoutComments)) {
      const references = query.match(/\bREFERENCES\s+\w+\s*\(\w+\)/gi) ?? []
      const stated = query.match(
        /\bREFERENCES\s+\w+\s*\(\w+\)\s+ON DELETE (CASCADE|SET NULL|RESTRICT)/gi,
      )
      expect(stated ?? [], query).toHaveLength(references.length)
    }
  })

  it.each(migrations)('$name makes only STRICT tables', ({ queries }) => {
    const made = queries.map(withoutComments).filter((sql) => /^\s*CREATE\s+TABLE\b/i.test(sql))
    for (const sql of made) expect(sql).toMatch(/\)\s*STRICT(,\s*WITHOUT ROWID)?\s*;?\s*$/i)
  })

  it.each([
    ['DROP TABLE users', true],
    ['drop  table `users`;', true],
    ['ALTER TABLE `__new_users` RENAME TO `users`', true],
    ['ALTER TABLE users_2 rename to users', true],
    ['CREATE TABLE __new_users (id INTEGER)', true],
    ['PRAGMA writable_schema = 1', true],
    ['-- DROP TABLE is what we never do\nCREATE TABLE a (b TEXT) STRICT', false],
    ['ALTER TABLE users ADD COLUMN nickname TEXT', false],
    ['ALTER TABLE users RENAME COLUMN bio TO about', false],
    ['DROP INDEX users_status', false],
    ['DROP TABLE users_search', false],
    ['DROP TABLE users_search_rows', true],
  ])('a rebuild is known when it is seen: %s -> %s', (sql, expected) => {
    expect(isRebuild(sql)).toBe(expected)
  })
})

/** What applying migrations one by one over a filled database loses, in words. */
async function lossesOf(all: readonly D1Migration[]): Promise<string[]> {
  await reset()
  const losses: string[] = []
  const filled = new Set<string>()
  let before: Snapshot | undefined
  for (let count = 1; count <= all.length; count++) {
    await applyD1Migrations(env.DB, all.slice(0, count))
    if (before) losses.push(...missing(before, await snapshot()))
    losses.push(...(await fill(filled)))
    before = await snapshot()
  }
  return losses
}

/** Puts rows into every table that is new; names those that there are none for. */
async function fill(filled: Set<string>): Promise<string[]> {
  const tables = (await tableNames()).filter((name) => name !== 'precondition')
  const order = Object.keys(ROWS).filter((name) => tables.includes(name))
  for (const name of order) {
    if (filled.has(name)) continue
    for (const row of ROWS[name] ?? []) await insertRow(name, row)
    filled.add(name)
  }
  // Some are filled by triggers, or by the migration that makes them.
  const empty: string[] = []
  for (const name of tables.filter((each) => !filled.has(each))) {
    const [row] = await rowsOf(`SELECT 1 FROM ${name} LIMIT 1`)
    if (!row) empty.push(`${name} has no rows in rows.ts`)
  }
  return empty
}
interface Snapshot {
  keys: Map<string, string[]>
  triggers: string[]
  sequences: Map<string, number>
}

async function snapshot(): Promise<Snapshot> {
  const keys = new Map<string, string[]>()
  for (const table of await tableNames()) {
    const columns = await rowsOf('SELECT name FROM pragma_table_xinfo(?) WHERE pk > 0', table)
    const key = columns.map(({ name }) => name).join() || 'rowid'
    const rows = await rowsOf(`SELECT json_array(${key}) AS key FROM ${table}`)
    keys.set(
      table,
      rows.map((row) => String(row['key'])),
    )
  }
  const triggers = await rowsOf("SELECT name FROM sqlite_master WHERE type = 'trigger'")
  const sequences = await rowsOf<{ name: string; seq: number }>('SELECT * FROM sqlite_sequence')
  return {
    keys,
    triggers: triggers.map(({ name }) => String(name)),
    sequences: new Map(sequences.map(({ name, seq }) => [name, seq])),
  }
}

/** 0010 gives every row of the index of sessions another key. */
const RENAMED = new Set(['user_sessions'])

function missing(before: Snapshot, after: Snapshot): string[] {
  const lost = [...before.keys].flatMap(([table, rows]) => {
    const left = after.keys.get(table) ?? []
    const gone = RENAMED.has(table)
      ? rows.length - left.length
      : rows.filter((row) => !left.includes(row)).length
    return gone > 0 ? [`${table} lost ${gone} of ${rows.length} rows`] : []
  })
  const silenced = before.triggers.filter((name) => !after.triggers.includes(name))
  const setBack = [...before.sequences].filter(
    ([name, seq]) => (after.sequences.get(name) ?? -1) < seq,
  )
  return [
    ...lost,
    ...silenced.map((name) => `trigger ${name} is gone`),
    ...setBack.map(([name]) => `ids of ${name} start again`),
  ]
}

describe('migrations over a filled database', () => {
  it('lose no row, no trigger and no id sequence', async () => {
    expect(await lossesOf(migrations)).toEqual([])
    for (const table of Object.keys(ROWS)) {
      const [row] = await rowsOf<{ rows: number }>(`SELECT count(*) AS rows FROM ${table}`)
      expect(row?.rows, table).toBeGreaterThanOrEqual(ROWS[table]?.length ?? 1)
    }
    expect(await rowsOf('SELECT * FROM pragma_foreign_key_check')).toEqual([])
    expect(await rowsOf('PRAGMA quick_check')).toEqual([{ quick_check: 'ok' }])
  })

  it('and a rebuild, which loses all three, is seen', async () => {
    const rebuild: D1Migration = {
      name: '9999_rebuild.sql',
      queries: [
        'CREATE TABLE __new_users AS SELECT id, subject FROM users WHERE id < 3',
        'DROP TABLE users',
        'CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT, subject TEXT) STRICT',
        'INSERT INTO users SELECT id, subject FROM __new_users',
        'DROP TABLE __new_users',
        'CREATE TABLE later (id INTEGER PRIMARY KEY) STRICT',
      ],
    }
    expect(await lossesOf([...migrations, rebuild])).toEqual(
      expect.arrayContaining([
        'users lost 1 of 3 rows',
        'user_roles lost 2 of 2 rows',
        'trigger users_active_day is gone',
        'ids of users start again',
        'later has no rows in rows.ts',
      ]),
    )
  })
})
