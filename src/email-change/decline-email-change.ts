import { commit } from '../commit/commit'
import { type Deps, NO_CLIENT } from '../context'
import { notificationOfOthers } from '../mail/messages'
import { revokeTokens, findToken, isUsable } from '../one-time-tokens/one-time-token'

/**
 * "This is not mine": the recipient at the new address cancels the change, and the account keeps
 * its address. The account's user gets an email, because the address may have been a typo. The
 * recipient's IP address and device are neither emailed nor recorded. Throws `invalid_token`.
 */
export async function declineEmailChange(deps: Deps, token: string): Promise<void> {
  const found = await findToken(deps, 'confirm_email_change', token)
  const { userId, subject } = found
  await commit(
    { ...deps, client: NO_CLIENT },
    {
      preconditions: [isUsable(deps, 'confirm_email_change', found.hash)],
      change: [revokeTokens(deps, userId, ['confirm_email_change'])],
      audit: [{ event: 'user.email_change_declined', actor: null, target: userId, data: {} }],
      outbox: notificationOfOthers(deps, subject, 'email-change-declined'),
    },
  )
}
