/** What the list of users was asked for, from an address that anybody may have typed. */
import type { UserQuery } from '../../user-search/list-users'
import { userCursorField } from '../../user-search/user-cursor'
import { USER_SORTS, type UserSort } from '../../user-search/user-order'
import { STATUS_FILTERS, type StatusFilter, statusesOf } from '../../user-search/status-filter'
import { roleNames, type RoleMap } from '../../rbac/permissions'

const PAGE_SIZE = 20
/** Rows that are skipped are read: beyond these the cursor goes on. */
const MAX_PAGE = 10_000 / PAGE_SIZE
const MAX_SEARCH_CHARS = 320

export interface AskedUsers {
  readonly search: string
  readonly status: StatusFilter | ''
  readonly role: string
  readonly sort: UserSort
}

/** What was asked for, with whatever makes no sense left out. */
export function askedUsers(query: URLSearchParams, map: RoleMap): AskedUsers {
  const one = <T extends string>(name: string, known: readonly T[]) =>
    known.find((each) => each === query.get(name))
  const search = textOf(query.get('search') ?? '')
  return {
    search,
    status: one('status', STATUS_FILTERS) ?? '',
    role: one('role', roleNames(map, [...map.roles.keys()])) ?? '',
    // A search has one order.
    sort: search === '' ? (one('sort', USER_SORTS) ?? 'newest') : 'newest',
  }
}

/** As names and addresses are stored. */
const textOf = (typed: string): string =>
  typed
    .normalize('NFC')
    .toWellFormed()
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .slice(0, MAX_SEARCH_CHARS)

/** The verb's input. */
export function toUserQuery(asked: AskedUsers, query: URLSearchParams): UserQuery {
  const cursor = userCursorField.safeParse(query.get('cursor') ?? '').data
  const page = Math.floor(Number(query.get('page') ?? 1))
  return {
    search: asked.search || undefined,
    statuses: statusesOf(asked.status || undefined),
    role: asked.role || undefined,
    sort: asked.sort,
    page: page >= 1 && page <= MAX_PAGE ? page : 1,
    size: PAGE_SIZE,
    cursor: cursor?.sort === asked.sort ? cursor : undefined,
  }
}

/** The address of a list; what is as usual is left out of it. */
function usersPath(asked: AskedUsers, at: { page?: number; cursor?: string } = {}): string {
  const query = new URLSearchParams()
  for (const name of ['search', 'status', 'role'] as const) {
    if (asked[name] !== '') query.set(name, asked[name])
  }
  if (asked.sort !== 'newest') query.set('sort', asked.sort)
  if (at.cursor !== undefined) query.set('cursor', at.cursor)
  else if (at.page !== undefined && at.page > 1) query.set('page', String(at.page))
  const text = query.toString()
  return text === '' ? '/admin/users' : `/admin/users?${text}`
}

/** Where the next page is: by number as far as numbers go, which can be stepped back from. */
export const nextPath = (asked: AskedUsers, page: number, cursor: string): string =>
  usersPath(asked, page < MAX_PAGE ? { page: page + 1 } : { cursor })

/** Where the page before is; undefined on the first, and where numbers have ended the first. */
export const previousPath = (asked: AskedUsers, page: number): string | undefined => {
  if (page <= 1) return undefined
  return usersPath(asked, page - 1 <= MAX_PAGE ? { page: page - 1 } : {})
}
