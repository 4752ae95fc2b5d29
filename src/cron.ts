/** Which cron runs which job. */
import { mergeSearchIndex } from './admin/merge-search-index'
import { snapshotActives } from './analytics/snapshot-actives'
import { purgeApiKeys } from './api-keys/purge-api-keys'
import { deleteExpiredEvents } from './audit/retain'
import { purgeSpentTokens } from './auth/purge-tokens'
import { purgeUnverified } from './auth/purge-unverified'
import type { Deps } from './context'
import { countKeys } from './jobs/count-keys'
import { reEncrypt } from './jobs/re-encrypt'
import { type Job, runJob } from './jobs/run-job'
import { purgeDead } from './outbox/purge-dead'
import { sweepOutbox } from './outbox/sweep'
import { outboxHandlers } from './outbox-handlers'
import { purgeExpiredSessions } from './sessions/purge-expired'
import { rotateSigningKeys } from './sessions/rotate-signing-keys'
import { purgeWebhooks } from './webhooks/purge'

/** By the expressions of wrangler.toml; times are UTC. */
export const SCHEDULE: Readonly<Record<string, readonly Job[]>> = {
  '* * * * *': [
    { name: 'sweep_outbox', run: (deps) => sweepOutbox(deps, outboxHandlers) },
    { name: 'sweep_webhooks', run: (deps) => sweepOutbox(deps, outboxHandlers, 'webhooks') },
  ],
  '*/15 * * * *': [{ name: 'purge_sessions', run: purgeExpiredSessions }],
  '5 0 * * *': [
    { name: 'snapshot_actives', run: snapshotActives },
    { name: 'rotate_signing_keys', run: rotateSigningKeys },
    { name: 're_encrypt', run: reEncrypt },
    { name: 'count_keys', run: countKeys },
    { name: 'purge_tokens', run: purgeSpentTokens },
    { name: 'purge_api_keys', run: purgeApiKeys },
    { name: 'purge_unverified', run: purgeUnverified },
    { name: 'purge_webhooks', run: purgeWebhooks },
    { name: 'purge_audit', run: async (deps) => ({ events: await deleteExpiredEvents(deps) }) },
    { name: 'purge_dead', run: purgeDead },
    // Behind what erases.
    { name: 'merge_search_index', run: mergeSearchIndex },
  ],
}

/** Runs the jobs of a cron expression, one after the other. */
export async function runCron(deps: Deps, cron: string): Promise<void> {
  const jobs = SCHEDULE[cron]
  if (!jobs) return console.error(JSON.stringify({ event: 'unknown_cron', cron }))
  for (const job of jobs) await runJob({ ...deps, now: Date.now() }, job)
}
