import * as z from 'zod'
import { newAddressRules } from '../../credentials/fields'
import { ADMIN_ROLE, DEFAULT_ROLE, permissionsOf } from '../../rbac/permissions'
import { roleMap } from '../../rbac/role-map'
import { inviteUser } from '../../registration/invite-user'
import { emailField } from '../../users/email-address'
import { fullNameField } from '../../users/profile-fields'
import { Checkboxes } from '../components/choices'
import { EmailField, Field } from '../components/fields'
import { Form } from '../components/form'
import { formPage } from '../runtime/form-page'
import type { SignedInRequest } from '../runtime/page'
import { consoleView, done, STAFF } from './console'

/** The roles that the visitor can give, by name: those that permit nothing that the visitor may not do. */
export async function grantableRoles({ deps, visitor }: SignedInRequest): Promise<string[]> {
  const map = await roleMap(deps)
  const own = new Set(permissionsOf(map, visitor.principal.roleIds))
  const isAdmin = visitor.principal.roleIds.some((id) => map.roles.get(id)?.name === ADMIN_ROLE)
  const fits = [...map.roles.values()].filter(
    ({ name, permissions }) => isAdmin || (name !== ADMIN_ROLE && permissions.isSubsetOf(own)),
  )
  return fits.map(({ name }) => name).sort()
}

/** Creates an account for another user, who then chooses the password by an email link. */
export const invite = formPage({
  path: '/admin/users/new',
  access: STAFF,
  fields: () =>
    z.strictObject({
      email: emailField,
      full_name: fullNameField,
      roles: z.array(z.string().min(1).max(100)).max(20).default([]),
    }),
  refine: newAddressRules('email'),
  show: async (request) => {
    const { invite: words } = request.texts.admin
    const roles = (await grantableRoles(request)).filter((name) => name !== DEFAULT_ROLE)
    return consoleView(request, {
      title: words.title,
      lead: words.lead,
      main: (
        <section class="panel narrow">
          <Form action="/admin/users/new" submit={words.submit} cancel={{ href: '/admin/users' }}>
            <EmailField label={words.email} autocomplete="off" isFirst />
            <Field name="full_name" label={words.name} />
            {roles.length > 0 && (
              <fieldset class="choices">
                <legend>{words.roles}</legend>
                <p class="hint">{words.rolesHint}</p>
                <Checkboxes name="roles" values={roles} />
              </fieldset>
            )}
          </Form>
        </section>
      ),
    })
  },
  submit: async ({ deps, visitor }, input) => {
    const user = await inviteUser(deps, visitor.principal, {
      email: input.email,
      fullName: input.full_name,
      roles: input.roles,
    })
    return done(`/admin/users/${user.id}`, 'user_invited', user.full_name)
  },
})
