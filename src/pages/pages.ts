/** Every hosted page; app.ts mounts this list, and the tests walk over it. */
import { activityPages } from './account/activity'
import { credentialPages } from './account/credentials'
import { privacyPages } from './account/privacy'
import { profilePages } from './account/profile'
import { sessionPages } from './account/sessions'
import { twoFactorPages } from './account/two-factor'
import { confirmEmailChangePage } from './confirm-email-change'
import { docsPages } from './docs'
import type { Page } from './frame/page'
import { adminPages } from './admin/admin-pages'
import { homePages } from './home'
import { mailedLinkPages } from './mailed-links'
import { passwordPages } from './passwords'
import { setupPages } from './setup'
import { signInPages } from './sign-in'
import { signUpPages } from './sign-up'

export const pages: readonly Page[] = [
  ...homePages,
  ...signUpPages,
  ...mailedLinkPages,
  confirmEmailChangePage,
  ...signInPages,
  ...passwordPages,
  ...setupPages,
  ...profilePages,
  ...credentialPages,
  ...twoFactorPages,
  ...sessionPages,
  ...activityPages,
  ...privacyPages,
  ...adminPages,
  ...docsPages,
]
