/** The actions on one user that take a single button: the verb behind each, and which users it applies to. */
import type { AndKeys } from '../../api-keys/revoke-api-key'
import type { Actor, Deps } from '../../context'
import { eraseAccount } from '../../privacy/erase-account'
import type { actions } from '../../texts/en/admin-actions'
import type { adminFlash } from '../../texts/en/admin-flash'
import { activateUser, deactivateUser } from '../../user-admin/set-status'
import {
  requirePasswordChange,
  resendVerificationTo,
  resetSecondFactor,
  sendPasswordReset,
  unlockUser,
} from '../../user-admin/user-actions'
import type { User } from '../../users/user-view'

interface UserAction {
  /** The last part of its path. */
  readonly name: keyof typeof actions
  readonly perform: (deps: Deps, actor: Actor, userId: number, andKeys: AndKeys) => Promise<void>
  /** Whether it can revoke the user's API keys too. */
  readonly takesKeys?: boolean
  readonly flash: keyof typeof adminFlash
  readonly isDanger: boolean
  /** Whether the button is shown. The verb checks again. */
  readonly fits: (user: User, isSelf: boolean) => boolean
}

export const USER_ACTIONS: readonly UserAction[] = [
  {
    name: 'activate',
    perform: activateUser,
    flash: 'user_activated',
    isDanger: false,
    fits: ({ status }) => status !== 'active',
  },
  {
    name: 'resend-verification',
    perform: resendVerificationTo,
    flash: 'link_sent',
    isDanger: false,
    fits: ({ status }) => status === 'pending',
  },
  {
    name: 'send-password-reset',
    perform: sendPasswordReset,
    flash: 'link_sent',
    isDanger: false,
    fits: ({ status }) => status !== 'deactivated',
  },
  {
    name: 'require-password-change',
    perform: requirePasswordChange,
    flash: 'password_change_required',
    takesKeys: true,
    isDanger: false,
    fits: ({ status }) => status === 'active',
  },
  {
    name: 'unlock',
    perform: unlockUser,
    flash: 'user_unlocked',
    isDanger: false,
    fits: ({ status }) => status === 'active',
  },
  {
    name: 'reset-2fa',
    perform: resetSecondFactor,
    flash: 'second_factor_removed',
    takesKeys: true,
    isDanger: true,
    fits: ({ two_factor_enabled: isOn }, isSelf) => isOn && !isSelf,
  },
  {
    name: 'deactivate',
    perform: deactivateUser,
    flash: 'user_deactivated',
    takesKeys: true,
    isDanger: true,
    fits: ({ status }) => status !== 'deactivated',
  },
  {
    name: 'delete',
    perform: eraseAccount,
    flash: 'user_deleted',
    isDanger: true,
    fits: () => true,
  },
]
