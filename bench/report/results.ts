/** results.json: what a run measured, the commit it measured, and how that stands to the goals. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { ROOT } from '../runtime/bundle.ts'
import type { measureSize } from '../size/measure.ts'
import type { Throughput } from '../throughput/measure.ts'

type BySize = Record<string, Record<string, number>>
export type Grown = Record<string, Record<string, number | null>>

export interface Results {
  commit?: string
  measured_at?: string
  machine?: string
  seconds?: Record<string, number>
  throughput?: Throughput
  rows_read?: BySize
  rows_written?: BySize
  /** Of D1 until the answer, without what queues do behind it. */
  answer?: Record<string, { calls: number; rows_read: number }>
  d1_ms?: BySize
  rows_missing?: string[]
  bytes_per_user?: number
  better_auth_rows?: Record<string, { calls: number; rows_read: number; rows_written: number }>
  growth?: Grown
  bundle?: ReturnType<typeof measureSize>
  goals?: Goal[]
}

export interface Goal {
  goal: string
  wanted: string
  found: string
  met: boolean
}

const FILE = join(ROOT, 'bench/results.json')

export const readResults = (): Results =>
  existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as Results) : {}

export function writeResults(results: Results): void {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim()
  const isDirty = git('status', '--porcelain', '--', 'src', 'migrations', 'wrangler.toml') !== ''
  results.commit = git('rev-parse', 'HEAD') + (isDirty ? ' and changes' : '')
  results.measured_at = new Date().toISOString()
  results.machine = `${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}`
  results.goals = goalsOf(results)
  writeFileSync(FILE, `${JSON.stringify(results, null, 2)}\n`)
}

const LISTS = { 'GET /admin/users': 20, 'GET /admin/users?size=100': 100 }

function goalsOf({ throughput, rows_read, rows_written, answer, bundle }: Results): Goal[] {
  const goals: Goal[] = []
  const least = (goal: string, found: number | undefined, wanted: number) => {
    if (found !== undefined)
      goals.push({ goal, wanted: `>= ${wanted}`, found: String(found), met: found >= wanted })
  }
  const most = (goal: string, found: number | null | undefined, wanted: number) => {
    if (typeof found === 'number')
      goals.push({ goal, wanted: `<= ${wanted}`, found: String(found), met: found <= wanted })
  }
  const largest = (costs: BySize | undefined, name: string) =>
    Object.values(costs?.[name] ?? {}).at(-1)
  least('session beside a bare object call', throughput?.session_vs_bare_object, 0.75)
  least("session beside better-auth's", throughput?.session_vs_better_auth, 12)
  least("profile beside better-auth's session", throughput?.profile_vs_better_auth, 4)
  most('CPU of a login outside the hash, ms', throughput?.login_cpu_outside_hash_ms, 5)
  if (rows_read) {
    const grows = Object.entries(rows_read).filter(([, sizes]) => {
      const values = Object.values(sizes)
      return Math.max(...values) > 1.2 * Math.min(...values) + 1
    })
    const found = grows.length === 0 ? 'all' : `not ${grows.map(([name]) => name).join(', ')}`
    goals.push({ goal: 'rows read are flat', wanted: 'within 20%', found, met: grows.length === 0 })
    for (const [name, size] of Object.entries(LISTS)) {
      const read = largest(rows_read, name)
      if (read !== undefined)
        most(`rows read an item, ${name}`, Number((read / size).toFixed(1)), 3)
    }
  }
  most('D1 queries of a login', answer?.['POST /auth/login']?.calls, 1)
  most('rows read by a login', answer?.['POST /auth/login']?.rows_read, 6)
  most('rows written by a sign-in, in all', largest(rows_written, 'POST /auth/login'), 15)
  most('rows written by a registration, in all', largest(rows_written, 'POST /auth/register'), 25)
  most('bundle, KiB gzip', bundle?.gzip_kib, 250)
  most('CPU of the start, ms', bundle?.start_up_cpu_ms, 50)
  return goals
}
