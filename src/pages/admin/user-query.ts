/** The filters of the list of users, from an address that anyone may have typed. */
import type { UserQuery } from '../../user-search/list-users'
import { userCursorField } from '../../user-search/user-cursor'
import { USER_SORTS, type UserSort } from '../../user-search/user-order'
import { STATUS_FILTERS, type StatusFilter, statusesOf } from '../../user-search/status-filter'
import { roleNames, type RoleMap } from '../../rbac/permissions'
import { withQuery } from '../runtime/local-path'

const PAGE_SIZE = 20
/** Skipped rows are read too, so from here on the list goes on by cursor. */
const MAX_PAGE = 10_000 / PAGE_SIZE
const MAX_SEARCH_CHARS = 320

export interface AskedUsers {
  readonly search: string
  readonly status: StatusFilter | ''
  readonly role: string
  readonly sort: UserSort
}

/** The filters, without values that make no sense. */
export function askedUsers(query: URLSearchParams, map: RoleMap): AskedUsers {
  const one = <T extends string>(name: string, known: readonly T[]) =>
    known.find((each) => each === query.get(name))
  const search = textOf(query.get('search') ?? '')
  return {
    search,
    status: one('status', STATUS_FILTERS) ?? '',
    role: one('role', roleNames(map, [...map.roles.keys()])) ?? '',
    // Search results have an order of their own.
    sort: search === '' ? (one('sort', USER_SORTS) ?? 'newest') : 'newest',
  }
}

/** Normalized as names and addresses are stored. */
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

/** The address of a list, without default values. */
const usersPath = ({ sort, ...asked }: AskedUsers, at: { page?: number; cursor?: string } = {}) =>
  withQuery('/admin/users', {
    ...asked,
    sort: sort === 'newest' ? undefined : sort,
    page: at.page !== undefined && at.page > 1 ? String(at.page) : undefined,
    cursor: at.cursor,
  })

/** The address of the next page: by number as far as numbers go, since these can step back. */
export const nextPath = (asked: AskedUsers, page: number, cursor: string): string =>
  usersPath(asked, page < MAX_PAGE ? { page: page + 1 } : { cursor })

/** The address of the previous page: none on the first page, the first one beyond numbered pages. */
export const previousPath = (asked: AskedUsers, page: number): string | undefined => {
  if (page <= 1) return undefined
  return usersPath(asked, page - 1 <= MAX_PAGE ? { page: page - 1 } : {})
}
