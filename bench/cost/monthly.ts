/** From what was measured to dollars a month for a million active users. */
import type { Results } from '../report/results.ts'
import { FIRST_OF_A_DAY } from '../rows/measure.ts'
import { ASSUMED, HABITS, HOSTED, PRICES } from './prices.ts'

export const MONTHLY_USERS = 1_000_000
const OBJECT_GB = 0.128

export interface Usage {
  requests: number
  cpuMs: number
  objectCalls: number
  objectGbSeconds: number
  rowsRead: number
  rowsWritten: number
  objectRowsWritten: number
  queueOperations: number
}
type Meter = keyof Usage
const METERS: Meter[] = [
  'requests',
  'cpuMs',
  'objectCalls',
  'objectGbSeconds',
  'rowsRead',
  'rowsWritten',
  'objectRowsWritten',
  'queueOperations',
]

const rows = (results: Results, endpoint: string) => {
  const largest = <T>(bySize: Record<string, T> | undefined) => Object.values(bySize ?? {}).at(-1)
  return {
    read: largest(results.rows_read?.[endpoint]) ?? 0,
    written: largest(results.rows_written?.[endpoint]) ?? 0,
  }
}

/** A month of one user of Gatehouse. */
export function ours(results: Results): Usage {
  const { requests, signIns, refreshes, signOuts, registrations, activeDays } = HABITS
  const cpu = (target: string) => results.throughput?.targets[target]?.cpu_ms ?? 0
  // A day that begins with a sign-in is noted by it.
  const firstRequests = activeDays - signIns
  const events: [number, { read: number; written: number }][] = [
    [requests, rows(results, 'GET /auth/session')],
    [firstRequests, rows(results, FIRST_OF_A_DAY)],
    [signIns, rows(results, 'POST /auth/login')],
    [refreshes, rows(results, 'POST /auth/refresh')],
    [signOuts, rows(results, 'POST /auth/logout')],
    [registrations, rows(results, 'POST /auth/register')],
    [registrations, rows(results, 'POST /auth/verify-email')],
  ]
  const sum = (of: 'read' | 'written') =>
    events.reduce((total, [n, each]) => total + n * each[of], 0)
  const objectCalls = requests + signIns * 3 + refreshes + signOuts
  return {
    requests: requests + signIns + refreshes + signOuts + 2 * registrations,
    cpuMs:
      (requests + refreshes + signOuts) * cpu('session') + (signIns + registrations) * cpu('login'),
    objectCalls,
    objectGbSeconds: (objectCalls * ASSUMED.objectMsPerCall * OBJECT_GB) / 1000,
    rowsRead: sum('read'),
    rowsWritten: sum('written'),
    objectRowsWritten:
      signIns * ASSUMED.objectRowsPerSignIn + refreshes * ASSUMED.objectRowsPerRefresh,
    queueOperations:
      (signIns + signOuts + registrations + firstRequests) * ASSUMED.operationsPerMessage,
  }
}

/** A month of one user of better-auth on D1, who does the same; there is nothing to refresh. */
export function theirs(results: Results): Usage {
  const { requests, signIns, signOuts, registrations } = HABITS
  const cpu = (target: string) => results.throughput?.targets[target]?.cpu_ms ?? 0
  const cost = (name: string) =>
    results.better_auth_rows?.[name] ?? { rows_read: 0, rows_written: 0 }
  const events: [number, { rows_read: number; rows_written: number }][] = [
    [requests, cost('session')],
    [signIns, cost('login')],
    [signOuts, cost('logout')],
    [registrations, cost('register')],
  ]
  return {
    requests: requests + signIns + signOuts + registrations,
    cpuMs:
      (requests + signOuts) * cpu('better_auth_session') +
      (signIns + registrations) * cpu('better_auth_login'),
    objectCalls: 0,
    objectGbSeconds: 0,
    rowsRead: events.reduce((total, [n, each]) => total + n * each.rows_read, 0),
    rowsWritten: events.reduce((total, [n, each]) => total + n * each.rows_written, 0),
    objectRowsWritten: 0,
    queueOperations: 0,
  }
}

/** Dollars by meter for so many such users, less what the plan includes. */
export function dollars(usage: Usage, users: number): Record<Meter | 'plan' | 'total', number> {
  const bill = Object.fromEntries(
    METERS.map((meter) => {
      const { included, perMillion } = PRICES[meter]
      return [meter, (Math.max(0, usage[meter] * users - included) / 1e6) * perMillion]
    }),
  ) as Record<Meter, number>
  const total = METERS.reduce((sum, meter) => sum + bill[meter], PRICES.plan as number)
  return { ...bill, plan: PRICES.plan, total }
}

export const hosted = (users: number): number =>
  HOSTED.base + Math.max(0, users - HOSTED.included) * HOSTED.perUser

/** The tables of docs/cost.md. */
export function costTables(results: Results): string {
  const [us, them] = [ours(results), theirs(results)]
  const [ourBill, theirBill] = [dollars(us, MONTHLY_USERS), dollars(them, MONTHLY_USERS)]
  const money = (value: number) =>
    `$${value.toFixed(value < 10 ? 2 : 0).replace(/\B(?=(\d{3})+$)/g, ',')}`
  const count = (value: number) => value.toLocaleString('en', { maximumFractionDigits: 1 })
  const line = (meter: Meter) =>
    `| ${NAMES[meter]} | ${count(us[meter])} | ${money(ourBill[meter])} | ${count(them[meter])} | ${money(theirBill[meter])} |`
  return [
    '| a month | Gatehouse, a user | a million users | better-auth on D1, a user | a million users |',
    '|---|---:|---:|---:|---:|',
    ...METERS.map(line),
    `| plan | | ${money(PRICES.plan)} | | ${money(PRICES.plan)} |`,
    `| **in all** | | **${money(ourBill.total)}** | | **${money(theirBill.total)}** |`,
    '',
    `${HOSTED.name}, by its list price: **${money(hosted(MONTHLY_USERS))}** a month for a million users.`,
  ].join('\n')
}

const NAMES: Record<Meter, string> = {
  requests: 'requests',
  cpuMs: 'CPU, ms',
  objectCalls: 'object calls',
  objectGbSeconds: 'object duration, GB-s',
  rowsRead: 'D1 rows read',
  rowsWritten: 'D1 rows written',
  objectRowsWritten: 'object rows written',
  queueOperations: 'queue operations',
}
