import { ACCOUNT_STATUSES, type AccountStatus } from '../tables/users'

/** The status filters of a list of users. `inactive` means pending or deactivated. */
export const STATUS_FILTERS = [...ACCOUNT_STATUSES, 'inactive'] as const
export type StatusFilter = (typeof STATUS_FILTERS)[number]

/** The statuses that a filter includes; all of them without a filter. */
export function statusesOf(filter: StatusFilter | undefined): readonly AccountStatus[] {
  if (filter === undefined) return ACCOUNT_STATUSES
  return filter === 'inactive' ? ['pending', 'deactivated'] : [filter]
}
