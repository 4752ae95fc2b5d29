import * as z from 'zod'
import { editUser } from '../../user-admin/edit-user'
import { getUser } from '../../user-admin/get-user'
import { emailField } from '../../users/email-address'
import { avatarUrlField, bioField, fullNameField } from '../../users/profile-fields'
import { Field, Form, Hidden, Submit } from '../components/form'
import { filledForm } from '../runtime/form-state'
import { consoleView, done, idOf, STAFF, staffForm } from './shell'

/** Somebody's profile and address, as an admin may change them. */
export const userEdit = staffForm({
  path: '/admin/users/:id/edit',
  access: STAFF,
  fields: z.strictObject({
    full_name: fullNameField,
    email: emailField,
    shown_email: emailField.optional(),
    bio: bioField.nullable(),
    avatar_url: avatarUrlField.nullable(),
  }),
  show: async (request, refused) => {
    const { texts, deps, visitor } = request
    const user = await getUser(deps, visitor.principal, idOf(request))
    const { user: words } = request.texts.admin
    const { full_name, email, bio, avatar_url } = user
    const isSelf = user.id === visitor.user.id
    const form = refused.error ? refused : filledForm({ full_name, email, bio, avatar_url })
    const shared = { texts, form }
    return consoleView(request, {
      title: words.editTitle(user.full_name),
      lead: isSelf ? words.yourself : words.editLead,
      main: (
        <section class="panel narrow">
          <Form texts={texts} form={form} action={`/admin/users/${user.id}/edit`}>
            <Hidden name="shown_email" value={email} />
            <Field {...shared} name="full_name" label={words.fullName} isFirst />
            {isSelf ? (
              <Hidden name="email" value={email} />
            ) : (
              <Field {...shared} name="email" label={words.email} type="email" />
            )}
            <Field {...shared} name="bio" label={words.bio} rows={4} isOptional />
            <Field {...shared} name="avatar_url" label={words.avatar} type="url" isOptional />
            <div class="actions">
              <Submit>{texts.frame.save}</Submit>
              <a class="button quiet" href={`/admin/users/${user.id}`}>
                {texts.frame.cancel}
              </a>
            </div>
          </Form>
        </section>
      ),
    })
  },
  submit: async (request, { email, shown_email: shown, ...profile }) => {
    const { deps, visitor } = request
    // A form always sends the address. As it was shown it is not meant to be set, nor to end a link.
    const edit = email.email === shown?.email ? profile : { ...profile, email }
    const user = await editUser(deps, visitor.principal, idOf(request), edit)
    return done(`/admin/users/${user.id}`, 'user_edited')
  },
})
