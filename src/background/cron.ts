/** Maps cron expressions to jobs. */
import { snapshotActives } from '../analytics/snapshot-actives'
import { purgeApiKeys } from '../api-keys/purge-api-keys'
import { purgeLogoutDeliveries } from '../app-logout/purge-logout-deliveries'
import { purgeApps } from '../apps/purge'
import { purgeDevices } from '../apps/purge-devices'
import { deleteExpiredEvents } from '../audit/retain'
import type { Deps } from '../context'
import { countKeys } from '../jobs/count-keys'
import { reEncrypt } from '../jobs/re-encrypt'
import { type Job, runJob } from '../jobs/run-job'
import { log } from '../log'
import { purgeExpiredTokens } from '../one-time-tokens/purge-expired-tokens'
import { purgeFailed } from '../outbox/purge-failed'
import { sweepOutbox } from '../outbox/sweep'
import { purgeUnverified } from '../registration/purge-unverified'
import { purgeExpiredSessions } from '../sessions/purge-expired'
import { rotateSigningKeys } from '../sessions/tokens/rotate-signing-keys'
import { revokeSessionsJob } from '../user-admin/revoke-all-sessions'
import { mergeSearchIndex } from '../user-search/merge-search-index'
import { purgeFormerAddresses } from '../users/former-addresses'
import { purgeWebhooks } from '../webhooks/purge'
import { outboxHandlers } from './outbox-handlers'

/**
 * One job per expression; the expressions are those of wrangler.toml. The platform starts a
 * separate invocation for each, so every job has its own 1,000 queries and its own time. Times are
 * UTC. The nightly jobs run minutes apart, in an order that matters: the snapshot is of the day
 * before, the key count follows the re-encryption, and the search index is merged after the jobs
 * that erase.
 */
export const SCHEDULE: Readonly<Record<string, Job>> = {
  '* * * * *': { name: 'sweep_outbox', run: (deps) => sweepOutbox(deps, outboxHandlers) },
  '*/2 * * * *': {
    name: 'sweep_webhooks',
    run: (deps) => sweepOutbox(deps, outboxHandlers, 'webhooks'),
  },
  '*/3 * * * *': revokeSessionsJob,
  '*/15 * * * *': {
    name: 'purge_sessions',
    run: async (deps) => ({
      ...(await purgeExpiredSessions(deps)),
      devices: await purgeDevices(deps),
    }),
  },
  '5 0 * * *': { name: 'snapshot_actives', run: snapshotActives },
  '10 0 * * *': { name: 'rotate_signing_keys', run: rotateSigningKeys },
  '15 0 * * *': { name: 're_encrypt', run: reEncrypt },
  '20 0 * * *': { name: 'count_keys', run: countKeys },
  '25 0 * * *': { name: 'purge_tokens', run: purgeExpiredTokens },
  '30 0 * * *': { name: 'purge_api_keys', run: purgeApiKeys },
  '35 * * * *': { name: 'purge_unverified', run: purgeUnverified },
  '40 0 * * *': {
    name: 'purge_webhooks',
    run: async (deps) => ({
      ...(await purgeWebhooks(deps)),
      ...(await purgeApps(deps)),
      logouts: await purgeLogoutDeliveries(deps),
    }),
  },
  '45 0 * * *': {
    name: 'purge_audit',
    run: async (deps) => ({
      events: await deleteExpiredEvents(deps),
      former_addresses: await purgeFormerAddresses(deps),
    }),
  },
  '50 0 * * *': { name: 'purge_dead', run: purgeFailed },
  '5 1 * * *': { name: 'merge_search_index', run: mergeSearchIndex },
}

/** Runs the job of a cron expression. Never throws. */
export async function runCron(deps: Deps, cron: string): Promise<void> {
  const job = SCHEDULE[cron]
  if (!job) return log.error('unknown_cron', deps, { cron })
  await runJob({ ...deps, now: Date.now() }, job)
}
