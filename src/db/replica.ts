/**
 * Reads that may be a moment behind: lists, statistics, exports. The nearest copy of D1 answers them,
 * the primary where there is no other. Never for what decides on a change.
 */
import type { Deps } from '../context'
import { metered } from './meter'

/** The database for one request's such reads, metered like the primary. */
export const onReplica = ({ env, meter }: Pick<Deps, 'env' | 'meter'>): Pick<Deps, 'd1'> => ({
  // A session has the two methods that are used of a database: `prepare` and `batch`.
  d1: metered(env.DB.withSession('first-unconstrained') as unknown as D1Database, meter),
})
