/**
 * Reads that may be slightly stale: lists, statistics, exports. The nearest replica of D1 answers
 * them, or the primary if there is none. Never use it for a read that decides on a change.
 */
import type { Deps } from '../context'
import { metered } from './meter'

/** The database for such reads of one request, metered like the primary. */
export const onReplica = ({ env, meter }: Pick<Deps, 'env' | 'meter'>): Pick<Deps, 'd1'> => ({
  // A D1 session has the two methods of a database that we use: `prepare` and `batch`.
  d1: metered(env.DB.withSession('first-unconstrained') as unknown as D1Database, meter),
})
