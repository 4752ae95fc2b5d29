import * as z from 'zod'
import { editUser } from '../../user-admin/edit-user'
import { getUser } from '../../user-admin/get-user'
import { emailField } from '../../users/email-address'
import { avatarUrlField, bioField, fullNameField } from '../../users/profile-fields'
import { EmailField, Field } from '../components/fields'
import { Form, Hidden } from '../components/form'
import { formPage } from '../runtime/form-page'
import { proofFields, proofOf } from '../runtime/proof-fields'
import { consoleView, done, idOf, STAFF } from './console'

/** A user's profile and address, as an admin may change them. */
export const userEdit = formPage({
  path: '/admin/users/:id/edit',
  access: STAFF,
  fields: () =>
    z.strictObject({
      full_name: fullNameField,
      email: emailField,
      shown_email: emailField.optional(),
      bio: bioField.nullable(),
      avatar_url: avatarUrlField.nullable(),
      ...proofFields,
    }),
  // Asked for only when the address is changed.
  asksOnPage: true,
  show: async (request) => {
    const { texts, deps, visitor } = request
    const user = await getUser(deps, visitor.principal, idOf(request))
    const { user: words } = request.texts.admin
    const { full_name, email, bio, avatar_url } = user
    const isSelf = user.id === visitor.user.id
    return consoleView(request, {
      title: words.editTitle(user.full_name),
      lead: isSelf ? words.yourself : words.editLead,
      main: (
        <section class="panel narrow">
          <Form
            action={`/admin/users/${user.id}/edit`}
            values={{ full_name, email, bio, avatar_url }}
            submit={texts.layout.save}
            cancel={{ href: `/admin/users/${user.id}` }}
          >
            <Hidden name="shown_email" value={email} />
            <Field name="full_name" label={words.fullName} isFirst />
            {isSelf ? (
              <Hidden name="email" value={email} />
            ) : (
              <EmailField label={words.email} autocomplete="off" />
            )}
            <Field name="bio" label={words.bio} rows={4} isOptional />
            <Field name="avatar_url" label={words.avatar} type="url" isOptional />
          </Form>
        </section>
      ),
    })
  },
  submit: async (request, input) => {
    const { deps, visitor } = request
    const { email, shown_email: shown, full_name, bio, avatar_url, ...posted } = input
    const profile = { full_name, bio, avatar_url }
    // The form always sends the address. An unchanged one is left out: setting it would void pending links.
    const edit = email.email === shown?.email ? profile : { ...profile, email }
    const user = await editUser(deps, visitor.principal, idOf(request), edit, proofOf(posted))
    return done(`/admin/users/${user.id}`, 'user_edited')
  },
})
