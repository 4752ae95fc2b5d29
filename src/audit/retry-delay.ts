/** How long an event stays in its queue before the next attempt. */

const FIRST_SECONDS = 10
/** The longest delay that Cloudflare Queues accepts: 12 hours. */
const MOST_SECONDS = 43_200

/**
 * Returns the seconds until the next attempt after `attempts` attempts (from 1): 10 s, doubling up
 * to 12 hours. The attempts that wrangler.toml allows the events queue last 3.4 days. Those of its
 * dead-letter queue last longer than the 14 days that a message is kept. An outage of D1 for days
 * therefore loses no event.
 */
export const retryDelaySeconds = (attempts: number): number =>
  Math.min(MOST_SECONDS, FIRST_SECONDS * 2 ** Math.min(Math.max(0, attempts - 1), 20))
