import type { Config } from '../config'
import type { TokenPurpose } from '../crypto/mail-token'

const PATH_OF = {
  verify_email: '/verify-email',
  decline_registration: '/decline-registration',
  reset_password: '/reset-password',
  confirm_email_change: '/confirm-email-change',
  undo_email_change: '/undo-email-change',
  accept_invitation: '/accept-invitation',
} as const satisfies Record<TokenPurpose, string>

/** The page where users see and revoke their sessions and API keys, after signing in. */
export const sessionsLink = (config: Config): string => `${config.PUBLIC_URL}/account/sessions`

/**
 * Returns the link that carries a token. Its origin comes from the configuration, never from a
 * request.
 */
export const tokenLink = (config: Config, purpose: TokenPurpose, token: string): string =>
  `${config.PUBLIC_URL}${PATH_OF[purpose]}?token=${token}`

/** Returns the link that removes an added sign-in method. */
export const undoLink = (config: Config, token: string): string =>
  `${config.PUBLIC_URL}/undo-sign-in-method?token=${token}`
