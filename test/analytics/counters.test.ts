/**
 * Whatever happens to users, roles and sessions in whatever order: counters, search index and lists of
 * members say what a plain reading of the tables says.
 */
import { applyD1Migrations, reset } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rowsOf } from '../db/rows'
import { makeUser } from '../support/users'

const ROLES = [1, 2, 3]

/** What the triggers keep, beside what it should be. */
async function kept() {
  const counters = Object.fromEntries(
    (await rowsOf('SELECT name, value FROM counters WHERE value <> 0 ORDER BY name')).map(
      ({ name, value }) => [name, value],
    ),
  )
  const index = await rowsOf(
    'SELECT rowid & 268435455 AS id, roles, counter FROM users_search ORDER BY rowid',
  )
  const members = await rowsOf('SELECT * FROM role_members ORDER BY user_id, role_id')
  const facets = []
  for (const { id, facet } of await facetsInUse()) {
    const found = await rowsOf(
      'SELECT rowid & 268435455 AS id FROM users_search WHERE users_search MATCH ?',
      `facets : "${facet}"`,
    )
    facets.push([id, facet, found.some((row) => row['id'] === id)])
  }
  return { counters, index, members, facets }
}

async function plain() {
  const counters: Record<string, number> = {}
  const add = (rows: Record<string, unknown>[]) => {
    for (const { name, value } of rows) if (value) counters[String(name)] = Number(value)
  }
  add(
    await rowsOf(
      `SELECT 'role:' || EXISTS (SELECT 1 FROM user_roles WHERE user_id = users.id AND role_id = 1)
         || ':' || status AS name, count(*) AS value FROM users GROUP BY 1`,
    ),
  )
  add(
    await rowsOf(
      `SELECT 'role:' || role_id || ':' || status AS name, count(*) AS value
       FROM user_roles JOIN users ON users.id = user_id WHERE role_id > 1 GROUP BY 1`,
    ),
  )
  add(
    await rowsOf(
      `SELECT 'users:verified' AS name, count(email_verified_at) AS value FROM users UNION ALL
       SELECT 'users:two_factor', count(two_factor_enabled_at) FROM users UNION ALL
       SELECT 'sessions', count(*) FROM user_sessions`,
    ),
  )
  const names = Object.keys(counters).sort()
  const index = await rowsOf(
    'SELECT id, roles, counter FROM users_search_rows ORDER BY search_rowid',
  )
  const members = await rowsOf(
    `SELECT user_id, role_id, status, email_key, full_name FROM user_roles
     JOIN users ON users.id = user_id WHERE role_id <> 1 ORDER BY user_id, role_id`,
  )
  const facets = (await facetsInUse()).map(({ id, facet }) => [id, facet, true])
  return {
    counters: Object.fromEntries(names.map((name) => [name, counters[name]])),
    index,
    members,
    facets,
  }
}

const facetsInUse = () =>
  rowsOf<{ id: number; facet: string }>(
    `SELECT id, '#' || substr(status, 1, 1) || '#' AS facet FROM users UNION ALL
     SELECT user_id, '#' || role_id || '#' FROM user_roles ORDER BY 1, 2`,
  )

let made = 0
const run = (sql: string, ...parameters: unknown[]) =>
  env.DB.prepare(sql)
    .bind(...parameters)
    .run()

/** The n-th user there is, counted round. */
const nth = `(SELECT id FROM users ORDER BY id LIMIT 1 OFFSET ?1 % max(1, (SELECT count(*) FROM users)))`
/** A role given to a user who is there. */
const give = (user: number, role: number) =>
  run(
    `INSERT INTO user_roles (user_id, role_id, assigned_at) SELECT id, ?2, 0 FROM users WHERE id = ${nth}
     ON CONFLICT DO NOTHING`,
    user,
    role,
  )

function make(origin: string, hasPassword: boolean, isVerified: boolean) {
  made += 1
  return makeUser({
    withoutUserRole: true,
    status: isVerified ? 'active' : 'pending',
    createdAt: (made % 5) * 86_400_000,
    columns: { origin, hashed_password: hasPassword ? 'x'.repeat(40) : null },
  })
}

type Step = () => Promise<unknown>
const user = fc.nat(20)
const role = fc.constantFrom(...ROLES)
const set =
  (what: string) =>
  (n: number): Step =>
  () =>
    run(`UPDATE users SET ${what} WHERE id = ${nth}`, n)

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(fc.constantFrom('registered', 'invited', 'imported'), fc.boolean(), fc.boolean()).map(
    ([origin, hasPassword, isVerified]) =>
      () =>
        make(origin, hasPassword, isVerified),
  ),
  fc.tuple(user, role).map(
    ([n, r]) =>
      () =>
        give(n, r),
  ),
  fc.tuple(user, role).map(
    ([n, r]) =>
      () =>
        run(`DELETE FROM user_roles WHERE user_id = ${nth} AND role_id = ?2`, n, r),
  ),
  user.map(set('email_verified_at = 5')),
  user.map(set('email_verified_at = NULL')),
  user.map(set('deactivated_at = 5')),
  user.map(set('deactivated_at = NULL, email_verified_at = 7')),
  user.map(set("full_name = 'Renamed', bio = 'x', login_count = login_count + 1")),
  user.map(set("email = 'x' || id || '@new.example', email_key = 'x' || id || '@new.example'")),
  user.map(set("two_factor_enabled_at = 1, two_factor_secret = 'k.n.c'")),
  user.map(set('two_factor_enabled_at = NULL, two_factor_secret = NULL')),
  user.map((n) => () => run(`DELETE FROM users WHERE id = ${nth}`, n)),
  user.map(
    (n) => () =>
      run(
        `INSERT INTO user_sessions (id, user_id, created_at, expires_at)
       SELECT printf('%044d', ?2), id, 0, 1 FROM users WHERE id = ${nth} ON CONFLICT DO NOTHING`,
        n,
        ++made,
      ),
  ),
  user.map((n) => () => run(`DELETE FROM user_sessions WHERE user_id = ${nth}`, n)),
)

describe('after any changes', () => {
  it('counters and index match the rows', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        for (const take of steps) await take()
        // Users who register get their role in the same batch: here after all the steps.
        await run(
          `INSERT INTO user_roles (user_id, role_id, assigned_at)
           SELECT id, 1, 0 FROM users WHERE origin = 'registered' AND hashed_password IS NOT NULL
           ON CONFLICT DO NOTHING`,
        )
        expect(await kept()).toEqual(await plain())
      }),
      { numRuns: 25 },
    )
  })

  it('a role that is deleted takes its members and its counters along', async () => {
    const made = await env.DB.prepare(
      "INSERT INTO roles (name, created_at) VALUES ('passing', 0) RETURNING id",
    ).first<{ id: number }>()
    await make('imported', false, true)
    await give(0, made?.id ?? 0)
    expect(
      await rowsOf('SELECT 1 FROM counters WHERE name GLOB ?', `role:${made?.id}:*`),
    ).toHaveLength(1)
    await run('DELETE FROM roles WHERE id = ?', made?.id)
    expect(await rowsOf('SELECT 1 FROM counters WHERE name GLOB ?', `role:${made?.id}:*`)).toEqual(
      [],
    )
    expect(await kept()).toEqual(await plain())
  })

  it('the default role is the one that the triggers take for it', async () => {
    expect(await rowsOf('SELECT id, name FROM roles WHERE id = 1')).toEqual([
      { id: 1, name: 'user' },
    ])
  })
})

describe('users who were there before the index', () => {
  it('are all listed and counted by the migration', async () => {
    await reset()
    await applyD1Migrations(env.DB, env.TEST_MIGRATIONS.slice(0, 1))
    for (let n = 0; n < 12; n++) {
      await make(n % 2 ? 'registered' : 'imported', n % 3 > 0, n % 4 > 0)
      if (n % 5 > 0) await give(n, 1)
      if (n % 4 === 1) await give(n, 3)
      if (n % 6 === 2) await set('deactivated_at = 1')(n)()
    }
    await applyD1Migrations(env.DB, env.TEST_MIGRATIONS)
    expect(await kept()).toEqual(await plain())
    expect(await rowsOf('SELECT sum(registrations) AS n FROM daily_registrations')).toEqual([
      { n: 12 },
    ])
    expect(await rowsOf('SELECT count(*) AS n FROM role_members')).not.toEqual([{ n: 0 }])
  })
})
