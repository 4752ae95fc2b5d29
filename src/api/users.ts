import * as z from 'zod'
import { andKeysFields, andKeysQuery } from '../api-keys/and-keys'
import { newAddressRules } from '../credentials/fields'
import { messageAnswer, messageSchema } from '../http/message'
import { route } from '../http/route'
import { eraseAccount } from '../privacy/erase-account'
import { inviteUser } from '../registration/invite-user'
import { toSessionViews } from '../sessions/session-view'
import { editUser } from '../user-admin/edit-user'
import { getUser, getUserSessions } from '../user-admin/get-user'
import { activateUser, deactivateUser } from '../user-admin/set-status'
import { revokeSessions } from '../user-admin/user-actions'
import { AdminUser } from '../user-search/admin-user'
import { emailField } from '../users/email-address'
import { avatarUrlField, bioField, fullNameField } from '../users/profile-fields'
import { User } from '../users/user-view'
import { SessionsAndMore } from '../webhooks/made-by'

export const TAG = 'Administration'
export const ACCESS = { permission: 'admin:users' } as const
/** A session must have proved recently who is acting: it changes how another user signs in, or erases them. */
export const PROVED = { ...ACCESS, stepUp: true } as const

/** An `id` that is not a positive integer in plain digits becomes 0, which no user has. */
export const byId = () =>
  z.strictObject({
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
    isRecorded: true,
    access: ACCESS,
    params: byId,
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Get a user',
      description: 'Each view is recorded in the audit log.',
      answers: { 200: theUser },
      problems: ['not_found'],
    },
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
    access: ACCESS,
    body: () =>
      z.strictObject({
        email: emailField,
        full_name: fullNameField,
        roles: z.array(z.string().min(1).max(100)).max(20).default([]),
      }),
    refine: newAddressRules('email'),
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Invite a user',
      description:
        'Creates a pending account and emails a link to choose a password. An unverified registration with the address is taken over: its password, factors, profile, roles and links become void. At most 20 invitations are sent to an address per hour. To give roles, a session must have proved recently who is acting.',
      answers: { 201: { description: 'The pending account', schema: User } },
      problems: ['email_taken', 'not_found', 'outranked', 'step_up_required'],
    },
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
    access: ACCESS,
    params: byId,
    body: () =>
      z.strictObject({
        full_name: fullNameField.optional(),
        bio: bioField.nullable().optional(),
        avatar_url: avatarUrlField.nullable().optional(),
        email: emailField.optional(),
      }),
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Edit a user',
      description:
        'A new address counts as verified. Setting it invalidates every emailed link of the account, and both addresses are notified. If the user had not verified an address before, the password is voided, and a link to choose a new one is emailed. If you send the address that the user already has, the address does not change, but links that reset the password, change the address or undo a change become invalid. A link that resets the password stays valid if the user has no password. You cannot set your own address here. To send an address, a session must have proved recently who is acting. The same address can be set at most 20 times per hour. An unverified registration with the new address is deleted.',
      example: { full_name: 'Ada King' },
      answers: { 200: theUser },
      problems: ['not_found', 'outranked', 'email_taken', 'step_up_required', 'effect_pending'],
    },
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
    access: PROVED,
    params: byId,
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Erase a user',
      description: 'Erases the account everywhere. This cannot be undone.',
      answers: { 202: messageSchema('The account is erased') },
      problems: ['not_found', 'outranked', 'last_admin', 'effect_pending'],
    },
  },
  async ({ deps, principal, params }) => {
    await eraseAccount(deps, principal, params.id)
    return messageAnswer('User deleted successfully', 202)
  },
)

const setStatus = route(
  {
    method: 'put',
    path: '/api/v1/admin/users/{id}/status',
    access: ACCESS,
    params: byId,
    body: () => z.strictObject({ is_active: z.boolean(), ...andKeysFields }),
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Activate or deactivate a user',
      description:
        'Deactivating revokes all sessions and invalidates every emailed link of the user. Activating a user whose address is not verified marks it as verified: a password set before is voided, and a link to choose a new one is emailed. Activating also restores the roles of the user. If these have `admin:` permissions, you get an email, as when you assign them. API keys do not work while the user who created them is deactivated. With `keys`, they are revoked.',
      answers: { 200: messageSchema('The status has taken effect everywhere') },
      problems: ['not_found', 'outranked', 'last_admin', 'effect_pending'],
    },
  },
  async ({ deps, principal, params, body }) => {
    await (body.is_active ? activateUser : deactivateUser)(deps, principal, params.id, body)
    return messageAnswer(`User ${body.is_active ? 'activated' : 'deactivated'} successfully`)
  },
)

const sessions = route(
  {
    method: 'get',
    path: '/api/v1/admin/users/{id}/sessions',
    isRecorded: true,
    access: ACCESS,
    params: byId,
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'List the active sessions, API keys and webhooks of a user',
      description: 'Each view is recorded in the audit log.',
      answers: {
        200: { description: 'The sessions, most recently used first', schema: SessionsAndMore },
      },
      problems: ['not_found'],
    },
  },
  async ({ deps, principal, params }) => {
    const { sessions: listed, made } = await getUserSessions(deps, principal, params.id)
    return { status: 200, body: { items: toSessionViews(listed, principal.sid), ...made } }
  },
)

const revokeAll = route(
  {
    method: 'delete',
    path: '/api/v1/admin/users/{id}/sessions',
    access: ACCESS,
    params: byId,
    query: andKeysQuery,
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Revoke all sessions of a user',
      description:
        'Also cancels whatever the user has in progress: a change of address, the setup of a second factor, and sign-ins that wait for the second step. With `keys=true`, their API keys are revoked too.',
      answers: { 204: { description: 'The sessions are revoked' } },
      problems: ['not_found', 'outranked', 'effect_pending'],
    },
  },
  async ({ deps, principal, params, query }) => {
    await revokeSessions(deps, principal, params.id, null, query)
    return { status: 204 }
  },
)

const revokeOne = route(
  {
    method: 'delete',
    path: '/api/v1/admin/users/{id}/sessions/{sid}',
    access: ACCESS,
    params: () => byId().extend({ sid: z.string().min(1).max(100) }),
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Revoke one session of a user',
      answers: { 204: { description: 'The session is revoked' } },
      problems: ['not_found', 'outranked', 'effect_pending'],
    },
  },
  async ({ deps, principal, params }) => {
    await revokeSessions(deps, principal, params.id, params.sid)
    return { status: 204 }
  },
)

export const adminRoutes = [get, invite, edit, remove, setStatus, sessions, revokeAll, revokeOne]
