import * as z from 'zod'
import type { Actor, Deps } from '../context'
import { message, says } from '../http/message'
import { route } from '../http/route'
import { eraseAccount } from '../privacy/erase-account'
import { SessionList, toSessionViews } from '../sessions/session-view'
import { emailField } from '../users/email-address'
import { avatarUrlField, bioField, fullNameField } from '../users/profile-fields'
import { User } from '../users/user-view'
import { AdminUser } from './admin-user'
import { editUser } from './edit-user'
import { getUser, getUserSessions } from './get-user'
import { inviteUser } from './invite-user'
import { activateUser, deactivateUser } from './set-status'
import {
  requirePasswordChange,
  resendVerificationTo,
  resetTwoFactor,
  revokeSessions,
  sendPasswordReset,
  unlockUser,
} from './user-actions'

const TAG = 'Administration'
const ACCESS = { permission: 'admin:users' } as const

/** Anything but a positive integer, as it is written every day, is an id that never was. */
export const byId = z.strictObject({
  id: z
    .string()
    .refine((text) => /^[1-9]\d{0,14}$/.test(text))
    .transform(Number)
    .catch(0)
    .meta({ type: 'integer', minimum: 1 }),
})
const theUser = { description: 'The user', schema: AdminUser }

const get = route(
  {
    method: 'get',
    path: '/api/v1/admin/users/{id}',
    tag: TAG,
    summary: 'One user',
    description: 'Views are recorded.',
    access: ACCESS,
    params: byId,
    answers: { 200: theUser },
    problems: ['not_found'],
  },
  async ({ deps, principal, params }) => ({
    status: 200,
    body: await getUser(deps, principal, params.id),
  }),
)

const invite = route(
  {
    method: 'post',
    path: '/api/v1/admin/users',
    tag: TAG,
    summary: 'Invite a user',
    description: 'Makes a pending account and mails a link to choose a password.',
    access: ACCESS,
    body: z.strictObject({
      email: emailField,
      full_name: fullNameField,
      roles: z.array(z.string().min(1).max(100)).max(20).default([]),
    }),
    answers: { 201: { description: 'The account, pending', schema: User } },
    problems: ['email_taken', 'not_found'],
  },
  async ({ deps, principal, body }) => ({
    status: 201,
    body: await inviteUser(deps, principal, {
      email: body.email,
      fullName: body.full_name,
      roles: body.roles,
    }),
  }),
)

const edit = route(
  {
    method: 'patch',
    path: '/api/v1/admin/users/{id}',
    tag: TAG,
    summary: 'Edit a user',
    description:
      'A new address counts as verified, kills mailed links, and both addresses are told. Your own is refused.',
    access: ACCESS,
    params: byId,
    body: z.strictObject({
      full_name: fullNameField.optional(),
      bio: bioField.nullable().optional(),
      avatar_url: avatarUrlField.nullable().optional(),
      email: emailField.optional(),
    }),
    example: { full_name: 'Ada King' },
    answers: { 200: theUser },
    problems: ['not_found', 'outranked', 'email_taken', 'effect_pending'],
  },
  async ({ deps, principal, params, body }) => ({
    status: 200,
    body: await editUser(deps, principal, params.id, body),
  }),
)

const remove = route(
  {
    method: 'delete',
    path: '/api/v1/admin/users/{id}',
    tag: TAG,
    summary: 'Delete a user',
    description: 'Erases the account everywhere.',
    access: ACCESS,
    params: byId,
    answers: { 202: says('It is erased') },
    problems: ['not_found', 'outranked', 'last_admin', 'effect_pending'],
  },
  async ({ deps, principal, params }) => {
    await eraseAccount(deps, principal, params.id)
    return message('User deleted successfully', 202)
  },
)

const setStatus = route(
  {
    method: 'put',
    path: '/api/v1/admin/users/{id}/status',
    tag: TAG,
    summary: 'Activate or deactivate a user',
    description:
      'Deactivating ends all his sessions at once; activating a pending user vouches for the address.',
    access: ACCESS,
    params: byId,
    body: z.strictObject({ is_active: z.boolean() }),
    answers: { 200: says('It is so, everywhere') },
    problems: ['not_found', 'outranked', 'last_admin', 'effect_pending'],
  },
  async ({ deps, principal, params, body }) => {
    await (body.is_active ? activateUser : deactivateUser)(deps, principal, params.id)
    return message(`User ${body.is_active ? 'activated' : 'deactivated'} successfully`)
  },
)

const sessions = route(
  {
    method: 'get',
    path: '/api/v1/admin/users/{id}/sessions',
    tag: TAG,
    summary: 'Live sessions of a user',
    description: 'That you looked is recorded.',
    access: ACCESS,
    params: byId,
    answers: { 200: { description: 'The sessions, the last used first', schema: SessionList } },
    problems: ['not_found'],
  },
  async ({ deps, principal, params }) => {
    const listed = await getUserSessions(deps, principal, params.id)
    return { status: 200, body: { items: toSessionViews(listed, principal.sid) } }
  },
)

const revokeAll = route(
  {
    method: 'delete',
    path: '/api/v1/admin/users/{id}/sessions',
    tag: TAG,
    summary: 'End all sessions of a user',
    access: ACCESS,
    params: byId,
    answers: { 204: { description: 'They have ended' } },
    problems: ['not_found', 'outranked', 'effect_pending'],
  },
  async ({ deps, principal, params }) => {
    await revokeSessions(deps, principal, params.id, null)
    return { status: 204 }
  },
)

const revokeOne = route(
  {
    method: 'delete',
    path: '/api/v1/admin/users/{id}/sessions/{sid}',
    tag: TAG,
    summary: 'End one session of a user',
    access: ACCESS,
    params: byId.extend({ sid: z.string().min(1).max(100) }),
    answers: { 204: { description: 'It has ended' } },
    problems: ['not_found', 'outranked', 'effect_pending'],
  },
  async ({ deps, principal, params }) => {
    await revokeSessions(deps, principal, params.id, params.sid)
    return { status: 204 }
  },
)

type Action = (deps: Deps, actor: Actor, userId: number) => Promise<void>

/** The single actions differ in name and verb alone. */
const action = (name: string, summary: string, done: string, perform: Action) =>
  route(
    {
      method: 'post',
      path: `/api/v1/admin/users/{id}/${name}`,
      tag: TAG,
      summary,
      access: ACCESS,
      params: byId,
      answers: { 200: says(done) },
      problems: ['not_found', 'outranked', 'wrong_status', 'effect_pending'],
    },
    async ({ deps, principal, params }) => {
      await perform(deps, principal, params.id)
      return message(done)
    },
  )

export const adminRoutes = [
  get,
  invite,
  edit,
  remove,
  setStatus,
  sessions,
  revokeAll,
  revokeOne,
  action('reset-2fa', "Remove another's factor", 'The second factor is removed', resetTwoFactor),
  action(
    'require-password-change',
    'Demand a new password',
    'The password must be changed now',
    requirePasswordChange,
  ),
  action(
    'resend-verification',
    'Mail a fresh verification or invitation',
    'The mail is on its way',
    resendVerificationTo,
  ),
  action(
    'send-password-reset',
    'Mail a link to choose a new password',
    'The mail is on its way',
    sendPasswordReset,
  ),
  action('unlock', 'End all locks on signing in', 'The account is unlocked', unlockUser),
]
