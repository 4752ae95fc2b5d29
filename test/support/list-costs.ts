/** Every kind of list, count and figure that admins see of users, and the D1 rows that each reads. */
import { registrationStats } from '../../src/analytics/registration-stats'
import { signInStats } from '../../src/analytics/sign-in-stats'
import { userStats } from '../../src/analytics/user-stats'
import type { Deps, Principal } from '../../src/context'
import { ACCOUNT_STATUSES } from '../../src/tables/users'
import { exportUsers } from '../../src/user-admin/export-users'
import { listUsers, type UserQuery } from '../../src/user-search/list-users'
import { userCursorField } from '../../src/user-search/user-cursor'
import { depsFor } from './deps'

const NO_FILTER: UserQuery = { statuses: ACCOUNT_STATUSES, sort: 'newest', page: 1, size: 20 }
const only = (...statuses: UserQuery['statuses']) => ({ statuses })

/** Every kind of page there is; those with a rare filter find at least one page at either size. */
export const LISTS: Record<string, Partial<UserQuery>> = {
  'the newest': {},
  'the oldest': { sort: 'oldest' },
  'by address': { sort: 'email' },
  'by name': { sort: 'name' },
  'a later page': { page: 5 },
  'a later page by name': { sort: 'name', page: 5 },
  'a common status': only('active'),
  'a rare status': only('deactivated'),
  'two statuses': only('pending', 'deactivated'),
  'a rare status by address': { ...only('deactivated'), sort: 'email' },
  'a rare status by name': { ...only('deactivated'), sort: 'name' },
  'a common role': { role: 'user' },
  'a common role by name': { role: 'user', sort: 'name' },
  'a rare role': { role: 'moderator' },
  'a rare role by address': { role: 'moderator', sort: 'email' },
  'a rare role by name': { role: 'moderator', sort: 'name' },
  'a rare role with a common status': { role: 'moderator', ...only('active') },
  'a rare role with a rare status': { role: 'moderator', ...only('deactivated') },
  'a rare role with a rare status by name': {
    role: 'moderator',
    ...only('deactivated'),
    sort: 'name',
  },
}
export const SEARCHES: Record<string, Partial<UserQuery>> = {
  'a common text': { search: 'example.com' },
  'a text that is nowhere': { search: 'nobody at all' },
  'a common beginning': { search: 'na' },
  'a rare status inside a common text': { search: 'example.com', ...only('deactivated') },
  'a rare role inside a common text': { search: 'example.com', role: 'moderator' },
  'a rare status inside a common beginning': { search: 'p', ...only('deactivated') },
  'both inside two common texts': {
    search: 'name example',
    role: 'moderator',
    ...only('deactivated'),
  },
}

/** What some work costs in D1, by its own meter. */
export async function cost(work: (deps: Deps) => Promise<unknown>) {
  const deps = depsFor()
  await work(deps)
  return deps.meter
}

export const pageOf = (query: Partial<UserQuery>, deps = depsFor()) =>
  listUsers(deps, { ...NO_FILTER, ...query })

/** Rows read for the first page and, by the cursor, for the second. */
async function pagesRead(query: Partial<UserQuery>) {
  const deps = depsFor()
  const { next_cursor: next, items } = await pageOf(query, deps)
  const first = deps.meter.rowsRead
  if (next === null) return { items: items.length, first, second: 0 }
  const cursor = userCursorField.parse(next)
  const { rowsRead: second } = await cost((each) => pageOf({ ...query, page: 1, cursor }, each))
  return { items: items.length, first, second }
}

export const FIGURES: Record<string, (deps: Deps) => Promise<unknown>> = {
  'the figures': userStats,
  'the sign-ins of a year': (deps) => signInStats(deps, 366),
  'the registrations of a year': (deps) => registrationStats(deps, 366),
  'a chunk of the export': async (deps) => {
    const reader = (await exportUsers(deps, { subject: 'nobody' } as Principal, 'csv')).getReader()
    await reader.read()
    await reader.cancel()
  },
}

/** What every page and figure reads. */
export async function measure() {
  const pages: Record<string, Awaited<ReturnType<typeof pagesRead>>> = {}
  for (const [name, query] of Object.entries({ ...LISTS, ...SEARCHES })) {
    pages[name] = await pagesRead(query)
  }
  const figures: Record<string, number> = {}
  for (const [name, work] of Object.entries(FIGURES)) figures[name] = (await cost(work)).rowsRead
  return { pages, figures }
}

export type Measured = Awaited<ReturnType<typeof measure>>
