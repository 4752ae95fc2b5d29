/**
 * What every endpoint reads and writes in D1 at 20,000 users, with all that it sets in motion: exact, so
 * checked in (rows-budget.json). A change of it fails here until the table is made anew and read:
 *
 *   npx vitest run --project workerd test/rows-budget.test.ts -u && git diff test/rows-budget.json
 */
import { env } from 'cloudflare:workers'
import { beforeAll, expect, test } from 'vitest'
import { tell } from '../bench/rows/story'
import { routes } from '../src/app'
import { countingAsker } from './support/counted-rows'
import { seedUsers } from './support/seed-users'
import { PASSWORD } from './support/users'

const USERS = 20_000
/** A bound for what hangs: it takes some seconds. */
const HANGS_MS = 60_000

/** Routes without a budget, and why. */
const WITHOUT: Record<string, string> = {
  'POST /setup': 'once in a service’s life',
  'GET /admin/users/export': 'reads every user: a chunk of it is in rows-read.test.ts',
  'POST /admin/signing-keys/retire': 'after a leak; and it revokes the walker’s own session',
  'POST /admin/outbox/{id}/retry': 'only for what died',
  'POST /admin/webhooks/{id}/test': 'calls out',
  'POST /admin/webhooks/{id}/deliveries/{delivery_id}/redeliver': 'calls out',
}

const budget: Record<string, { read: number; written: number }> = {}
beforeAll(async () => {
  await seedUsers(0, USERS)
  // Two events each, more than are counted for a page of the log.
  for (const [n, event] of ['user.registered', 'user.email_verified'].entries()) {
    await env.DB.prepare(
      `INSERT INTO audit_log (id, at, event, actor_id, target_id)
       SELECT printf('0000000%d-0000-7000-8000-%012x', ?1, id), 1, ?2, id, id FROM users`,
    )
      .bind(n, event)
      .run()
  }
  const client = countingAsker()
  const admin = { email: 'root@example.com', password: PASSWORD, full_name: 'Grace Hopper' }
  await client.call('POST', '/api/v1/setup', { token: env.SETUP_TOKEN, ...admin })
  const credentials = { username: admin.email, password: PASSWORD }
  const signIn = await client.call('POST', '/api/v1/auth/login', credentials)
  const { access_token: adminToken } = await signIn.json<{ access_token: string }>()
  await tell({
    client,
    tag: 'walker',
    adminToken,
    search: 'common',
    record: (name, { rows_read: read, rows_written: written }) => {
      budget[name] = { read, written }
    },
  })
}, HANGS_MS)

test('every endpoint reads and writes the rows of its budget at 20,000 users', async () => {
  const table = Object.entries(budget).map(
    ([name, { read, written }]) =>
      `  ${JSON.stringify(name)}: { "read": ${read}, "written": ${written} }`,
  )
  await expect(`{\n${table.join(',\n')}\n}\n`).toMatchFileSnapshot('rows-budget.json')
})

test('every route has a budget, or a reason why not', () => {
  const budgeted = Object.keys(budget).map((name) => name.split(/\?| \(/)[0])
  const without = routes
    .map(({ method, path }) => `${method.toUpperCase()} ${path.replace('/api/v1', '')}`)
    .filter((route) => !budgeted.includes(route))
  expect(without.sort()).toEqual(Object.keys(WITHOUT).sort())
})
