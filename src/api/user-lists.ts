import * as z from 'zod'
import { listRoute } from '../http/list-route'
import { route } from '../http/route'
import { wholeNumber } from '../http/whole-number'
import { EXPORT_FORMATS, EXPORT_TYPES, exportName, exportUsers } from '../user-admin/export-users'
import { ListedUser } from '../user-search/admin-user'
import { findExactly } from '../user-search/exact-user'
import { listUsers } from '../user-search/list-users'
import { MAX_ROWS_BY_PAGE, MAX_SEARCH_CHARS, searchText } from '../user-search/search-text'
import { STATUS_FILTERS, statusesOf } from '../user-search/status-filter'
import { userCursorField } from '../user-search/user-cursor'
import { USER_SORTS } from '../user-search/user-order'
import { emailField } from '../users/email-address'
import { User } from '../users/user-view'

const TAG = 'Administration'
const ACCESS = { permission: 'admin:users' } as const

const searchField = () =>
  z
    .string()
    .max(MAX_SEARCH_CHARS)
    // A blank search is none.
    .transform((text) => searchText(text) || undefined)
    .meta({
      description:
        'Words that occur in the address or the name. Accents are ignored. A whole number also finds the user with that id, who is listed first.',
    })

const statusField = () =>
  z.enum(STATUS_FILTERS).meta({ description: '`inactive` means pending or deactivated' })

const UserQuery = () =>
  z
    .strictObject({
      page: wholeNumber({ min: 1 }).default(1),
      size: wholeNumber({ min: 1, max: 100 }).default(20),
      search: searchField().optional(),
      email: emailField
        .meta({ description: 'Finds the user with this address, compared in canonical form' })
        .optional(),
      id: wholeNumber({ min: 1 }).meta({ description: 'Finds the user with this id' }).optional(),
      status: statusField().optional(),
      role: z.string().min(1).max(100).optional(),
      sort: z.enum(USER_SORTS).default('newest'),
      cursor: userCursorField.optional(),
    })
    .refine(({ page, size, cursor }) => cursor !== undefined || page * size <= MAX_ROWS_BY_PAGE, {
      path: ['page'],
      message: `Use the cursor to go beyond ${MAX_ROWS_BY_PAGE} rows`,
      params: { code: 'use_cursor' },
    })
    .refine(({ search, sort }) => search === undefined || sort === 'newest', {
      path: ['sort'],
      message: 'Search results can only be sorted by newest',
      params: { code: 'not_with_search' },
    })
    .refine(({ search, email, id }) => !(search && (email !== undefined || id !== undefined)), {
      path: ['search'],
      message: 'A search cannot be combined with email or id',
      params: { code: 'not_with_email_or_id' },
    })
    .refine(({ sort, cursor }) => cursor === undefined || cursor.sort === sort, {
      path: ['cursor'],
      message: 'This cursor belongs to a different sort order',
      params: { code: 'invalid_cursor' },
    })

const list = listRoute(
  {
    path: '/api/v1/admin/users',
    access: ACCESS,
    query: UserQuery,
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'List and search users',
      description:
        '`newest` sorts by `created_at`. A search looks for each word in addresses and names, and ignores accents. A search for only one or two characters matches the beginning of an address or name. Next to other words, one or two characters must be adjacent to one of them (`ada l`). The total of a search is exact up to 1,000. A cursor continues where its page ended. `email` and `id` find one user. The other filters still apply.',
      items: 'users',
      item: ListedUser,
      problems: ['not_found'],
    },
  },
  async ({ deps, query: { status, email, id, ...rest } }) => {
    const query = { ...rest, statuses: statusesOf(status) }
    return email === undefined && id === undefined
      ? listUsers(deps, query)
      : findExactly(deps, { id, emailKey: email?.key }, query)
  },
)

const download = route(
  {
    method: 'get',
    path: '/api/v1/admin/users/export',
    isRecorded: true,
    access: ACCESS,
    query: () => z.strictObject({ format: z.enum(EXPORT_FORMATS).default('ndjson') }),
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Export all users',
      description:
        'Downloads all users in order of their ids, as NDJSON with one User per line, or as CSV (RFC 4180) with a header. NDJSON contains the exact values. CSV has an apostrophe before text that a spreadsheet could read as a formula: at the start of a cell, or after a separator or line break inside a cell. An interrupted download is incomplete. Each export is recorded in the audit log.',
      answers: {
        200: {
          description: 'All users',
          schema: User,
          contentType: EXPORT_TYPES.ndjson,
          alsoAs: { 'text/csv': z.string().meta({ example: 'id,email\r\n1,ada@example.com\r\n' }) },
        },
      },
    },
  },
  async ({ deps, principal, query: { format } }) =>
    new Response(await exportUsers(deps, principal, format), {
      headers: {
        'content-type': EXPORT_TYPES[format],
        'content-disposition': `attachment; filename="${exportName(deps, format)}"`,
        'cache-control': 'no-store',
      },
    }),
)

/** The export stands before `/admin/users/{id}`, which would take its name for an id. */
export const adminListRoutes = [list, download]
