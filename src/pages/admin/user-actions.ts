/** The POSTs behind the buttons of one user's page; a refusal shows that page again and says why. */
import * as z from 'zod'
import { andKeysFields } from '../../api-keys/and-keys'
import { assignRole, removeRole } from '../../rbac/assign-role'
import { removeUserPasskey } from '../../user-admin/user-passkeys'
import { formPage } from '../runtime/form-page'
import type { FlashName, SignedInRequest } from '../runtime/page'
import { confirmIdentity, proofFields } from '../runtime/proof-fields'
import { done, idOf, STAFF } from './console'
import { showUser } from './user'
import { USER_ACTIONS, type UserAction } from './user-action-list'

const home = (request: SignedInRequest) => `/admin/users/${idOf(request)}`
const shared = { access: STAFF, home, show: showUser } as const

const carryOut = async (
  request: SignedInRequest,
  { name, perform, flash }: UserAction,
  input: object,
) => {
  const keys = 'keys' in input && input.keys === true
  await perform(request.deps, request.visitor.principal, idOf(request), { keys })
  return done(name === 'delete' ? '/admin/users' : home(request), flash)
}

const fieldsOf = ({ takesKeys }: UserAction) => (takesKeys ? andKeysFields : {})

const single = (each: UserAction) =>
  formPage({
    ...shared,
    path: `/admin/users/:id/${each.name}`,
    fields: () => z.strictObject(fieldsOf(each)),
    submit: (request, input) => carryOut(request, each, input),
  })

const singleProved = (each: UserAction) =>
  formPage({
    ...shared,
    path: `/admin/users/:id/${each.name}`,
    fields: () => z.strictObject({ ...fieldsOf(each), ...proofFields }),
    asksOnPage: true,
    submit: async (request, input) => {
      await confirmIdentity(request, input)
      return carryOut(request, each, input)
    },
  })

const fields = () => z.strictObject({ role: z.string().min(1).max(100), ...proofFields })

const roleAction = (name: string, perform: typeof assignRole, flash: FlashName) =>
  formPage({
    ...shared,
    path: `/admin/users/:id/${name}`,
    fields,
    asksOnPage: true,
    submit: async (request, { role, ...posted }) => {
      await confirmIdentity(request, posted)
      await perform(request.deps, request.visitor.principal, idOf(request), role)
      return done(home(request), flash, role)
    },
  })

const removePasskey = formPage({
  ...shared,
  path: '/admin/users/:id/remove-passkey',
  fields: () => z.strictObject({ passkey_id: z.string().min(1).max(100), ...proofFields }),
  asksOnPage: true,
  submit: async (request, { passkey_id: id, ...posted }) => {
    const { deps, visitor } = request
    await confirmIdentity(request, posted)
    await removeUserPasskey(deps, visitor.principal, idOf(request), id)
    return done(home(request), 'user_passkey_removed')
  },
})

export const userActionPages = [
  ...USER_ACTIONS.map((each) => (each.needsProof ? singleProved(each) : single(each))),
  removePasskey,
  roleAction('give-role', assignRole, 'role_given'),
  roleAction('take-role', removeRole, 'role_taken'),
]
