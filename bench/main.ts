/**
 * `npm run bench`: everything, in the order of value. `npm run bench -- throughput rows` does only
 * what is named and keeps the rest of results.json; `-- quick` is a rehearsal of a minute or two, whose
 * figures stay in bench/.out; `-- cost` measures nothing and fills the tables anew.
 */
import { measureApps } from './apps/measure.ts'
import { cleanUp, exportAll, importMany } from './growth/measure.ts'
import { appsTable } from './report/apps-table.ts'
import { readResults, type Results, stamp, type Step, writeResults } from './report/results.ts'
import { goalsTable, fillTables, rowsTable, throughputTable } from './report/tables.ts'
import { betterAuthRows } from './rows/better-auth.ts'
import { atSizes, type Costs, figuresOf, measureRows, notMeasured } from './rows/measure.ts'
import { bundleOf } from './runtime/bundle.ts'
import type { Served } from './runtime/serve.ts'
import { measureSize } from './size/measure.ts'
import { measureThroughput } from './throughput/measure.ts'

const asked = process.argv.slice(2)
const isQuick = asked.includes('quick')
// `cost` measures nothing: it fills the tables anew, after a change of the prices.
const named = asked.filter((word) => word !== 'quick')
const does = (step: Step) => named.length === 0 || named.includes(step)
const SIZES = isQuick ? [1_000, 10_000] : [1_000, 10_000, 100_000, 1_000_000]

const results: Results = readResults(isQuick)

async function measure(step: Step, work: () => unknown): Promise<void> {
  console.log(`${step} ...`)
  const start = performance.now()
  await work()
  const seconds = Math.round((performance.now() - start) / 1000)
  stamp(results, step, seconds)
  console.log(`  ${seconds} s`)
}

const ours = bundleOf('wrangler.toml', 'gatehouse')
const theirs = bundleOf('bench/workers/better-auth/wrangler.toml', 'better-auth')

if (does('size')) {
  await measure('size', () => {
    results.bundle = measureSize(ours, theirs)
  })
}

if (does('throughput')) {
  await measure('throughput', async () => {
    const how = isQuick
      ? { rounds: 2, seconds: 1, logins: 20 }
      : { rounds: 5, seconds: 2, logins: 80 }
    results.throughput = await measureThroughput(ours, theirs, how)
    console.log(throughputTable(results))
  })
}

if (does('apps')) {
  const apps = bundleOf('bench/workers/better-auth-apps/wrangler.toml', 'better-auth-apps')
  await measure('apps', async () => {
    const how = isQuick ? { rounds: 2, users: 20 } : { rounds: 5, users: 60 }
    results.apps = await measureApps(ours, apps, how)
    console.log(appsTable(results.apps))
  })
}

if (does('rows')) {
  await measure('rows', async () => {
    results.better_auth_rows = await betterAuthRows(theirs)
    const costs: Costs = {}
    await atSizes(ours, SIZES, async (served, size, bytes) => {
      await measureRows(served, size, costs)
      if (size !== SIZES.at(-1)) return
      results.rows_missing = await notMeasured(served, costs)
      if (bytes) results.bytes = bytes
      if (does('growth')) await grow(served)
    })
    Object.assign(results, figuresOf(costs))
    console.log(rowsTable(results))
  })
} else if (does('growth')) {
  await atSizes(ours, SIZES.slice(-1), grow)
}

async function grow(served: Served): Promise<void> {
  await measure('growth', async () => {
    results.growth = {
      'export of all users': await exportAll(served),
      'clean-up of expired sessions': await cleanUp(served),
      'import of users': await importMany(served),
    }
  })
}

writeResults(results, isQuick)
if (!isQuick) fillTables(results)
console.log(goalsTable(results))
