import { type Deps, NO_CLIENT } from '../context'
import { commit } from '../db/commit'
import { noticeOfOthers } from '../mail/messages'
import { endTokens, findToken, isUsable } from './one-time-token'

/**
 * "This is not mine": whoever reads the mail of the wanted address ends the change, and the account keeps
 * the address it has. Its user is told, as the address may be a slip of theirs; from where it was
 * declined is neither mailed nor recorded. Throws `invalid_token`.
 */
export async function declineEmailChange(deps: Deps, token: string): Promise<void> {
  const found = await findToken(deps, 'confirm_email_change', token)
  const { userId, subject } = found
  await commit(
    { ...deps, client: NO_CLIENT },
    {
      preconditions: [isUsable(deps, 'confirm_email_change', found.hash)],
      change: [endTokens(deps, userId, ['confirm_email_change'])],
      audit: [{ event: 'user.email_change_declined', actor: null, target: userId, data: {} }],
      outbox: noticeOfOthers(deps, subject, 'email-change-declined'),
    },
  )
}
