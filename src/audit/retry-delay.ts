/** How long an event waits in its queue before the next try. */

const FIRST_SECONDS = 10
/** The longest delay that Cloudflare Queues takes: 12 hours. */
const MOST_SECONDS = 43_200

/**
 * Seconds until the next try after `attempts` tries (from 1): 10 s, doubling up to 12 hours. The tries
 * that wrangler.toml allows the events queue last 3.4 days, and those of its dead-letter queue more than
 * a message may live (14 days): so an outage of D1 that lasts for days loses nothing.
 */
export const retryDelaySeconds = (attempts: number): number =>
  Math.min(MOST_SECONDS, FIRST_SECONDS * 2 ** Math.min(Math.max(0, attempts - 1), 20))
