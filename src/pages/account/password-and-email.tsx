/** The user's own password and address. A required change of password has the same form in a card. */
import type { FC } from 'hono/jsx'
import * as z from 'zod'
import { andKeysFields } from '../../api-keys/and-keys'
import { hasLiveKeys } from '../../api-keys/list-api-keys'
import type { Config } from '../../config'
import { REQUIRED_ACTIONS } from '../../context'
import { changePassword } from '../../credentials/change-password'
import { newAddressRules, newPasswordRules } from '../../credentials/fields'
import { currentPasswordField, passwordField } from '../../credentials/password-policy'
import { requestEmailChange } from '../../email-change/request-email-change'
import type { CompletesRequiredActions } from '../../http/route'
import { emailField } from '../../users/email-address'
import { Checkbox } from '../components/choices'
import { EmailField, OwnPasswordField, SecondFactorField } from '../components/fields'
import { Form } from '../components/form'
import { Panel } from '../components/layout'
import { NewPassword } from '../components/new-password'
import { formPage, type FormSpec } from '../runtime/form-page'
import { endVisit, redirect, type SignedInRequest } from '../runtime/page'
import { usePage } from '../runtime/page-context'
import { accountArea } from './account-area'
import { optionalCode } from './optional-code'

const PasswordFields = () =>
  z.strictObject({
    current_password: currentPasswordField,
    new_password: passwordField,
    ...andKeysFields,
  })

const PasswordForm: FC<{ config: Config; hasKeys: boolean }> = ({ config, hasKeys }) => {
  const { account, signedOut } = usePage().texts
  return (
    <Form submit={account.password.submit}>
      <OwnPasswordField name="current_password" />
      <NewPassword config={config} name="new_password" label={signedOut.newPassword} />
      {hasKeys && <Checkbox name="keys" label={account.sessions.alsoKeys} />}
    </Form>
  )
}

const passwordForm = async ({ deps, visitor }: SignedInRequest) => (
  <PasswordForm config={deps.config} hasKeys={await hasLiveKeys(deps, visitor.user.id)} />
)

const changing: Omit<FormSpec<CompletesRequiredActions, typeof PasswordFields>, 'path'> = {
  access: { requiredActions: REQUIRED_ACTIONS },
  fields: PasswordFields,
  refine: newPasswordRules('new_password'),
  submit: async ({ deps, visitor }, { current_password: current, new_password: next, keys }) => {
    await changePassword(deps, visitor.principal, { current, next }, { keys })
    return endVisit('password_changed')
  },
}

const password = formPage({
  ...changing,
  path: '/account/password',
  show: async (request) => {
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
          {await passwordForm(request)}
        </section>
      ),
    }
  },
})

const forced = formPage({
  ...changing,
  path: '/change-password',
  show: async (request) => {
    const { texts, visitor } = request
    const words = texts.account.password
    const isForced = visitor.principal.requiredAction === 'password_expired'
    return {
      title: words.forcedTitle,
      lead: isForced ? words.forced : words.lead,
      main: (
        <>
          {await passwordForm(request)}
          <form method="post" action="/sign-out" class="card-foot">
            <button class="link">{texts.layout.signOut}</button>
          </form>
        </>
      ),
    }
  },
})

const email = formPage({
  path: '/account/email',
  access: 'session',
  fields: () =>
    z.strictObject({
      new_email: emailField,
      password: currentPasswordField,
      code: optionalCode,
    }),
  refine: newAddressRules('new_email'),
  show: ({ texts, visitor }) => {
    const words = texts.account.email
    return {
      ...accountArea(texts),
      title: words.title,
      main: (
        <Panel title={`${words.current}: ${visitor.user.email}`} lead={words.lead}>
          <Form submit={words.submit}>
            <EmailField name="new_email" label={words.new} autocomplete="email" />
            <OwnPasswordField />
            <SecondFactorField />
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
