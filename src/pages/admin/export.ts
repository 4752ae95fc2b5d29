import * as z from 'zod'
import {
  EXPORT_FORMATS,
  EXPORT_TYPES,
  exportName,
  exportUsers,
} from '../../user-admin/export-users'
import { download } from '../runtime/download'
import { formPage } from '../runtime/form-page'
import { STAFF } from './console'

/** All users as a download. A POST, because it leaves a record that no link on another site may cause. */
export const exportAll = formPage({
  path: '/admin/users/export',
  access: STAFF,
  fields: z.strictObject({ format: z.enum(EXPORT_FORMATS).default('ndjson') }),
  home: '/admin/users',
  submit: async ({ deps, visitor }, { format }) => {
    const users = await exportUsers(deps, visitor.principal, format)
    return download(users, exportName(deps, format), EXPORT_TYPES[format])
  },
})
