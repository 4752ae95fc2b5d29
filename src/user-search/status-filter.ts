import { ACCOUNT_STATUSES, type AccountStatus } from '../tables/users'

/** What a list of users can be filtered by. `inactive`: pending or deactivated. */
export const STATUS_FILTERS = [...ACCOUNT_STATUSES, 'inactive'] as const
export type StatusFilter = (typeof STATUS_FILTERS)[number]

/** The statuses that a filter stands for; without a filter, all of them. */
export function statusesOf(filter: StatusFilter | undefined): readonly AccountStatus[] {
  if (filter === undefined) return ACCOUNT_STATUSES
  return filter === 'inactive' ? ['pending', 'deactivated'] : [filter]
}
