/** results.json: what was measured, of which commit and when, step by step, and how it meets the goals. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import type { AppFigures } from '../apps/figures.ts'
import type { Bytes } from '../rows/storage.ts'
import { OUT, ROOT } from '../runtime/bundle.ts'
import type { measureSize } from '../size/measure.ts'
import type { Throughput } from '../throughput/measure.ts'
import { type BySize, type Goal, goalsOf, type Grown } from './goals.ts'

export const STEPS = ['size', 'throughput', 'apps', 'rows', 'growth'] as const
export type Step = (typeof STEPS)[number]

export interface Stamp {
  commit: string
  measured_at: string
  machine: string
  seconds: number
  /** Processes that wanted a core in the minute before the run. */
  load?: number
}

export interface Results {
  /** Of all steps, or each that differs. */
  commit?: string
  measured?: Partial<Record<Step, Stamp>>
  throughput?: Throughput
  apps?: AppFigures
  rows_read?: BySize
  rows_written?: BySize
  /** Of D1 until the answer, without what queues do behind it. */
  answer?: Record<string, { calls: number; rows_read: number }>
  d1_ms?: BySize
  /** Endpoints that no walk asks. */
  rows_missing?: string[]
  bytes?: Bytes
  better_auth_rows?: Record<string, { calls: number; rows_read: number; rows_written: number }>
  growth?: Grown
  bundle?: ReturnType<typeof measureSize>
  goals?: Goal[]
}

const LOAD = Number((loadavg()[0] ?? 0).toFixed(1))

/** A rehearsal's figures stand apart, and in no document. */
const fileOf = (isQuick: boolean) =>
  isQuick ? join(OUT, 'rehearsal.json') : join(ROOT, 'bench/results.json')

export function readResults(isQuick: boolean): Results {
  const file = fileOf(isQuick)
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Results) : {}
}

/** Notes what has been measured, now and of which commit. Other steps keep what they were measured of. */
export function stamp(results: Results, step: Step, seconds: number): void {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim()
  const isDirty = git('status', '--porcelain', '--', 'src', 'migrations', 'wrangler.toml') !== ''
  const now: Stamp = {
    commit: git('rev-parse', 'HEAD') + (isDirty ? ' and changes' : ''),
    measured_at: new Date().toISOString(),
    machine: `${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}`,
    seconds,
    load: LOAD,
  }
  results.measured = { ...results.measured, [step]: now }
}

export function writeResults(results: Results, isQuick: boolean): void {
  const stamps = Object.values(results.measured ?? {})
  results.commit = [...new Set(stamps.map(({ commit }) => commit))].join(', ')
  results.goals = goalsOf(results)
  writeFileSync(fileOf(isQuick), `${JSON.stringify(results, null, 2)}\n`)
}
