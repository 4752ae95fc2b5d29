import { sql } from 'drizzle-orm'
import type { Deps } from '../context'
import type { TokenPurpose } from '../crypto/mail-token'
import type { Statement } from '../db/batch'
import { mailRequests } from '../tables/one-time-tokens'

const DAY_MS = 86_400_000

/**
 * Counts a request for a mail, whoever asked and whether or not there is an account: so a request
 * for an unknown address writes as well, and takes as long.
 */
export const countMailRequest = (deps: Deps, purpose: TokenPurpose): Statement =>
  sql`
    INSERT INTO ${mailRequests} (day, purpose, requests)
    VALUES (${Math.floor(deps.now / DAY_MS)}, ${purpose}, 1)
    ON CONFLICT (day, purpose) DO UPDATE SET requests = requests + 1`
