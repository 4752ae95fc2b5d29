/**
 * Many users in the very file that D1 keeps, while no workerd has it open. Triggers and indexes are
 * taken off meanwhile, and what the triggers would have written is written in bulk: each such
 * statement says again what a trigger of migrations/ says for one row.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

const DAY = 86_400_000

/** The file below a state directory that holds Gatehouse's tables. */
export function databaseFile(state: string): string {
  for (const path of readdirSync(state, { recursive: true, encoding: 'utf8' })) {
    if (!path.endsWith('.sqlite') || path.includes('metadata')) continue
    const database = new DatabaseSync(join(state, path))
    const [found] = database
      .prepare("SELECT 1 FROM sqlite_master WHERE name = 'users_search'")
      .all()
    database.close()
    if (found) return join(state, path)
  }
  throw new Error(`no database below ${state}`)
}

/** The subject of the i-th seeded user. */
export const subjectOf = (i: number): string => `seed${String(i).padStart(18, '0')}`

/** Node binds a number as REAL; only a bigint is an INTEGER. */
const exact = (values: Record<string, string | number>): Record<string, string | bigint> =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      typeof value === 'number' ? BigInt(value) : value,
    ]),
  )

/**
 * Adds users until there are `count`, whose numbers go on from `from`: 8% pending, 2% deactivated, two
 * roles for every 50th, a session for each, five events each, over 400 days.
 */
export function seed(
  file: string,
  { from, count, passwordHash }: { from: number; count: number; passwordHash: string },
): void {
  const database = new DatabaseSync(file)
  const run = (sql: string, values: Record<string, string | number> = {}) =>
    database.prepare(sql).run(exact(values))
  database.exec('PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF')
  database.exec('PRAGMA cache_size = -400000; PRAGMA temp_store = MEMORY')
  const takenOff = database
    .prepare(
      `SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND (type = 'trigger'
        OR type = 'index' AND tbl_name IN ('audit_log', 'user_sessions', 'user_roles', 'users')
          AND name <> 'users_email_key')`,
    )
    .all() as { type: string; name: string; sql: string }[]
  const now = Date.now()
  database.exec('BEGIN')
  for (const { type, name } of takenOff) database.exec(`DROP ${type} ${name}`)
  run(
    `WITH RECURSIVE n(i) AS (SELECT :from UNION ALL SELECT i + 1 FROM n WHERE i < :last)
    INSERT INTO users (subject, email, email_key, full_name, hashed_password, password_changed_at,
      email_verified_at, deactivated_at, two_factor_secret, two_factor_enabled_at, origin,
      last_login_at, login_count, last_active_day, created_at, updated_at)
    SELECT printf('seed%018d', i), name || i || '@mail' || (i % 97) || '.example',
      name || i || '@mail' || (i % 97) || '.example', upper(substr(name, 1, 1)) || substr(name, 2) || ' ' || family,
      :hash, made, iif(i % 50 IN (1, 2, 3, 4), NULL, made), iif(i % 50 = 5, made, NULL),
      iif(i % 20 = 10, 'bench1.AAAA.' || i, NULL), iif(i % 20 = 10, made, NULL), 'imported',
      :now - i % 30 * ${DAY} - 1000, 2, :now / ${DAY} - i % 30, made, made
    FROM (SELECT i, :now - ${DAY} * 400 + i * 137 % 400 * ${DAY} AS made,
      json_extract('["ada","grace","edsger","barbara","donald","tony","leslie","frances","john","karen"]',
        '$[' || (i % 10) || ']') AS name,
      json_extract('["Lovelace","Hopper","Dijkstra","Liskov","Knuth","Hoare","Lamport","Allen","Backus","Jones","Perlis"]',
        '$[' || (i % 11) || ']') AS family FROM n)`,
    { from, last: from + count - 1, hash: passwordHash, now },
  )
  // Ids and numbers part when others were made in between: what follows goes by id.
  const { first, last } = database
    .prepare(
      'SELECT min(id) AS first, max(id) AS last FROM users WHERE subject >= :s AND subject < :t',
    )
    .get({ s: subjectOf(from), t: 'seed9' }) as {
    first: number
    last: number
  }
  const range = { first, last }
  run(
    `INSERT INTO user_roles (user_id, role_id, assigned_at)
      SELECT id, 1, created_at FROM users WHERE id BETWEEN :first AND :last`,
    range,
  )
  run(
    `INSERT INTO user_roles (user_id, role_id, assigned_at)
      SELECT id, 3, created_at FROM users WHERE id BETWEEN :first AND :last AND id % 50 = 0`,
    range,
  )
  run(
    `INSERT INTO user_sessions (id, user_id, created_at, expires_at)
      SELECT subject || printf('%022d', id), id, last_login_at, last_login_at + 31 * ${DAY}
      FROM users WHERE id BETWEEN :first AND :last ORDER BY subject`,
    range,
  )
  audit(database, range, now)
  derive(database, range)
  for (const { sql } of takenOff) database.exec(sql)
  database.exec('COMMIT')
  // No ANALYZE: nobody runs one in production, and of small tables it would tell a scan to be best.
  database.exec('PRAGMA journal_mode = WAL')
  database.close()
}

/** Five events a user, in the order of time, which is the order of ids. */
function audit(database: DatabaseSync, range: { first: number; last: number }, now: number): void {
  const events = [
    'user.registered',
    'user.email_verified',
    'auth.signed_in',
    'auth.signed_in',
    'user.profile_updated',
  ]
  const names = JSON.stringify(events)
  database
    .prepare(
      `WITH RECURSIVE n(j) AS (SELECT 0 UNION ALL SELECT j + 1 FROM n WHERE j < :total - 1),
      e AS (SELECT j, :first + (j / 5 * 7919 + j % 5) % (:total / 5) AS user_id,
        json_extract('${names}', '$[' || (j % 5) || ']') AS event,
        cast(:now - 60 * ${DAY} + j * (60.0 * ${DAY} - 60000) / :total AS INTEGER) AS at FROM n)
      INSERT INTO audit_log (id, at, event, actor_id, target_id, ip, country, user_agent, data)
      SELECT substr(hex, 1, 8) || '-' || substr(hex, 9, 4) || '-7000-8000-' || printf('%012x', :first * 5 + j), at,
        event, user_id, user_id, '203.0.113.7', 'DE', 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0',
        iif(event = 'auth.signed_in', '{"session_id":"' || printf('seed%040d', j) || '","expires_at":0,"remember_me":false,"method":"password","new_device":false}', '{}')
      FROM (SELECT *, printf('%012x', at) AS hex FROM e)`,
    )
    .run(exact({ first: range.first, total: (range.last - range.first + 1) * 5, now }))
}

function derive(database: DatabaseSync, { first, last }: { first: number; last: number }): void {
  database
    .prepare(
      `INSERT INTO users_search (rowid, email, full_name, facets, roles, counter)
      SELECT search_rowid, char(1, 1) || folded_email, char(1, 1) || folded_name,
        '#' || substr(status, 1, 1) || '#1#' || iif(id % 50 = 0, '3#', ''),
        iif(id % 50 = 0, '["user","moderator"]', '["user"]'), 'role:1:' || status
      FROM users WHERE id BETWEEN :first AND :last ORDER BY search_rowid`,
    )
    .run(exact({ first, last }))
  database
    .prepare(
      `INSERT INTO role_members (user_id, role_id, status, email_key, full_name)
      SELECT id, 3, status, email_key, full_name FROM users
      WHERE id BETWEEN :first AND :last AND id % 50 = 0`,
    )
    .run(exact({ first, last }))
  database.exec(`
    INSERT INTO counters (name, value)
      SELECT 'role:1:' || status, count(*) FROM users GROUP BY status
      UNION ALL SELECT 'role:' || role_id || ':' || status, count(*) FROM role_members GROUP BY role_id, status
      UNION ALL SELECT 'users:verified', count(*) FROM users WHERE email_verified_at IS NOT NULL
      UNION ALL SELECT 'users:two_factor', count(*) FROM users WHERE two_factor_enabled_at IS NOT NULL
      UNION ALL SELECT 'sessions', count(*) FROM user_sessions WHERE true
      ON CONFLICT (name) DO UPDATE SET value = excluded.value;
    DELETE FROM daily_registrations; DELETE FROM active_days; DELETE FROM daily_login_users; DELETE FROM daily_logins;
    INSERT INTO daily_registrations (day, registrations)
      SELECT created_at / ${DAY}, count(*) FROM users GROUP BY 1;
    INSERT INTO active_days (day, users)
      SELECT last_active_day, count(*) FROM users WHERE last_active_day IS NOT NULL GROUP BY 1;
    INSERT INTO daily_login_users (day, user_id)
      SELECT DISTINCT at / ${DAY}, target_id FROM audit_log WHERE event = 'auth.signed_in' ORDER BY 1, 2;
    INSERT INTO daily_logins (day, logins, users)
      SELECT at / ${DAY}, count(*), count(DISTINCT target_id) FROM audit_log WHERE event = 'auth.signed_in' GROUP BY 1`)
}
