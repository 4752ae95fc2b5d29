/**
 * Where the load goes: users to their objects, addresses to throttle shards and to the databases of a
 * sharded deployment, by the hashes that the product uses or would use. Peak seconds are drawn, as what
 * breaks is never the average.
 */
import { createHash } from 'node:crypto'
import { ours } from '../cost/monthly.ts'
import { ASSUMED, HABITS, KEPT_DAYS } from '../cost/prices.ts'
import type { Results } from '../report/results.ts'
import type { Bytes } from '../rows/storage.ts'

const THROTTLE_SHARDS = 4_096
/** Fixed for ever, as an address finds its database by a hash over all of them. */
const ADDRESS_DATABASES = 16
/** The busiest second of a month carries so many times its average. */
const PEAK = 5
const DAYS_A_MONTH = 30
const SECONDS_A_MONTH = DAYS_A_MONTH * 86_400
/** A person's object is asked in bursts: a page asks so many times within a second. */
const BURST = 20
/** Of the events queue. */
const EVENTS_A_BATCH = 100
/** What D1 holds, and how much of that and of its time a deployment should plan with. */
const LIMIT_GIB = 10e9 / 2 ** 30
const PLANNED = { size: 0.7, time: 0.5 }
const SAMPLE = 200_000

const bucket = (key: string, buckets: number): number =>
  createHash('sha256').update(key).digest().readUInt32BE(0) % buckets

/** How much more than its share the fullest of so many buckets gets, by hashing a sample of keys. */
export function skew(keys: number, buckets: number): number {
  const counts = new Uint32Array(buckets)
  for (let i = 0; i < keys; i++) {
    const at = bucket(`user${i}@example.com`, buckets)
    counts[at] = (counts[at] ?? 0) + 1
  }
  return Math.max(...counts) / (keys / buckets)
}

/** Events of a user that reach the log by the queue in a month: it keeps them for one class of days. */
const QUEUED_EVENTS = HABITS.signIns + HABITS.signOuts + (HABITS.activeDays - HABITS.signIns)
/** Registered and verified: kept for the first of KEPT_DAYS.change days, counted as if for ever. */
const CHANGES = 2

/** Bytes of D1 that a user takes after a year of the habits, with everyday events kept so many days. */
export const bytesAfterAYear = (bytes: Bytes, keptDays: number = KEPT_DAYS.signIn): number =>
  bytes.user +
  bytes.event * (CHANGES + (QUEUED_EVENTS * keptDays) / DAYS_A_MONTH) +
  // A session that nobody ended is listed until it expires, at most a month.
  bytes.session * (HABITS.signIns - HABITS.signOuts) +
  bytes.sign_in_day * HABITS.signIns * 12

/** Users whose rows one database holds with room to spare. */
const usersADatabase = (bytesPerUser: number) => (LIMIT_GIB * PLANNED.size * 2 ** 30) / bytesPerUser

interface Measured {
  readonly bytes: Bytes
  readonly rowsWrittenAMonth: number
  /** D1's milliseconds a row written, as the import takes them. */
  readonly msPerRow: number
}

function loadOf(users: number, { bytes, rowsWrittenAMonth, msPerRow }: Measured) {
  const perSecond = (perUser: number) => ((users * perUser) / SECONDS_A_MONTH) * PEAK
  const signIns = perSecond(HABITS.signIns)
  // Events are written by the hundred at the most; at low load each is a batch of its own.
  const events = perSecond(QUEUED_EVENTS)
  const registrations = perSecond(HABITS.registrations * 3)
  const batches = Math.min(events, Math.max(events / EVENTS_A_BATCH, 1)) + registrations
  const rowsWritten = perSecond(rowsWrittenAMonth)
  const busy = (batches * ASSUMED.d1MsPerBatch + rowsWritten * msPerRow) / 1000
  const gib = (users * bytesAfterAYear(bytes)) / 2 ** 30
  const databases = Math.ceil(Math.max(gib / (LIMIT_GIB * PLANNED.size), busy / PLANNED.time))
  return {
    users,
    requests: perSecond(HABITS.requests + HABITS.refreshes),
    signIns,
    throttle: (signIns * skew(SAMPLE, THROTTLE_SHARDS)) / THROTTLE_SHARDS,
    batches,
    rowsWritten,
    busy: busy / databases,
    gib,
    gibKept30: (users * bytesAfterAYear(bytes, 30)) / 2 ** 30,
    databases,
    addressGib:
      ((users * bytes.address) / ADDRESS_DATABASES / 2 ** 30) * skew(SAMPLE, ADDRESS_DATABASES),
  }
}

/** The tables of docs/scale.md; undefined before rows were measured. */
export function scaleTables(results: Results): string | undefined {
  const { bytes } = results
  const imported = results.growth?.['import of users']
  if (!bytes || !imported) return undefined
  const rowsWrittenAMonth = ours(results).rowsWritten
  const msPerRow = (imported['d1_ms'] ?? 0) / (imported['rows_written'] ?? 1)
  const measured = { bytes, rowsWrittenAMonth, msPerRow }
  const loads = [1e6, 1e7, 1e8].map((users) => loadOf(users, measured))
  const told = (value: number, digits = 0) =>
    value.toLocaleString('en', { maximumFractionDigits: digits })
  const row = (name: string, of: (load: (typeof loads)[number]) => number, digits = 0) =>
    `| ${name} | ${loads.map((load) => told(of(load), digits)).join(' | ')} |`
  const fits = (days?: number) => told(usersADatabase(bytesAfterAYear(bytes, days)) / 1000)
  return [
    `| monthly users | ${loads.map((load) => told(load.users)).join(' | ')} |`,
    '|---|---:|---:|---:|',
    row('requests a second, peak', (load) => load.requests),
    row('sign-ins a second, peak', (load) => load.signIns),
    row('busiest throttle shard, calls a second', (load) => load.throttle, 2),
    row('busiest user object, calls a second', () => BURST),
    row('D1 write batches a second, peak', (load) => load.batches, 1),
    row('D1 rows written a second, peak', (load) => load.rowsWritten),
    row('D1 after a year, GiB', (load) => load.gib),
    row('the same with everyday events kept 30 days, GiB', (load) => load.gibKept30),
    row('databases for users', (load) => load.databases),
    row('of a second’s peak each is busy, %', (load) => load.busy * 100, 1),
    row(
      `fullest of ${ADDRESS_DATABASES} databases for addresses, GiB`,
      (load) => load.addressGib,
      2,
    ),
    '',
    `A user writes ${told(rowsWrittenAMonth / DAYS_A_MONTH, 1)} rows of D1 a day and keeps ${told(CHANGES + (QUEUED_EVENTS * KEPT_DAYS.signIn) / DAYS_A_MONTH)} events.`,
    `Measured with their indexes: ${bytes.user} bytes a user, ${bytes.event} an event, ${bytes.session} a session, ${bytes.sign_in_day} a day of signing in;`,
    `after a year of these habits that is ${told(bytesAfterAYear(bytes) / 1024, 1)} KiB a user. One database, 70% full, holds ${fits()} thousand such users,`,
    `${fits(30)} thousand with \`AUDIT_SIGN_IN_DAYS = 30\`.`,
    '',
    `The fullest of ${ADDRESS_DATABASES} databases gets ${skew(SAMPLE, ADDRESS_DATABASES).toFixed(2)} of its share, the fullest of ${THROTTLE_SHARDS} throttle shards ${skew(SAMPLE, THROTTLE_SHARDS).toFixed(2)} (${told(SAMPLE)} addresses hashed).`,
  ].join('\n')
}
