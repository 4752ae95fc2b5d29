/** Every page of the admin console. Fixed paths come before those with parameters, which would match them. */
import type { Page } from '../runtime/page'
import { audit, auditExport } from './audit'
import { bulk } from './bulk'
import { exportAll } from './export'
import { importPage } from './import'
import { invite } from './invite'
import { outbox, outboxRetry } from './outbox'
import { overview } from './overview'
import { newRole, removeRolePage, role } from './role'
import { permissionPages, roles } from './roles'
import { user } from './user'
import { userActionPages } from './user-actions'
import { userActivity } from './user-activity'
import { userEdit } from './user-edit'
import { userSessionPages } from './user-sessions'
import { users } from './users'

export const adminPages: readonly Page[] = [
  overview,
  users,
  invite,
  bulk,
  exportAll,
  user,
  userEdit,
  userActivity,
  ...userSessionPages,
  ...userActionPages,
  roles,
  newRole,
  ...permissionPages,
  role,
  removeRolePage,
  audit,
  auditExport,
  outbox,
  outboxRetry,
  importPage,
]
