import { lte, sql } from 'drizzle-orm'
import type { Deps } from '../context'
import { signingKeys } from './schema'
import { makeSigningKey } from './signing-keys'

/** A successor is published so long before it signs: no cache of ours or of others is that old. */
const PUBLISHED_AHEAD_MS = 3 * 86_400_000

/**
 * Makes the next signing key when the newest one nears its end, and drops those whose last token has
 * expired. Twice at once makes one key.
 */
export async function rotateSigningKeys(deps: Deps): Promise<{ made: number; dropped: number }> {
  const [newest] = await deps.db
    .select({ until: sql<number | null>`max(${signingKeys.signsUntil})` })
    .from(signingKeys)
  const until = newest?.until ?? null
  const isDue = until !== null && until > deps.now && until - deps.now < PUBLISHED_AHEAD_MS
  const made = isDue ? await makeSigningKey(deps, until) : false
  const dropped = await deps.db
    .delete(signingKeys)
    .where(lte(signingKeys.publishedUntil, deps.now))
    .returning({ kid: signingKeys.kid })
  return { made: made ? 1 : 0, dropped: dropped.length }
}
