/** Every hosted page. app.ts mounts this list, and tests iterate over it. */
import { activityPages } from './account/activity'
import { homePages } from './account/home'
import { credentialPages } from './account/password-and-email'
import { privacyPages } from './account/privacy'
import { profilePages } from './account/profile'
import { secondFactorPages } from './account/second-factor'
import { sessionPages } from './account/sessions'
import { adminPages } from './admin/admin-pages'
import { docsPages } from './docs'
import type { Page } from './runtime/page'
import { confirmEmailChangePage } from './signed-out/confirm-email-change'
import { mailedLinkPages } from './signed-out/mailed-links'
import { passwordPages } from './signed-out/passwords'
import { setupPages } from './signed-out/setup'
import { signInPages } from './signed-out/sign-in'
import { signUpPages } from './signed-out/sign-up'

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
  ...secondFactorPages,
  ...sessionPages,
  ...activityPages,
  ...privacyPages,
  ...adminPages,
  ...docsPages,
]
