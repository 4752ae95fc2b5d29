/**
 * Where the load goes: users to their objects, addresses to throttle shards, and users to the
 * databases of a sharded deployment, by the hashes that the product uses or would use. Peak seconds are
 * drawn, as what breaks is never the average.
 */
import { createHash } from 'node:crypto'
import { HABITS } from '../cost/prices.ts'

const THROTTLE_SHARDS = 4_096
const DATABASES = 16
/** The busiest second of a month carries so many times its average. */
const PEAK = 5
const SECONDS_A_MONTH = 30 * 86_400
/** A person's object is asked in bursts: a page asks so many times within a second. */
const BURST = 20

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

export interface Load {
  users: number
  requests_per_second_peak: number
  sign_ins_per_second_peak: number
  busiest_throttle_shard_per_second: number
  busiest_object_per_second: number
  d1_writes_per_second_peak: number
  d1_gib: number
  databases_needed: number
  busiest_database_writes_per_second: number
}

/** What one D1 may be asked: writes a second at the measured time of a batch, and 10 GB. */
export interface Limits {
  writesPerSecond: number
  gib: number
}

/** The load of so many monthly users. `writesPerSignIn` are batches, `bytesPerUser` as measured. */
export function loadOf(users: number, bytesPerUser: number, limits: Limits): Load {
  const perSecond = (perUser: number) => ((users * perUser) / SECONDS_A_MONTH) * PEAK
  const requests = perSecond(HABITS.requests + HABITS.refreshes)
  const signIns = perSecond(HABITS.signIns)
  // Events are written by the hundred at the most; at low load each is a batch of its own.
  const changes = perSecond(HABITS.registrations * 3 + HABITS.signOuts + HABITS.signIns)
  const batches = Math.min(
    changes,
    Math.max(changes / 100, 1) + perSecond(HABITS.registrations * 3),
  )
  const gib = (users * bytesPerUser) / 2 ** 30
  const databases = Math.max(
    1,
    Math.ceil(gib / (limits.gib * 0.7)),
    Math.ceil(batches / (limits.writesPerSecond * 0.5)),
  )
  const sample = 200_000
  return {
    users,
    requests_per_second_peak: requests,
    sign_ins_per_second_peak: signIns,
    busiest_throttle_shard_per_second: (signIns * skew(sample, THROTTLE_SHARDS)) / THROTTLE_SHARDS,
    busiest_object_per_second: BURST,
    d1_writes_per_second_peak: batches,
    d1_gib: gib,
    databases_needed: databases,
    busiest_database_writes_per_second:
      (batches * skew(sample, Math.max(databases, 1))) / databases,
  }
}

/** The tables of docs/scale.md. */
export function scaleTables(bytesPerUser: number): string {
  const limits = { writesPerSecond: 200, gib: 10 }
  const loads = [1e6, 1e7, 1e8].map((users) => loadOf(users, bytesPerUser, limits))
  const row = (name: string, of: (load: Load) => number, digits = 0) =>
    `| ${name} | ${loads.map((load) => of(load).toLocaleString('en', { maximumFractionDigits: digits })).join(' | ')} |`
  return [
    `| monthly users | ${loads.map((load) => load.users.toLocaleString('en')).join(' | ')} |`,
    '|---|---:|---:|---:|',
    row('requests a second, peak', (load) => load.requests_per_second_peak),
    row('sign-ins a second, peak', (load) => load.sign_ins_per_second_peak),
    row(
      'busiest throttle shard, calls a second',
      (load) => load.busiest_throttle_shard_per_second,
      2,
    ),
    row('busiest user object, calls a second', (load) => load.busiest_object_per_second),
    row('D1 write batches a second, peak', (load) => load.d1_writes_per_second_peak, 1),
    row('D1, GiB', (load) => load.d1_gib, 1),
    row('databases needed', (load) => load.databases_needed),
    row('busiest database, batches a second', (load) => load.busiest_database_writes_per_second, 1),
    '',
    `The fullest of ${DATABASES} databases gets ${skew(200_000, DATABASES).toFixed(2)} of its share, the fullest of ${THROTTLE_SHARDS} throttle shards ${skew(200_000, THROTTLE_SHARDS).toFixed(2)} (200,000 addresses hashed).`,
  ].join('\n')
}
