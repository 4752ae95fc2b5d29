/** One's own password and address. A forced change of password has the same form in a card. */
import * as z from 'zod'
import { andKeysFields } from '../../api-keys/and-keys'
import { hasLiveKeys } from '../../api-keys/list-api-keys'
import { changePassword } from '../../credentials/change-password'
import { requestEmailChange } from '../../email-change/request-email-change'
import { checkAddress, checkField } from '../../credentials/fields'
import { RESTRICTIONS } from '../../context'
import type { Cures } from '../../http/route'
import { currentPasswordField, passwordField } from '../../credentials/password-policy'
import { emailField } from '../../users/email-address'
import { AccountName, Checkbox, Field, Form, Submit } from '../components/form'
import { formPage, type FormSpec } from '../runtime/form-page'
import { NewPassword } from '../components/new-password'
import type { FormState } from '../runtime/form-state'
import { redirect, type PageRequest, type Visitor } from '../runtime/page'
import { Panel } from '../components/layout'
import { accountArea } from './account-links'
import { optionalCode } from './optional-code'

const PasswordFields = z.strictObject({
  current_password: currentPasswordField,
  new_password: passwordField,
  ...andKeysFields,
})

const passwordForm = async ({ texts, deps, visitor }: PageRequest<Visitor>, form: FormState) => (
  <Form texts={texts} form={form}>
    <AccountName address={visitor.user.email} />
    <Field
      texts={texts}
      form={form}
      name="current_password"
      label={texts.account.currentPassword}
      type="password"
      autocomplete="current-password"
    />
    <NewPassword
      texts={texts}
      form={form}
      config={deps.config}
      name="new_password"
      label={texts.signedOut.newPassword}
    />
    {(await hasLiveKeys(deps, visitor.user.id)) && (
      <Checkbox form={form} name="keys" label={texts.account.sessions.alsoKeys} />
    )}
    <p class="actions">
      <Submit>{texts.account.password.submit}</Submit>
    </p>
  </Form>
)

const changing: Pick<
  FormSpec<Cures, typeof PasswordFields>,
  'access' | 'fields' | 'alsoCheck' | 'submit'
> = {
  access: { cures: RESTRICTIONS },
  fields: PasswordFields,
  alsoCheck: checkField('new_password'),
  submit: async ({ deps, visitor }, { current_password: current, new_password: next, keys }) => {
    await changePassword(deps, visitor.principal, { current, next }, { keys })
    return redirect('/sign-in', {
      flash: 'password_changed',
      cookies: [{ name: 'session', value: null }],
    })
  },
}

const password = formPage({
  ...changing,
  path: '/account/password',
  show: async (request, form) => {
    const { texts, visitor, format } = request
    const { password: words } = texts.account
    const at = visitor.user.password_changed_at
    return {
      ...accountArea(texts),
      title: words.title,
      lead: at === null ? undefined : words.changed(format.relative(at)),
      main: (
        <section class="panel">
          <p class="lead">{words.lead}</p>
          {await passwordForm(request, form)}
        </section>
      ),
    }
  },
})

const forced = formPage({
  ...changing,
  path: '/change-password',
  show: async (request, form) => {
    const { texts, visitor } = request
    const words = texts.account.password
    const isForced = visitor.principal.restriction === 'password_expired'
    return {
      title: words.forcedTitle,
      lead: isForced ? words.forced : words.lead,
      main: (
        <>
          {await passwordForm(request, form)}
          <form method="post" action="/sign-out" class="card-foot">
            <button class="link">{texts.frame.signOut}</button>
          </form>
        </>
      ),
    }
  },
})

const email = formPage({
  path: '/account/email',
  access: 'session',
  fields: z.strictObject({
    new_email: emailField,
    password: currentPasswordField,
    code: optionalCode,
  }),
  alsoCheck: checkAddress('new_email'),
  show: ({ texts, visitor }, form) => {
    const words = texts.account.email
    const shared = { texts, form }
    return {
      ...accountArea(texts),
      title: words.title,
      main: (
        <Panel title={`${words.current}: ${visitor.user.email}`} lead={words.lead}>
          <Form {...shared}>
            <Field
              {...shared}
              name="new_email"
              label={words.new}
              type="email"
              autocomplete="email"
            />
            <AccountName address={visitor.user.email} />
            <Field
              {...shared}
              name="password"
              label={texts.account.currentPassword}
              type="password"
              autocomplete="current-password"
            />
            {visitor.principal.isTwoFactorEnabled && (
              <Field
                {...shared}
                name="code"
                label={texts.account.code}
                inputmode="numeric"
                autocomplete="one-time-code"
                maxlength={20}
              />
            )}
            <p class="actions">
              <Submit>{words.submit}</Submit>
            </p>
          </Form>
        </Panel>
      ),
    }
  },
  submit: async ({ deps, visitor }, { password: typed, new_email: newEmail, code }) => {
    await requestEmailChange(deps, visitor.principal, { password: typed, newEmail, code })
    return redirect('/account/email', { flash: 'email_change_requested' })
  },
})

export const credentialPages = [password, forced, email]
