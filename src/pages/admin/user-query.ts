/** The filters of the list of users, from an address that anyone may have typed. */
import * as z from 'zod'
import type { Parsed } from '../../http/validated'
import { roleNames, type RoleMap } from '../../rbac/permissions'
import type { UserQuery } from '../../user-search/list-users'
import { MAX_ROWS_BY_PAGE, MAX_SEARCH_CHARS, searchText } from '../../user-search/search-text'
import { STATUS_FILTERS, type StatusFilter, statusesOf } from '../../user-search/status-filter'
import { userCursorField } from '../../user-search/user-cursor'
import { USER_SORTS, type UserSort } from '../../user-search/user-order'
import { askedCursor, askedField } from '../runtime/address'
import { withQuery } from '../runtime/local-path'

const PAGE_SIZE = 20
const MAX_PAGE = MAX_ROWS_BY_PAGE / PAGE_SIZE

export interface AskedUsers {
  readonly search: string
  readonly status: StatusFilter | ''
  readonly role: string
  readonly sort: UserSort
}

/** The page's address. */
export const UsersQuery = () =>
  z.object({
    search: askedField,
    status: askedField.pipe(z.enum(STATUS_FILTERS).or(z.literal('')).catch('')),
    role: askedField,
    sort: askedField.pipe(z.enum(USER_SORTS).catch('newest')),
    cursor: askedCursor(userCursorField),
    page: askedField
      .transform((text) => Math.floor(Number(text)))
      .pipe(z.int().min(1).max(MAX_PAGE))
      .catch(1),
  })
type Query = Parsed<typeof UsersQuery>

/** The filters, without values that make no sense. */
export function askedUsers({ status, sort, ...query }: Query, map: RoleMap): AskedUsers {
  const search = searchText(query.search ?? '').slice(0, MAX_SEARCH_CHARS)
  const roles = roleNames(map, [...map.roles.keys()])
  return {
    search,
    status,
    role: roles.find((each) => each === query.role) ?? '',
    // Search results have an order of their own.
    sort: search === '' ? sort : 'newest',
  }
}

/** The verb's input. */
export function toUserQuery(asked: AskedUsers, { page, cursor }: Query): UserQuery {
  return {
    search: asked.search || undefined,
    statuses: statusesOf(asked.status || undefined),
    role: asked.role || undefined,
    sort: asked.sort,
    page,
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
