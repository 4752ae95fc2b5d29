/**
 * The statements of a restore, run by a SQLite of our own: stopped after every part and started over,
 * two at once, and over a backup that was made while somebody was erased, with values that are awkward
 * to write down.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  makeFolder,
  type Manifest,
  readManifest,
  tableFile,
  writeManifest,
} from '../../scripts/backup-files.ts'
import { fitter } from '../../scripts/backup-fit.ts'
import { type Layout, MARK, type Table } from '../../scripts/backup-layout.ts'
import type { Row, Value } from '../../scripts/d1-query.ts'
import { OVERTAKEN, restoreParts, SAVED_TRIGGERS, type Trigger } from '../../scripts/restore-sql.ts'

const scratch = mkdtempSync(join(tmpdir(), 'parts-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const TABLES: Record<string, Row[]> = {
  roles: [{ id: 1, name: 'user', description: '', built_in: 1, created_at: 0 }],
  users: [
    user(1, "Ada; -- O'Lovelace", '{"a":"\u2028 \\u0000 \u{1f9ee}"}'),
    user(2, 'Grace\r\nHopper\u0000x', '{}'),
    user(3, 'Gone Meanwhile', JSON.stringify({ long: 'x'.repeat(16_000) })),
  ],
  user_roles: [1, 2, 3].map((user_id) => ({
    user_id,
    role_id: 1,
    assigned_at: 0,
    assigned_by: null,
  })),
  counters: [
    { name: 'role:1:pending', value: 99, day: 7, on_day: 2 },
    { name: 'sessions', value: 9, day: null, on_day: 0 },
  ],
  active_days: [{ day: 3, users: 5 }],
  audit_log: [
    event('00000000-0000-7000-8000-000000000001', 'auth.signed_in', 1),
    event('00000000-0000-7000-8000-000000000002', 'user.erased', 3),
  ],
}

function user(id: number, full_name: string, preferences: string): Row {
  const email = `p${id}@example.com`
  const rest = {
    origin: 'registered',
    last_active_day: 3,
    login_count: 4,
    created_at: 0,
    updated_at: 0,
  }
  return {
    id,
    subject: `subject-${id}`.padEnd(22, '-'),
    email,
    email_key: email,
    full_name,
    preferences,
    ...rest,
  }
}

function event(id: string, name: string, target_id: number): Row {
  const data = '{"session_id":"none","expires_at":1}'
  return { id, at: 1, event: name, actor_id: null, target_id, data }
}

function migrated(): DatabaseSync {
  const database = new DatabaseSync(':memory:')
  for (const name of readdirSync('migrations').sort()) {
    database.exec(readFileSync(join('migrations', name), 'utf8'))
  }
  return database
}

const layout: Layout = {
  migrations: [],
  tables: Object.entries(TABLES).map(([name, [row = {}]]) => ({
    name,
    columns: Object.keys(row),
    key: [],
    parents: [],
  })),
  isMarked: false,
}

const folder = join(scratch, 'backup')
let manifest: Manifest
beforeAll(async () => {
  makeFolder(folder)
  const tables = Object.entries(TABLES).map(([name, rows]) => {
    const file = tableFile(folder, name)
    file.append(rows.map((row) => JSON.stringify(Object.values(row))))
    return { name, columns: Object.keys(rows[0] ?? {}), ...file.close() }
  })
  writeManifest(folder, { made_at: '', migrations: [], sequences: { users: 41, roles: 3 }, tables })
  manifest = await readManifest(folder)
})

const FILLED = [...Object.keys(TABLES), 'role_members'].map((name) => `'${name}'`).join()
const hasMark = (database: DatabaseSync): boolean =>
  database.prepare(`SELECT 1 FROM sqlite_master WHERE name = '${MARK}'`).get() !== undefined

function triggersOf(database: DatabaseSync): Trigger[] {
  const there = `SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN (${FILLED})`
  const saved = hasMark(database) ? database.prepare(SAVED_TRIGGERS).all() : []
  const all = [...database.prepare(there).all(), ...saved] as unknown as Trigger[]
  return [...new Map(all.map((each) => [each.name, each])).values()]
}

/** The parts of a restore that starts now. */
async function partsFor(database: DatabaseSync, partBytes: number): Promise<string[]> {
  const found = { ...layout, isMarked: hasMark(database) }
  const id = crypto.randomUUID()
  const own = { id, folder, manifest, layout: found, triggers: triggersOf(database) }
  const parts = []
  for await (const part of restoreParts(own, partBytes)) parts.push(part)
  return parts
}

/** As wrangler runs a file: whole or not at all. */
function runPart(database: DatabaseSync, part = ''): void {
  database.exec('BEGIN')
  try {
    database.exec(part)
    database.exec('COMMIT')
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

/** Runs the parts up to `most`. Returns how many ran. */
async function restore(
  database: DatabaseSync,
  partBytes: number,
  most = Infinity,
): Promise<number> {
  const parts = (await partsFor(database, partBytes)).slice(0, most)
  for (const part of parts) runPart(database, part)
  return parts.length
}

const all = (database: DatabaseSync, sql: string): unknown[] => database.prepare(sql).all()
const schema = 'SELECT type, name, sql FROM sqlite_master ORDER BY type, name'

function expectWhole(database: DatabaseSync): void {
  const read = (name: string, where = '') => {
    const columns = Object.keys(TABLES[name]?.[0] ?? {}).join()
    return all(database, `SELECT ${columns} FROM ${name} ${where}`)
  }
  // The user who was erased while the backup was made is gone, with the rows that belonged to them.
  expect(read('users')).toEqual(TABLES['users']?.slice(0, 2))
  expect(read('user_roles')).toEqual(TABLES['user_roles']?.slice(0, 2))
  expect(read('audit_log')).toEqual(TABLES['audit_log'])
  expect(all(database, 'SELECT day, users FROM active_days')).toEqual([{ day: 3, users: 2 }])
  expect(all(database, 'SELECT name, value, day, on_day FROM counters WHERE value <> 0')).toEqual([
    { name: 'role:1:pending', value: 2, day: 7, on_day: 2 },
  ])
  expect(all(database, 'SELECT * FROM daily_logins')).toEqual([])
  expect(
    all(
      database,
      "SELECT rowid & 268435455 AS id FROM users_search WHERE users_search MATCH 'lovelace'",
    ),
  ).toEqual([{ id: 1 }])
  expect(
    all(
      database,
      "SELECT rowid & 268435455 AS id FROM users_search WHERE users_search MATCH 'meanwhile'",
    ),
  ).toEqual([])
  expect(all(database, "SELECT seq FROM sqlite_sequence WHERE name = 'users'")).toEqual([
    // Past every id that may have been handed out since.
    { seq: 1_000_041 },
  ])
  expect(all(database, 'PRAGMA foreign_key_check')).toEqual([])
  expect(all(database, schema)).toEqual(all(migrated(), schema))
}

describe('a restore', () => {
  it('is the same in one part and in many', async () => {
    const [whole, parts] = [migrated(), migrated()]
    expect(await restore(whole, 1_000_000_000)).toBe(1)
    expectWhole(whole)
    expect(await restore(parts, 1)).toBeGreaterThan(60)
    expectWhole(parts)
  })

  it('that stops after any part leaves its mark, and is whole after starting over', async () => {
    const count = await restore(migrated(), 1)
    for (let stop = 1; stop < count; stop++) {
      const database = migrated()
      await restore(database, 1, stop)
      const mark = all(database, `SELECT 1 FROM sqlite_master WHERE name = '${MARK}'`)
      expect(mark, `stopped after part ${stop}`).toHaveLength(1)
      await restore(database, 5_000)
      expectWhole(database)
    }
  })

  it('changes nothing more once another one has started or ended', async () => {
    const overtaken = new RegExp(`precondition:${OVERTAKEN}|no such table: ${MARK}`)
    const count = (await partsFor(migrated(), 5_000)).length
    expect(count).toBeGreaterThan(5)
    for (let started = 0; started <= count; started++) {
      for (let ran = 1; ran <= count; ran++) {
        const database = migrated()
        const first = await partsFor(database, 5_000)
        for (const part of first.slice(0, started)) runPart(database, part)
        if (started === count) {
          // The first one has ended: the second one was read before that.
          const second = await partsFor(migrated(), 5_000)
          expect(() => runPart(database, second[0])).toThrow(overtaken)
          expectWhole(database)
          continue
        }
        const second = await partsFor(database, 5_000)
        for (const part of second.slice(0, ran)) runPart(database, part)
        for (const late of first.slice(started)) {
          expect(() => runPart(database, late), `part ${started}, ${ran} ran`).toThrow(overtaken)
        }
        for (const part of second.slice(ran)) runPart(database, part)
        expectWhole(database)
      }
    }
  })

  it('may begin over tables that were filled by the migrations and the jobs of an idle service', async () => {
    const database = migrated()
    database.exec(
      'INSERT INTO daily_actives VALUES (1, 0, 0, 0); INSERT INTO active_days VALUES (1, 0)',
    )
    await restore(database, 1_000)
    expectWhole(database)
  })
})

describe('rows that were read at different moments', () => {
  const table = (name: string, ...parents: Table['parents'][number][]): Table => ({
    name,
    columns: [],
    key: [],
    parents,
  })
  const users = table('users', { table: 'users', column: 'invited_by', isFatal: false })
  const members = table(
    'user_roles',
    { table: 'users', column: 'user_id', isFatal: true },
    { table: 'users', column: 'assigned_by', isFatal: false },
  )
  const row = (user_id: Value, assigned_by: Value) => ({ user_id, assigned_by })

  it('fit together: a row goes with whom it is of, and forgets whom it only names', () => {
    const fit = fitter([users, members])
    expect(fit(users, { id: 1, invited_by: null })).toEqual({ id: 1, invited_by: null })
    expect(fit(users, { id: 2, invited_by: 1 })).toEqual({ id: 2, invited_by: 1 })
    expect(fit(users, { id: 3, invited_by: 9 })).toEqual({ id: 3, invited_by: null })
    expect(fit(members, row(2, 1))).toEqual(row(2, 1))
    expect(fit(members, row(2, 9))).toEqual(row(2, null))
    expect(fit(members, row(9, 1))).toBeUndefined()
  })
})
