/** Every hosted page. app.ts mounts this list, and tests iterate over it. */
import { activityPages } from './account/activity'
import { appPages } from './account/apps'
import { confirmIdentityPages } from './account/confirm-identity'
import { homePages } from './account/home'
import { passkeyEditPages } from './account/passkey'
import { passkeyOfferPages } from './account/passkey-offer'
import { passkeyPages } from './account/passkeys'
import { credentialPages } from './account/password-and-email'
import { privacyPages } from './account/privacy'
import { profilePages } from './account/profile'
import { secondFactorPages } from './account/second-factor'
import { sessionPages } from './account/sessions'
import { trustedBrowserPages } from './account/trusted-browsers'
import { app, appActions } from './admin/app'
import { resourcePages } from './admin/app-resources'
import { apps, checkUri, newApp } from './admin/apps'
import { audit, auditExport } from './admin/audit'
import { bulk } from './admin/bulk'
import { importPage } from './admin/import'
import { invite } from './admin/invite'
import { logoutDeliveryPages } from './admin/logout-deliveries'
import { outbox, outboxRetry } from './admin/outbox'
import { overview } from './admin/overview'
import { newRole, removeRolePage, role } from './admin/role'
import { permissionPages, roles } from './admin/roles'
import { user } from './admin/user'
import { userActionPages } from './admin/user-actions'
import { userActivity } from './admin/user-activity'
import { userEdit } from './admin/user-edit'
import { userSessionPages } from './admin/user-sessions'
import { exportAll, users } from './admin/users'
import { docsPages } from './docs'
import { authorizePages } from './oauth/authorize'
import { consentPages } from './oauth/consent'
import { devicePages } from './oauth/device'
import { signOutPages } from './oauth/sign-out'
import { passkeyOptionsPages } from './passkey-options'
import type { Page } from './runtime/page'
import { changePasswordAddress } from './signed-out/change-password-address'
import { confirmEmailChangePage } from './signed-out/confirm-email-change'
import { mailedLinkPages } from './signed-out/mailed-links'
import { passwordPages } from './signed-out/passwords'
import { secondFactorStepPages } from './signed-out/second-factor'
import { setupPages } from './signed-out/setup'
import { signInPages } from './signed-out/sign-in'
import { signUpPages } from './signed-out/sign-up'

/** Fixed paths come before those with parameters, which would match them. */
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
  apps,
  newApp,
  checkUri,
  ...resourcePages,
  ...appActions,
  app,
  audit,
  auditExport,
  outbox,
  outboxRetry,
  importPage,
  ...logoutDeliveryPages,
]

export const pages: readonly Page[] = [
  ...homePages,
  ...signUpPages,
  ...mailedLinkPages,
  confirmEmailChangePage,
  changePasswordAddress,
  ...signInPages,
  ...secondFactorStepPages,
  ...passwordPages,
  ...setupPages,
  ...profilePages,
  ...credentialPages,
  ...passkeyPages,
  ...passkeyEditPages,
  ...passkeyOfferPages,
  ...passkeyOptionsPages,
  ...secondFactorPages,
  ...confirmIdentityPages,
  ...sessionPages,
  ...trustedBrowserPages,
  ...devicePages,
  ...appPages,
  ...activityPages,
  ...privacyPages,
  ...adminPages,
  ...authorizePages,
  ...consentPages,
  ...signOutPages,
  ...docsPages,
]
