/** D1 rows of every endpoint at growing numbers of users, all that a request sets in motion included. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Bundle } from '../runtime/bundle.ts'
import { migrate } from '../runtime/migrate.ts'
import { gatehouse, scriptOf, serve, type Served, SETUP_TOKEN } from '../runtime/serve.ts'
import { Client } from './client.ts'
import type { Cost } from './cost.ts'
import { databaseFile, seed, subjectOf } from './seed.ts'
import { type Bytes, bytesOf } from './storage.ts'
import { tell } from './story.ts'

const PASSWORD = 'Correct-Horse-7'
const ADMIN = { token: SETUP_TOKEN, email: 'root@example.com', full_name: 'Grace' }

/** Gatehouse with the meter in front, its state in a folder. One hash round: hashes read no rows. */
export async function serveMetered(bundle: Bundle, state: string): Promise<Served> {
  const front = { ...scriptOf('metered.ts'), path: 'metered.js' }
  const settings = { PASSWORD_HASH_ROUNDS: '1', REQUEST_BUDGET_MS: '60000' }
  return serve(
    [await gatehouse(bundle, { name: 'gatehouse', settings, front, queueTimeout: 0 })],
    state,
  )
}

/** A fresh database with an admin; returns the admin's password hash, which every seeded user gets. */
async function begin(served: Served): Promise<string> {
  const database = await served.database('gatehouse')
  await migrate(database)
  const client = new Client(served)
  const made = await client.call('POST', '/api/v1/setup', { ...ADMIN, password: PASSWORD })
  if (!made.ok) throw new Error(`set-up: ${made.status} ${await made.text()}`)
  await client.settled()
  const row = await database.prepare('SELECT hashed_password AS hash FROM users').first('hash')
  return String(row)
}

export async function adminToken(client: Client): Promise<string> {
  const credentials = { username: ADMIN.email, password: PASSWORD }
  const login = await client.call('POST', '/api/v1/auth/login', credentials)
  const { access_token: token } = (await login.json()) as { access_token: string }
  if (!token) throw new Error(`no admin: ${login.status}`)
  return token
}

/** What a day's first request costs besides: the event that its user was active. */
export const FIRST_OF_A_DAY = 'GET /auth/session (first of a day)'

export type Costs = Record<string, Record<string, Cost>>

/** A state folder that is filled step by step, with something done at each size. */
export async function atSizes(
  bundle: Bundle,
  sizes: readonly number[],
  then: (served: Served, size: number, bytes: Bytes | undefined) => Promise<void>,
): Promise<void> {
  const state = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'))
  try {
    const first = await serveMetered(bundle, state)
    const passwordHash = await begin(first)
    await first.stop()
    let there = 0
    for (const size of sizes) {
      const start = performance.now()
      const file = databaseFile(state)
      seed(file, { from: there + 1, count: size - there, passwordHash })
      there = size
      const bytes = size === sizes.at(-1) ? bytesOf(file) : undefined
      console.error(`  ${size} users after ${((performance.now() - start) / 1000).toFixed(1)} s`)
      const served = await serveMetered(bundle, state)
      try {
        await then(served, size, bytes)
      } finally {
        await served.stop()
      }
    }
  } finally {
    rmSync(state, { recursive: true, force: true })
  }
}

/** Walks through all endpoints; the first of all times twice, as what only then is paid is nobody's cost. */
export async function measureRows(served: Served, size: number, costs: Costs): Promise<void> {
  const client = new Client(served)
  const token = await adminToken(client)
  const isFirst = Object.keys(costs).length === 0
  const record = (name: string, cost: Cost) => {
    ;(costs[name] ??= {})[String(size)] = cost
  }
  const database = await served.database('gatehouse')
  for (const walk of isFirst ? ['a', 'b'] : ['b']) {
    // A list of all keys would show those of earlier walks too.
    await database.batch([
      database.prepare('DELETE FROM api_key_permissions'),
      database.prepare('DELETE FROM api_keys'),
    ])
    const tag = `walk${walk}${size}`
    await tell({ client, tag, adminToken: token, search: 'love', record })
  }
  // Somebody who was not here for days.
  const path = `/__bench/active?subject=${subjectOf(size - 3)}`
  record(FIRST_OF_A_DAY, (await client.cost(() => client.call('GET', path))).cost)
}

/** The endpoints of the API's own document that no walk asked. */
export async function notMeasured(served: Served, costs: Costs): Promise<string[]> {
  const response = await fetch(`${served.at('gatehouse')}/openapi.json`)
  const { paths } = (await response.json()) as { paths: Record<string, Record<string, unknown>> }
  const measured = new Set(Object.keys(costs).map((name) => name.split(/\?| \(/)[0]))
  return Object.entries(paths)
    .flatMap(([path, methods]) =>
      Object.keys(methods)
        .filter((method) => /^(get|post|put|patch|delete)$/.test(method))
        .map((method) => `${method.toUpperCase()} ${path.replace('/api/v1', '')}`),
    )
    .filter((name) => !measured.has(name))
}

/** As results.json has them: by endpoint, then by size. */
export function figuresOf(costs: Costs) {
  const by = (of: (cost: Cost) => number) =>
    Object.fromEntries(
      Object.entries(costs).map(([name, sizes]) => [
        name,
        Object.fromEntries(Object.entries(sizes).map(([size, cost]) => [size, of(cost)])),
      ]),
    )
  return {
    rows_read: by((cost) => cost.rows_read),
    rows_written: by((cost) => cost.rows_written),
    d1_ms: by((cost) => Math.round(cost.d1_ms * 10) / 10),
    answer: Object.fromEntries(
      Object.entries(costs).flatMap(([name, sizes]) => {
        const last = Object.values(sizes).at(-1)
        return last ? [[name, { calls: last.answer_calls, rows_read: last.answer_rows_read }]] : []
      }),
    ),
  }
}
