/** The Drizzle schema is what the migrations make, and both are what the requirements ask for. */
import { env } from 'cloudflare:workers'
import { is, type SQL } from 'drizzle-orm'
import {
  getTableConfig,
  SQLiteAsyncDialect,
  SQLiteColumn,
  SQLiteTable,
} from 'drizzle-orm/sqlite-core'
import { describe, expect, it, test } from 'vitest'
import * as schema from '../../src/tables/all'
import { rowsOf, tableNames } from '../db/rows'

const tables = Object.values(schema)
  .filter((each) => is(each, SQLiteTable))
  .map((table) => getTableConfig(table))
const dialect = new SQLiteAsyncDialect()
const text = (sql: SQL) => dialect.sqlToQuery(sql).sql

test('every table has a Drizzle schema but the one that stores nothing', async () => {
  const described = tables.map(({ name }) => name)
  expect(await tableNames()).toEqual([...described, 'precondition'].sort())
})

interface ColumnInfo {
  name: string
  type: string
  notnull: number
  pk: number
  hidden: number
  dflt_value: string | null
}

/** As SQLite writes a default. */
function defaultOf(value: unknown): string | null {
  if (value === undefined) return null
  if (Array.isArray(value)) return `'${JSON.stringify(value)}'`
  return typeof value === 'string' ? `'${value}'` : String(Number(value))
}

describe.each(tables)('$name', (table) => {
  it('has the columns, types and defaults that Drizzle believes in', async () => {
    const found = await rowsOf<ColumnInfo>('SELECT * FROM pragma_table_xinfo(?)', table.name)
    const keys = new Set(table.primaryKeys.flatMap((key) => key.columns.map(({ name }) => name)))
    expect(
      found.map(({ name, type, notnull, pk, hidden, dflt_value }) => ({
        name,
        type: type.toLowerCase(),
        // SQLite says nothing of an INTEGER PRIMARY KEY, which is never null.
        isNotNull: notnull === 1 || (type === 'INTEGER' && pk === 1),
        isKey: pk > 0,
        generated: hidden,
        default: dflt_value,
      })),
    ).toEqual(
      table.columns.map((column) => ({
        name: column.name,
        type: column.getSQLType(),
        isNotNull: column.notNull,
        isKey: column.primary || keys.has(column.name),
        generated: column.generated
          ? { virtual: 2, stored: 3 }[column.generated.mode ?? 'virtual']
          : 0,
        default: column.generated ? null : defaultOf(column.default),
      })),
    )
  })

  it('is STRICT, and counts its ids up for ever where Drizzle says so', async () => {
    const [found] = await rowsOf<{ strict: number; sql: string }>(
      `SELECT strict, sql FROM pragma_table_list JOIN sqlite_master USING (name)
       WHERE schema = 'main' AND name = ?`,
      table.name,
    )
    expect(found?.strict).toBe(1)
    const isCounting = table.columns.some(
      (column) => 'autoIncrement' in column && column.autoIncrement,
    )
    expect(/AUTOINCREMENT/.test(found?.sql ?? '')).toBe(isCounting)
  })

  it('has the indexes of the schema, with their columns, uniqueness and conditions', async () => {
    const found = await rowsOf<{ name: string; unique: number; columns: string; sql: string }>(
      `SELECT i.name, i."unique", m.sql,
         (SELECT json_group_array(coalesce(name, '?')) FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno)) AS columns
       FROM pragma_index_list(?) i JOIN sqlite_master m ON m.name = i.name
       WHERE i.origin = 'c' ORDER BY i.name`,
      table.name,
    )
    expect(
      found.map((index) => ({
        name: index.name,
        isUnique: index.unique === 1,
        columns: JSON.parse(index.columns) as unknown,
        where: index.sql.split(' WHERE ')[1],
      })),
    ).toEqual(
      table.indexes
        .map(({ config }) => ({
          name: config.name,
          isUnique: config.unique,
          columns: config.columns.map((column) => (is(column, SQLiteColumn) ? column.name : '?')),
          where: config.where && text(config.where),
        }))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
    )
  })

  it('has the foreign keys of the schema, and each says what a deletion does', async () => {
    const found = await rowsOf<Record<'from' | 'table' | 'to' | 'on_delete', string>>(
      'SELECT * FROM pragma_foreign_key_list(?)',
      table.name,
    )
    const keys = found.map((key) => `${key.from} -> ${key.table}.${key.to} ${key.on_delete}`)
    expect(keys.sort()).toEqual(
      table.foreignKeys
        .map((key) => {
          const { columns, foreignTable, foreignColumns } = key.reference()
          const { name } = getTableConfig(foreignTable)
          const action = (key.onDelete ?? 'no action').toUpperCase()
          return `${columns[0]?.name} -> ${name}.${foreignColumns[0]?.name} ${action}`
        })
        .sort(),
    )
    for (const key of keys) expect(key).toMatch(/ (CASCADE|SET NULL|RESTRICT)$/)
  })
})

describe('roles and permissions on a fresh database', () => {
  it('are the three roles of the requirements, in their words', async () => {
    const roles = await rowsOf('SELECT name, description, built_in FROM roles ORDER BY id')
    expect(roles).toEqual([
      { name: 'user', description: 'Regular user', built_in: 1 },
      { name: 'admin', description: 'Administrator', built_in: 1 },
      { name: 'moderator', description: 'Content moderator', built_in: 1 },
    ])
  })

  it('are the six permissions of the requirements, in their words, and that of forwarding servers', async () => {
    expect(await rowsOf('SELECT name, description, built_in FROM permissions ORDER BY id')).toEqual(
      [
        { name: 'read:own', description: 'Read own data', built_in: 1 },
        { name: 'write:own', description: 'Write own data', built_in: 1 },
        { name: 'read:all', description: 'Read all data', built_in: 1 },
        { name: 'write:all', description: 'Write all data', built_in: 1 },
        { name: 'admin:users', description: 'Manage users', built_in: 1 },
        { name: 'admin:system', description: 'System administration', built_in: 1 },
        {
          name: 'forward:client',
          description: 'Name the client that a request is made for',
          built_in: 1,
        },
      ],
    )
  })

  it('are joined as api.md says; admin has no rows, for it carries everything by definition', async () => {
    const matrix = await rowsOf(
      `SELECT r.name AS role, group_concat(p.name, ' ' ORDER BY p.id) AS permissions
       FROM role_permissions JOIN roles r ON r.id = role_id JOIN permissions p ON p.id = permission_id
       GROUP BY r.id ORDER BY r.id`,
    )
    expect(matrix).toEqual([
      { role: 'user', permissions: 'read:own write:own' },
      { role: 'moderator', permissions: 'read:own write:own read:all' },
    ])
  })
})

describe('deleting', () => {
  it.each(['users', 'roles', 'permissions', 'audit_log', 'user_sessions'])(
    'from %s scans no table, whatever hangs on the row',
    async (table) => {
      const key = (await rowsOf('SELECT name FROM pragma_table_xinfo(?) WHERE pk = 1', table))[0]
      const plan = await rowsOf<{ detail: string }>(
        `EXPLAIN QUERY PLAN DELETE FROM ${table} WHERE ${key?.['name']} = 5`,
      )
      const steps = plan.map(({ detail }) => detail)
      expect(steps.length).toBeGreaterThan(0)
      for (const step of steps) expect(step).toMatch(/^SEARCH /)
    },
  )

  it('a user reads no more rows however many users there are', async () => {
    await env.DB.prepare(
      `INSERT INTO users (subject, email, email_key, full_name, origin, created_at, updated_at)
       SELECT value, value || '@example.com', value || '@example.com', 'Somebody', 'imported', 0, 0
       FROM json_each(?)`,
    )
      .bind(JSON.stringify(Array.from({ length: 500 }, (_, n) => `subject-of-nobody-${1000 + n}`)))
      .run()
    await env.DB.prepare('INSERT INTO user_roles SELECT id, 1, 0, NULL FROM users').run()
    const { meta } = await env.DB.prepare('DELETE FROM users WHERE id = 250').run()
    expect(meta.rows_read).toBeLessThan(25)
  })
})
