/** What an admin does to one user by a single call without much of a body. */
import * as z from 'zod'
import { andKeysFields } from '../api-keys/and-keys'
import type { AndKeys } from '../api-keys/revoke-api-key'
import type { Actor, Deps } from '../context'
import { messageAnswer, messageSchema } from '../http/message'
import { route } from '../http/route'
import { type RemovedFactors, resetSecondFactor } from '../user-admin/reset-second-factor'
import {
  requirePasswordChange,
  resendVerificationTo,
  sendPasswordReset,
  unlockUser,
} from '../user-admin/user-actions'
import { ACCESS, byId, PROVED, TAG } from './users'

type Action = (deps: Deps, actor: Actor, userId: number) => Promise<void>
/** Returns what to answer. */
type ActionAndKeys = (deps: Deps, actor: Actor, userId: number, andKeys: AndKeys) => Promise<string>

const PROBLEMS = ['not_found', 'outranked', 'wrong_status', 'effect_pending'] as const

const MAILS =
  'At most 20 emails of each kind are sent to an address per hour, counting all admins together.'

/** The single actions differ in name and verb alone. */
const action = (
  name: string,
  summary: string,
  done: string,
  perform: Action,
  description?: string,
) =>
  route(
    {
      method: 'post',
      path: `/api/v1/admin/users/{id}/${name}`,
      access: ACCESS,
      params: byId,
      docs: __DOCS__ && {
        tag: TAG,
        summary,
        ...(description && { description }),
        answers: { 200: messageSchema(done) },
        problems: PROBLEMS,
      },
    },
    async ({ deps, principal, params }) => {
      await perform(deps, principal, params.id)
      return messageAnswer(done)
    },
  )

/** Those that answer a break-in can revoke the user's API keys too. */
const actionAndKeys = (
  name: string,
  summary: string,
  done: string,
  perform: ActionAndKeys,
  access: typeof ACCESS | typeof PROVED = ACCESS,
) =>
  route(
    {
      method: 'post',
      path: `/api/v1/admin/users/{id}/${name}`,
      access,
      params: byId,
      body: () => z.strictObject(andKeysFields),
      docs: __DOCS__ && {
        tag: TAG,
        summary,
        description: 'With `keys`, the API keys of the user are revoked too. The body is optional.',
        example: { keys: true },
        answers: { 200: messageSchema(done) },
        problems: PROBLEMS,
      },
    },
    async ({ deps, principal, params, body }) => {
      return messageAnswer(await perform(deps, principal, params.id, body))
    },
  )

/** What a reset removed, in words. */
function removedText({ isTotp, recoveryCodes, passkeys }: RemovedFactors): string {
  const count = (n: number, one: string) => (n === 0 ? [] : [n === 1 ? `1 ${one}` : `${n} ${one}s`])
  const removed = [
    ...(isTotp ? ['two-factor authentication'] : []),
    ...count(recoveryCodes, 'recovery code'),
    ...count(passkeys, 'passkey'),
  ]
  return removed.length === 0
    ? 'There was no second factor to remove'
    : `Removed: ${removed.join(', ')}. Trusted browsers are no longer trusted`
}

const MUST_CHANGE = 'The user must now change their password'

export const actionRoutes = [
  actionAndKeys(
    'reset-2fa',
    'Remove the second factor, the recovery codes and the passkeys of a user',
    'What was removed',
    async (...given) => removedText(await resetSecondFactor(...given)),
    PROVED,
  ),
  actionAndKeys(
    'require-password-change',
    'Require a user to change their password',
    MUST_CHANGE,
    async (...given) => {
      await requirePasswordChange(...given)
      return MUST_CHANGE
    },
  ),
  action(
    'resend-verification',
    'Email a new verification or invitation link',
    'The email is on its way',
    resendVerificationTo,
    MAILS,
  ),
  action(
    'send-password-reset',
    'Email a link to choose a new password',
    'The email is on its way',
    sendPasswordReset,
    MAILS,
  ),
  action('unlock', 'Remove all sign-in locks of a user', 'The account is unlocked', unlockUser),
]
