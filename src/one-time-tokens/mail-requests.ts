import { sql } from 'drizzle-orm'
import type { Deps } from '../context'
import type { TokenPurpose } from '../crypto/mail-token'
import type { Statement } from '../db/batch'
import { mailRequests } from '../tables/one-time-tokens'
import { dayOf } from '../time'

/**
 * Counts a request for an email, whether or not there is an account. So a request for an unknown
 * address writes too and takes just as long.
 */
export const countMailRequest = (deps: Deps, purpose: TokenPurpose): Statement =>
  sql`
    INSERT INTO ${mailRequests} (day, purpose, requests)
    VALUES (${dayOf(deps.now)}, ${purpose}, 1)
    ON CONFLICT (day, purpose) DO UPDATE SET requests = requests + 1`
