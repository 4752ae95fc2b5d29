/** Cron expressions by the names of their jobs. */
import { runCron, SCHEDULE } from '../../src/background/cron'
import type { Deps } from '../../src/context'

/** The expression that runs a job. */
export function cronOf(job: string): string {
  const [cron] = Object.entries(SCHEDULE).find(([, { name }]) => name === job) ?? []
  if (cron === undefined) throw new Error(`no cron runs ${job}`)
  return cron
}

/** The expressions of the daily jobs, in the order in which they run. */
export const NIGHTLY: readonly string[] = Object.keys(SCHEDULE)
  .filter((cron) => /^\d+ \d+ /.test(cron))
  .toSorted((a, b) => minuteOf(a) - minuteOf(b))

/** The minute of the day in a daily expression. */
export function minuteOf(cron: string): number {
  const [minute, hour] = cron.split(' ').map(Number)
  return (hour ?? 0) * 60 + (minute ?? 0)
}

/** The expressions of the hourly jobs. */
const HOURLY = Object.keys(SCHEDULE).filter((cron) => /^\d+ \* /.test(cron))

/** Runs all nightly jobs, one after the other. */
export async function runNight(deps: Deps): Promise<void> {
  for (const cron of [...HOURLY, ...NIGHTLY]) await runCron(deps, cron)
}
