import * as z from 'zod'
import { EXPORT_FORMATS, exportUsers } from '../../user-admin/export-users'
import { redirect } from '../runtime/page'
import { STAFF, staffForm } from './shell'
import { dateOf, dayOf } from '../../time'

const TYPES = { ndjson: 'application/x-ndjson', csv: 'text/csv; charset=utf-8; header=present' }

/** Everybody as a download. A POST, as it leaves a record that no link elsewhere may make. */
export const exportAll = staffForm({
  path: '/admin/users/export',
  access: STAFF,
  fields: z.strictObject({ format: z.enum(EXPORT_FORMATS).default('ndjson') }),
  home: () => '/admin/users',
  show: () => redirect('/admin/users'),
  submit: async ({ deps, visitor }, { format }) => {
    const day = dateOf(dayOf(deps.now))
    return new Response(await exportUsers(deps, visitor.principal, format), {
      headers: {
        'content-type': TYPES[format],
        'content-disposition': `attachment; filename="users-${day}.${format}"`,
      },
    })
  },
})
