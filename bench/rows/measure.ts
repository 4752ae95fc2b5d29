/** D1 rows of every endpoint at growing numbers of users, all that a request sets in motion included. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Bundle } from '../runtime/bundle.ts'
import { migrate } from '../runtime/migrate.ts'
import { gatehouse, scriptOf, serve, type Served } from '../runtime/serve.ts'
import { Client, type Cost } from './client.ts'
import { databaseFile, seed } from './seed.ts'
import { tell } from './story.ts'

const PASSWORD = 'Correct-Horse-7'
const ADMIN = { token: 'bench-9f2c61d07be84a35', email: 'root@example.com', full_name: 'Grace' }

/** Gatehouse with the meter in front, its state in a folder. One hash round: hashes read no rows. */
export async function serveMetered(bundle: Bundle, state: string): Promise<Served> {
  const front = { ...scriptOf('metered.ts'), path: 'metered.js' }
  const settings = { PASSWORD_HASH_ROUNDS: '1', REQUEST_BUDGET_MS: '60000' }
  return serve(
    [await gatehouse(bundle, { name: 'gatehouse', settings, front, queueTimeout: 0 })],
    state,
  )
}

/** A fresh database with an admin; returns his password's hash, which every seeded user gets. */
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

export type Costs = Record<string, Record<string, Cost>>

/** A state folder that is filled step by step, with something done at each size. */
export async function atSizes(
  bundle: Bundle,
  sizes: readonly number[],
  then: (served: Served, size: number, file: string) => Promise<void>,
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
      console.error(`  ${size} users after ${((performance.now() - start) / 1000).toFixed(1)} s`)
      const served = await serveMetered(bundle, state)
      try {
        await then(served, size, file)
      } finally {
        await served.stop()
      }
    }
  } finally {
    rmSync(state, { recursive: true, force: true })
  }
}

/** Walks through all endpoints; the first of all times twice, as what only then is paid is nobody's cost. */
export async function measureRows(
  served: Served,
  size: number,
  costs: Costs,
  missing: Set<string>,
): Promise<void> {
  const client = new Client(served)
  const token = await adminToken(client)
  const isFirst = Object.keys(costs).length === 0
  for (const walk of isFirst ? ['a', 'b'] : ['b']) {
    await tell({
      client,
      tag: `walk${walk}${size}`,
      adminToken: token,
      missing: (name) => missing.add(name),
      record: (name, cost) => {
        ;(costs[name] ??= {})[String(size)] = cost
      },
    })
  }
}
