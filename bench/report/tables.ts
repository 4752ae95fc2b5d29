/** Tables of the last run, put between the markers of the documents that show them. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ProviderName } from '../apps/figures.ts'
import { costTables } from '../cost/monthly.ts'
import { ROOT } from '../runtime/bundle.ts'
import { scaleTables } from '../scale/simulate.ts'
import { appsTable } from './apps-table.ts'
import { reasonFor } from './reasons.ts'
import { type Results, type Stamp, type Step, STEPS } from './results.ts'
import { table } from './table.ts'

/** More than the preparation of a run causes by itself. */
const BUSY = 2

const TITLES: Record<string, string> = {
  bare: 'a Worker that answers `ok`',
  bare_object: 'a Worker with one object call',
  bare_d1: 'a Worker with one D1 row',
  session: '**session**',
  profile: '**profile**',
  login: '**login** (PBKDF2, 600,000)',
  login_one_round: 'login at one round of six (PBKDF2, 100,000)',
  better_auth_session: 'better-auth: session',
  better_auth_cached_session: 'better-auth: session, cookie cache on (not instantly revocable)',
  better_auth_login: 'better-auth: login (its scrypt)',
  bare_object_1: 'one connection: object call',
  session_1: 'one connection: **session**',
  profile_1: 'one connection: **profile**',
  better_auth_session_1: 'one connection: better-auth session',
}

export function throughputTable({ throughput }: Results): string {
  const lines = Object.entries(throughput?.targets ?? {}).map(([name, t]) => [
    TITLES[name] ?? name,
    t.rps,
    `${t.rps_min} to ${t.rps_max}`,
    t.p50_ms,
    t.p99_ms,
    t.cpu_ms,
  ])
  return table(['', 'requests/s', 'spread', 'p50 ms', 'p99 ms', 'CPU ms'], lines)
}

export function rowsTable({ rows_read = {}, rows_written = {}, d1_ms = {} }: Results): string {
  const sizes = Object.keys(Object.values(rows_read)[0] ?? {})
  const lines = Object.entries(rows_read).map(([name, read]) => [
    `\`${name}\``,
    ...sizes.map((size) => read[size]),
    rows_written[name]?.[sizes.at(-1) ?? ''],
    d1_ms[name]?.[sizes.at(-1) ?? ''],
  ])
  const heads = sizes.map((size) => `read at ${Number(size).toLocaleString('en')}`)
  return table(['', ...heads, 'written', 'ms of D1'], lines)
}

export const goalsTable = ({ goals = [] }: Results): string =>
  table(
    ['goal', 'wanted', 'found', ''],
    goals.map(({ goal, wanted, found, met }) => [goal, wanted, found, met ? 'met' : '**missed**']),
  )

/** Every missed goal with its figure and the reason. */
const missed = (results: Results): string =>
  (results.goals ?? [])
    .filter(({ met }) => !met)
    .map(
      ({ goal, wanted, found }) =>
        `- **${goal}**: wanted ${wanted}, found ${found}. ${reasonFor(goal, results)}`,
    )
    .join('\n')

const notMeasured = ({ rows_read = {}, rows_missing = [] }: Results): string =>
  `${Object.keys(rows_read).length} cases are measured. Not measured are ${rows_missing.map((name) => `\`${name}\``).join(', ') || 'none'}.`

const loginCpuLine = ({ throughput }: Results): string =>
  `A sign-in takes ${throughput?.targets['login']?.cpu_ms?.toFixed(1)} ms of CPU: ${throughput?.hash_cpu_ms} ms for the hash, ${throughput?.login_cpu_outside_hash_ms} ms for everything else.`

const headline = ({ throughput, apps, answer, bundle }: Results): string => {
  const cpu = (name: ProviderName) => apps?.code[name]?.cpu_ms?.toFixed(1)
  return [
    `${throughput?.session_rps.toLocaleString('en')} session checks a second, ${throughput?.session_vs_better_auth} times better-auth's session on D1, each instantly revocable;`,
    `a login is ${answer?.['POST /auth/login']?.calls} D1 query and ${answer?.['POST /auth/login']?.rows_read} rows read, whatever the number of users; an app's token by code takes ${cpu('gatehouse')} ms of CPU,`,
    `${cpu('better_auth')} at better-auth's provider and ${cpu('oidc_provider')} at node-oidc-provider; ${bundle?.gzip_kib} KiB gzip, ${bundle?.start_up_cpu_ms} ms of CPU to start.`,
  ].join('\n')
}

const growthTable = ({ growth = {} }: Results): string =>
  table(
    ['', 'items', 'seconds', 'rows read', 'rows written', 'MiB before', 'MiB at most'],
    Object.entries(growth).map(([name, g]) => [
      name,
      g['items'],
      g['seconds'],
      g['rows_read'],
      g['rows_written'],
      g['before_mib'],
      g['peak_mib'],
    ]),
  )

const sizeTable = ({ bundle }: Results): string =>
  table(
    ['', 'KiB raw', 'KiB gzip', 'start-up CPU ms'],
    [
      ['Gatehouse', bundle?.raw_kib, bundle?.gzip_kib, bundle?.start_up_cpu_ms],
      [
        'better-auth with its plugins',
        bundle?.better_auth_raw_kib,
        bundle?.better_auth_gzip_kib,
        bundle?.better_auth_start_up_cpu_ms,
      ],
    ],
  )

const weightsTable = ({ bundle }: Results): string =>
  table(['', 'KiB minified'], Object.entries(bundle?.weights_kib ?? {}).slice(0, 30))

/** Other work makes fewer requests a second, and dearer ones. */
const busy = ({ load = 0 }: Stamp): string =>
  load > BUSY ? ` (busy with other work, load ${load})` : ''

/** What was measured of which commit, when and where: in one line when all was at once. */
const about =
  (...steps: readonly Step[]) =>
  ({ measured = {} }: Results): string => {
    const lines = new Map<string, Step[]>()
    for (const step of steps) {
      const stamp = measured[step]
      if (!stamp) continue
      const line = `commit \`${stamp.commit}\`, ${stamp.measured_at.slice(0, 10)}, ${stamp.machine}${busy(stamp)}`
      lines.set(line, [...(lines.get(line) ?? []), step])
    }
    const told = [...lines].map(([line, of]) =>
      lines.size === 1 ? line : `${of.join(' and ')}: ${line}`,
    )
    return `Measured: ${told.join('; ')}.`
  }

const PLACES: Record<string, Record<string, (results: Results) => string | undefined>> = {
  'README.md': { bench: headline },
  'bench/README.md': {
    about: about(...STEPS),
    goals: goalsTable,
    missed,
    throughput: throughputTable,
    apps: ({ apps }) => apps && appsTable(apps),
    login: loginCpuLine,
    rows: rowsTable,
    'not-measured': notMeasured,
    growth: growthTable,
    size: sizeTable,
    weights: weightsTable,
  },
  'docs/apps.md': {
    about: about('apps'),
    apps: ({ apps }) => apps && appsTable(apps),
  },
  'docs/cost.md': { about: about('throughput', 'rows'), cost: costTables },
  'docs/scale.md': { about: about('rows', 'growth'), scale: scaleTables },
}

/** Writes every table between `<!-- name:start -->` and `<!-- name:end -->`. */
export function fillTables(results: Results): void {
  for (const [file, parts] of Object.entries(PLACES)) {
    const path = join(ROOT, file)
    if (!existsSync(path)) continue
    let text = readFileSync(path, 'utf8')
    for (const [name, make] of Object.entries(parts)) {
      text = text.replace(
        new RegExp(`(<!-- ${name}:start -->)[^]*?(<!-- ${name}:end -->)`),
        (all: string, start: string, end: string) => {
          const made = make(results)
          return made === undefined ? all : `${start}\n\n${made}\n\n${end}`
        },
      )
    }
    writeFileSync(path, text)
  }
  const files = [...Object.keys(PLACES), 'bench/results.json'].filter((file) =>
    existsSync(join(ROOT, file)),
  )
  execFileSync(join(ROOT, 'node_modules/.bin/oxfmt'), files, { cwd: ROOT, stdio: 'ignore' })
}
