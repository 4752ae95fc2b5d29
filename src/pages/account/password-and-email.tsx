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
import { hasPassword } from '../../users/account'
import { emailField } from '../../users/email-address'
import { Checkbox } from '../components/choices'
import { EmailField, OwnPasswordField } from '../components/fields'
import { Form } from '../components/form'
import { Panel } from '../components/layout'
import { NewPassword } from '../components/new-password'
import { StepUpFields } from '../components/step-up'
import { askedField } from '../runtime/address'
import { formPage, type FormSpec } from '../runtime/form-page'
import { localPath, withNextInFlow } from '../runtime/local-path'
import { endVisit, redirect, type SignedInRequest } from '../runtime/page'
import { usePage } from '../runtime/page-context'
import { proofFields, proofOf, stepUpBy } from '../runtime/proof-fields'
import { accountArea } from './account-area'

const PasswordFields = () =>
  z.strictObject({
    current_password: currentPasswordField.optional(),
    new_password: passwordField,
    ...andKeysFields,
    ...proofFields,
  })

interface PasswordFormProps {
  config: Config
  hasPassword: boolean
  hasKeys: boolean
}

const PasswordForm: FC<PasswordFormProps> = ({ config, hasPassword: hasOld, hasKeys }) => {
  const { account, signedOut } = usePage().texts
  return (
    <Form submit={hasOld ? account.password.submit : account.password.set}>
      {hasOld ? <OwnPasswordField name="current_password" /> : <StepUpFields />}
      <NewPassword config={config} name="new_password" label={signedOut.newPassword} />
      {hasKeys && <Checkbox name="keys" label={account.sessions.alsoKeys} />}
    </Form>
  )
}

/** The form, and whether there is a password to change: users with passkeys may have none. */
async function passwordForm({ deps, visitor }: SignedInRequest) {
  const [hasOld, hasKeys] = await Promise.all([
    hasPassword(deps, visitor.principal.subject),
    hasLiveKeys(deps, visitor.user.id),
  ])
  const form = <PasswordForm config={deps.config} hasPassword={hasOld} hasKeys={hasKeys} />
  return { form, hasOld }
}

const nextQuery = () => z.object({ next: askedField })

const changing: Omit<
  FormSpec<CompletesRequiredActions, typeof PasswordFields, typeof nextQuery>,
  'path'
> = {
  access: { requiredActions: REQUIRED_ACTIONS },
  query: nextQuery,
  fields: PasswordFields,
  refine: newPasswordRules('new_password'),
  submit: async (request, { current_password: current, new_password: next, keys, ...posted }) => {
    const { deps, visitor } = request
    const stepUp = stepUpBy(request, posted)
    await changePassword(deps, visitor.principal, { current, next, stepUp }, { keys })
    const to = endVisit('password_changed')
    return { ...to, seeOther: withNextInFlow(to.seeOther, localPath(request.query.next)) }
  },
}

const password = formPage({
  ...changing,
  path: '/account/password',
  show: async (request) => {
    const { texts, visitor, format } = request
    const { password: words } = texts.account
    const at = visitor.user.password_changed_at
    const { form, hasOld } = await passwordForm(request)
    return {
      ...accountArea(texts),
      title: words.title,
      lead: at === null ? undefined : words.changed(format.relative(at)),
      main: (
        <section class="panel">
          <p class="lead">{hasOld ? words.lead : words.setLead}</p>
          {form}
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
    const { form, hasOld } = await passwordForm(request)
    return {
      title: words.forcedTitle,
      lead: isForced ? words.forced : hasOld ? words.lead : words.setLead,
      main: (
        <>
          {form}
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
      ...proofFields,
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
            <StepUpFields />
          </Form>
        </Panel>
      ),
    }
  },
  submit: async ({ deps, visitor }, { new_email: newEmail, ...posted }) => {
    await requestEmailChange(deps, visitor.principal, { newEmail, proof: proofOf(posted) })
    return redirect('/account/email', { flash: 'email_change_requested' })
  },
})

export const credentialPages = [password, forced, email]
