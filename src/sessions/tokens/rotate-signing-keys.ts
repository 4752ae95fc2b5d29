import { and, gt, lte, or, sql } from 'drizzle-orm'
import type { Deps } from '../../context'
import { signingKeys } from '../../tables/sessions'
import { latestStart, makeSigningKey, PUBLISHED_AHEAD_MS } from './signing-keys'

/**
 * Makes the next signing key when the current one is about to expire. Deletes keys whose last token has
 * expired, and keys that were made while the clock was ahead. Two runs at once make one key.
 */
export async function rotateSigningKeys(deps: Deps): Promise<{ made: number; dropped: number }> {
  // Not the newest key of all: one that was made while the clock was ahead would delay the next for long.
  const [current] = await deps.db
    .select({ until: sql<number | null>`max(${signingKeys.signsUntil})` })
    .from(signingKeys)
    .where(and(lte(signingKeys.signsFrom, deps.now), gt(signingKeys.signsUntil, deps.now)))
  const until = current?.until ?? null
  const isDue = until !== null && until - deps.now < PUBLISHED_AHEAD_MS
  const made = isDue ? await makeSigningKey(deps, until) : false
  const dropped = await deps.db
    .delete(signingKeys)
    .where(
      or(
        lte(signingKeys.publishedUntil, deps.now),
        gt(signingKeys.signsFrom, latestStart(deps.now)),
      ),
    )
    .returning({ kid: signingKeys.kid })
  return { made: made ? 1 : 0, dropped: dropped.length }
}
