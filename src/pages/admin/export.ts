import * as z from 'zod'
import { dateOf, dayOf } from '../../time'
import { EXPORT_FORMATS, exportUsers } from '../../user-admin/export-users'
import { download } from '../runtime/download'
import { formPage } from '../runtime/form-page'
import { STAFF } from './console'

const TYPES = { ndjson: 'application/x-ndjson', csv: 'text/csv; charset=utf-8; header=present' }

/** All users as a download. A POST, because it leaves a record that no link on another site may cause. */
export const exportAll = formPage({
  path: '/admin/users/export',
  access: STAFF,
  fields: () => z.strictObject({ format: z.enum(EXPORT_FORMATS).default('ndjson') }),
  home: '/admin/users',
  submit: async ({ deps, visitor }, { format }) => {
    const day = dateOf(dayOf(deps.now))
    const users = await exportUsers(deps, visitor.principal, format)
    return download(users, `users-${day}.${format}`, TYPES[format])
  },
})
