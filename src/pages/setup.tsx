import * as z from 'zod'
import { checkAddress, checkAll, checkField } from '../auth/fields'
import { passwordField } from '../auth/password-policy'
import { isSetUpOpen, setUpAdmin } from '../auth/set-up-admin'
import { DomainError } from '../errors'
import { emailField } from '../users/email-address'
import { fullNameField } from '../users/profile-fields'
import { Field, Form, Submit } from './frame/form'
import { formPage } from './frame/form-page'
import { NewPassword } from './frame/new-password'
import { goTo } from './frame/page'

/** The first administrator, once. There is no such page when there is one, or no token. */
const setup = formPage({
  path: '/setup',
  access: 'anyone',
  fields: z.strictObject({
    token: z.string().trim().min(1).max(200),
    full_name: fullNameField,
    email: emailField,
    password: passwordField,
  }),
  alsoCheck: checkAll(checkAddress('email'), checkField('password')),
  show: async ({ texts, deps }, form) => {
    if (!(await isSetUpOpen(deps))) throw new DomainError('not_found')
    const { visit } = texts
    const shared = { texts, form }
    return {
      title: visit.setup.title,
      lead: visit.setup.lead,
      main: (
        <Form texts={texts} form={form}>
          <Field
            {...shared}
            name="token"
            label={visit.setup.token}
            hint={visit.setup.tokenHint}
            type="password"
            isFirst
          />
          <Field {...shared} name="full_name" label={visit.fullName} autocomplete="name" />
          <Field
            {...shared}
            name="email"
            label={visit.email}
            type="email"
            autocomplete="username"
          />
          <NewPassword {...shared} config={deps.config} />
          <Submit class="wide">{visit.setup.submit}</Submit>
        </Form>
      ),
    }
  },
  submit: async ({ deps }, { token, email, password, full_name: fullName }) => {
    await setUpAdmin(deps, { token, email, password, fullName })
    return goTo('/sign-in', { flash: 'admin_created' })
  },
})

export const setupPages = [setup]
