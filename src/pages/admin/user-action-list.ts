/** The actions on one user that take a single button: the verb behind each, and which users it applies to. */
import type { AndKeys } from '../../api-keys/revoke-api-key'
import type { Actor, Deps } from '../../context'
import { eraseAccount } from '../../privacy/erase-account'
import type { actions } from '../../texts/en/admin-actions'
import type { adminFlash } from '../../texts/en/admin-flash'
import { resetSecondFactor } from '../../user-admin/reset-second-factor'
import { activateUser, deactivateUser } from '../../user-admin/set-status'
import {
  requirePasswordChange,
  resendVerificationTo,
  sendPasswordReset,
  unlockUser,
} from '../../user-admin/user-actions'
import type { User } from '../../users/user-view'

export interface UserAction {
  /** The last part of its path. */
  readonly name: keyof typeof actions
  readonly perform: (deps: Deps, actor: Actor, userId: number, andKeys: AndKeys) => Promise<unknown>
  /** Whether the admin must have proved recently who is acting. */
  readonly needsProof?: boolean
  /** Whether it can revoke the user's API keys too. */
  readonly takesKeys?: boolean
  readonly flash: keyof typeof adminFlash
  readonly isDanger?: boolean
  /** Whether the button is shown; always if left out. The verb checks again. */
  readonly fits?: (user: User, isSelf: boolean, passkeys: number) => boolean
}

const isActive = ({ status }: User) => status === 'active'
const isPending = ({ status }: User) => status === 'pending'
const isNotActive = ({ status }: User) => status !== 'active'
const isNotDeactivated = ({ status }: User) => status !== 'deactivated'
const hasFactor = (user: User, isSelf: boolean, passkeys: number) =>
  (user.two_factor_enabled || passkeys > 0) && !isSelf

export const USER_ACTIONS: readonly UserAction[] = [
  { name: 'activate', perform: activateUser, flash: 'user_activated', fits: isNotActive },
  {
    name: 'resend-verification',
    perform: resendVerificationTo,
    flash: 'link_sent',
    fits: isPending,
  },
  {
    name: 'send-password-reset',
    perform: sendPasswordReset,
    flash: 'link_sent',
    fits: isNotDeactivated,
  },
  {
    name: 'require-password-change',
    perform: requirePasswordChange,
    flash: 'password_change_required',
    takesKeys: true,
    fits: isActive,
  },
  { name: 'unlock', perform: unlockUser, flash: 'user_unlocked', fits: isActive },
  {
    name: 'reset-2fa',
    perform: resetSecondFactor,
    flash: 'second_factor_removed',
    needsProof: true,
    takesKeys: true,
    isDanger: true,
    fits: hasFactor,
  },
  {
    name: 'deactivate',
    perform: deactivateUser,
    flash: 'user_deactivated',
    takesKeys: true,
    isDanger: true,
    fits: isNotDeactivated,
  },
  {
    name: 'delete',
    perform: eraseAccount,
    flash: 'user_deleted',
    needsProof: true,
    isDanger: true,
  },
]
