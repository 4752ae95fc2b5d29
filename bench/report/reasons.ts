/** Why a goal is missed, with the figures of the run that misses it. */
import type { Results } from './results.ts'

const cpu = (results: Results, target: string): string =>
  (results.throughput?.targets[target]?.cpu_ms ?? Number.NaN).toFixed(2)

const versus = (results: Results, one: string, other: string): string => {
  const rps = (target: string) => results.throughput?.targets[target]?.rps ?? Number.NaN
  return (rps(one) / rps(other)).toFixed(1)
}

const REASONS: readonly [RegExp, (results: Results) => string][] = [
  [
    /^CPU of the start/,
    (results) =>
      `The machine is slower than that of earlier runs: the bundle of the commit before takes 52.5 ms here and took 40.3 there. better-auth takes ${results.bundle?.better_auth_start_up_cpu_ms} ms here.`,
  ],
  [
    /^session beside a bare/,
    (results) =>
      `Both make one object call; ours also reads the request, finds the route and the verified token in memory, asks the object, and answers with an id, a dozen security headers and JSON: ${cpu(results, 'session')} ms of CPU against ${cpu(results, 'bare_object')}.`,
  ],
  [
    /^profile beside/,
    (results) =>
      `The profile reads one row of D1, by design: it always shows what is stored. A bare Worker that reads one row is itself only ${versus(results, 'bare_d1', 'better_auth_session')} times as fast as better-auth's session here.`,
  ],
  [
    /^CPU of a login/,
    () =>
      'It includes everything that a sign-in sets in motion in this one process: two objects that write, the events queue, and a batch of rows in D1’s own simulation. The Worker’s part cannot be separated.',
  ],
  [
    /^CPU of each step of apps beside node/,
    (results) =>
      `node-oidc-provider is one Node process with SQLite inside it: to read a row is to call a function. Ours asks an object, and D1 for userinfo (a bare Worker takes ${cpu(results, 'bare_object')} ms for a call and ${cpu(results, 'bare_d1')} for a row), signs access tokens where the other's are opaque, and writes to the audit log.`,
  ],
  [
    /^rows read are flat/,
    ({ goals = [] }) => {
      const found = goals.find(({ goal }) => goal === 'rows read are flat')?.found ?? ''
      const others = found.split('), ').filter((each) => !each.includes('search='))
      return `A search counts what it finds up to 1,001, and a small database has fewer: it grows up to that limit and no further.${others.length > 0 ? ' Why the others do is not known yet.' : ''}`
    },
  ],
  [
    /^rows read an item/,
    () =>
      'The first page of a search and of the audit log also counts its total, up to 1,001 rows; the pages behind it, by cursor, count nothing.',
  ],
  [
    /^most memory/,
    () =>
      'workerd and D1 are one process here, with D1’s page cache and a heap that the runtime collects when it likes; the Worker’s share cannot be separated.',
  ],
]

export function reasonFor(goal: string, results: Results): string {
  const [, why] = REASONS.find(([pattern]) => pattern.test(goal)) ?? []
  return why?.(results) ?? 'Not investigated yet.'
}
