import * as z from 'zod'
import { newAddressRules } from '../../credentials/fields'
import { grantableRoles } from '../../rbac/grantable-roles'
import { DEFAULT_ROLE } from '../../rbac/permissions'
import { inviteUser } from '../../registration/invite-user'
import { emailField } from '../../users/email-address'
import { fullNameField } from '../../users/profile-fields'
import { Checkboxes } from '../components/choices'
import { EmailField, Field } from '../components/fields'
import { Form } from '../components/form'
import { formPage } from '../runtime/form-page'
import { proofFields, proofOf } from '../runtime/proof-fields'
import { consoleView, done, STAFF } from './console'

/** Creates an account for another user, who then chooses the password by an email link. */
export const invite = formPage({
  path: '/admin/users/new',
  access: STAFF,
  fields: () =>
    z.strictObject({
      email: emailField,
      full_name: fullNameField,
      roles: z.array(z.string().min(1).max(100)).max(20).default([]),
      ...proofFields,
    }),
  // Asked for only when roles are given.
  asksOnPage: true,
  refine: newAddressRules('email'),
  show: async (request) => {
    const { deps, visitor, texts } = request
    const { invite: words } = texts.admin
    const grantable = await grantableRoles(deps, visitor.principal)
    const roles = grantable.filter((name) => name !== DEFAULT_ROLE)
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
  submit: async ({ deps, visitor }, { email, full_name: fullName, roles, ...posted }) => {
    const user = await inviteUser(deps, visitor.principal, {
      email,
      fullName,
      roles,
      proof: proofOf(posted),
    })
    return done(`/admin/users/${user.id}`, 'user_invited', user.full_name)
  },
})
