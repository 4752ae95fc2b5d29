/** Which cron runs which job. */
import type { Deps } from './context'
import { sweepOutbox } from './outbox/sweep'
import { outboxHandlers } from './outbox-handlers'

/** Runs what a cron expression of wrangler.toml stands for, and logs its counts in one line. */
export async function runCron(deps: Deps, cron: string): Promise<void> {
  switch (cron) {
    case '* * * * *': {
      const counts = await sweepOutbox(deps, outboxHandlers)
      if (counts.due > 0)
        console.log(JSON.stringify({ event: 'job', job: 'sweep_outbox', ...counts }))
      return
    }
    default:
      console.error(JSON.stringify({ event: 'unknown_cron', cron }))
  }
}
