/**
 * `npm run bench`: everything, in the order of value. `npm run bench -- throughput rows` does only
 * what is named and keeps the rest of results.json; `-- quick` is a rehearsal of a minute or two.
 */
import { statSync } from 'node:fs'
import { cleanUp, exportAll, importMany } from './growth/measure.ts'
import { goalsTable, fillTables, rowsTable, throughputTable } from './report/tables.ts'
import { type Results, readResults, writeResults } from './report/results.ts'
import { betterAuthRows } from './rows/better-auth.ts'
import { atSizes, type Costs, measureRows } from './rows/measure.ts'
import { bundleOf } from './runtime/bundle.ts'
import { measureSize } from './size/measure.ts'
import { measureThroughput } from './throughput/measure.ts'

const STEPS = ['size', 'throughput', 'rows', 'growth', 'cost'] as const
type Step = (typeof STEPS)[number]

const asked = process.argv.slice(2)
const isQuick = asked.includes('quick')
const named = STEPS.filter((step) => asked.includes(step))
const does = (step: Step) => named.length === 0 || named.includes(step)
const SIZES = isQuick ? [1_000, 10_000] : [1_000, 10_000, 100_000, 1_000_000]

const results: Results = readResults()
results.seconds ??= {}

async function step(name: Step, work: () => unknown): Promise<void> {
  if (!does(name)) return
  console.log(`${name} ...`)
  const start = performance.now()
  await work()
  const seconds = Math.round((performance.now() - start) / 1000)
  results.seconds = { ...results.seconds, [name]: seconds }
  console.log(`  ${seconds} s`)
}

const ours = bundleOf('wrangler.toml', 'gatehouse')
const theirs = bundleOf('bench/workers/better-auth/wrangler.toml', 'better-auth')

await step('size', () => {
  results.bundle = measureSize(ours, theirs)
})

await step('throughput', async () => {
  const how = isQuick ? { rounds: 2, seconds: 1 } : { rounds: 5, seconds: 2 }
  results.throughput = await measureThroughput(ours, theirs, how)
  console.log(throughputTable(results))
})

if (does('rows') || does('growth')) {
  await step('rows', async () => {
    results.better_auth_rows = await betterAuthRows(theirs)
  })
  const costs: Costs = {}
  const missing = new Set<string>()
  const start = performance.now()
  await atSizes(ours, SIZES, async (served, size, file) => {
    if (does('rows')) await measureRows(served, size, costs, missing)
    if (size !== SIZES.at(-1)) return
    results.bytes_per_user = Math.round(statSync(file).size / size)
    await step('growth', async () => {
      results.growth = {
        'export of all users': await exportAll(served),
        'clean-up of expired sessions': await cleanUp(served),
        'import of users': await importMany(served),
      }
    })
  })
  if (does('rows')) {
    results.seconds = { ...results.seconds, rows: Math.round((performance.now() - start) / 1000) }
    const by = (of: (cost: Costs[string][string]) => number) =>
      Object.fromEntries(
        Object.entries(costs).map(([name, sizes]) => [
          name,
          Object.fromEntries(Object.entries(sizes).map(([size, cost]) => [size, of(cost)])),
        ]),
      )
    results.rows_read = by((cost) => cost.rows_read)
    results.rows_written = by((cost) => cost.rows_written)
    results.d1_ms = by((cost) => Math.round(cost.d1_ms * 10) / 10)
    results.answer = Object.fromEntries(
      Object.entries(costs).flatMap(([name, sizes]) => {
        const last = Object.values(sizes).at(-1)
        return last ? [[name, { calls: last.answer_calls, rows_read: last.answer_rows_read }]] : []
      }),
    )
    results.rows_missing = [...missing]
    console.log(rowsTable(results))
    if (missing.size > 0) console.log(`not there: ${[...missing].join(', ')}`)
  }
}

writeResults(results)
fillTables(results)
console.log(goalsTable(results))
