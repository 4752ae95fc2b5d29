import { and, eq, gt, lte, or, sql } from 'drizzle-orm'
import type { Deps } from '../../context'
import { signingKeys } from '../../tables/sessions'
import {
  LIFETIMES,
  makeSigningKey,
  SIGNING_ALGORITHMS,
  type SigningAlgorithm,
  startsTooLate,
} from './signing-keys'

/**
 * Makes the next signing key of each algorithm when the current one is about to expire. Deletes keys that
 * need not be published any longer, and keys that were made while the clock was ahead. Two runs at once
 * make one key.
 */
export async function rotateSigningKeys(deps: Deps): Promise<{ made: number; dropped: number }> {
  let made = 0
  for (const alg of SIGNING_ALGORITHMS) made += (await makeNextIfDue(deps, alg)) ? 1 : 0
  const dropped = await deps.db
    .delete(signingKeys)
    .where(or(lte(signingKeys.publishedUntil, deps.now), startsTooLate(deps.now)))
    .returning({ kid: signingKeys.kid })
  return { made, dropped: dropped.length }
}

async function makeNextIfDue(deps: Deps, alg: SigningAlgorithm): Promise<boolean> {
  // Not the newest key of all: one that was made while the clock was ahead would delay the next for long.
  const [current] = await deps.db
    .select({ until: sql<number | null>`max(${signingKeys.signsUntil})` })
    .from(signingKeys)
    .where(
      and(
        eq(signingKeys.alg, alg),
        lte(signingKeys.signsFrom, deps.now),
        gt(signingKeys.signsUntil, deps.now),
      ),
    )
  const until = current?.until ?? null
  if (until === null || until - deps.now >= LIFETIMES[alg].aheadMs) return false
  return makeSigningKey(deps, alg, until)
}
