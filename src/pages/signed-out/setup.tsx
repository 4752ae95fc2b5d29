import * as z from 'zod'
import type { Deps } from '../../context'
import { newAddressRules, allRules, newPasswordRules } from '../../credentials/fields'
import { passwordField } from '../../credentials/password-policy'
import { DomainError } from '../../errors'
import { log } from '../../log'
import { type SetUpState, setUpAdmin, setUpState } from '../../registration/set-up-admin'
import { signIn } from '../../sign-in/password-step'
import type { Texts } from '../../texts/en'
import { emailField } from '../../users/email-address'
import { fullNameField } from '../../users/profile-fields'
import { EmailField, Field } from '../components/fields'
import { Form } from '../components/form'
import { NewPassword } from '../components/new-password'
import { formPage } from '../runtime/form-page'
import { redirect, type SeeOther, type View, type Visitor } from '../runtime/page'
import { signedIn } from './sign-in'

/** Creates the first administrator, once, and opens the console. Afterwards the page says that it is done. */
const setup = formPage({
  path: '/setup',
  access: 'visitor',
  fields: () =>
    z.strictObject({
      token: z.string().trim().min(1).max(200),
      full_name: fullNameField,
      email: emailField,
      password: passwordField,
    }),
  refine: allRules(newAddressRules('email'), newPasswordRules('password')),
  show: async ({ texts, deps }) => {
    const state = await setUpState(deps)
    if (state !== 'open') return closedView(texts, state)
    const { signedOut } = texts
    return {
      title: signedOut.setup.title,
      lead: signedOut.setup.lead,
      main: (
        <Form submit={signedOut.setup.submit} isWide>
          <Field
            name="token"
            label={signedOut.setup.token}
            hint={signedOut.setup.tokenHint}
            type="password"
            keepsValue
            isFirst
          />
          <Field name="full_name" label={signedOut.fullName} autocomplete="name" />
          <EmailField />
          <NewPassword config={deps.config} />
        </Form>
      ),
    }
  },
  submit: async ({ deps, visitor, texts }, { token, email, password, full_name: fullName }) => {
    try {
      await setUpAdmin(deps, { token, email, password, fullName })
    } catch (error) {
      if (!(error instanceof DomainError && error.code === 'not_found')) throw error
      return closedView(texts, await setUpState(deps))
    }
    return openConsole(deps, { username: email.email, password }, visitor)
  },
})

/** The page once it cannot be used: 404, as the API's route answers. */
function closedView({ signedOut }: Texts, state: SetUpState): View {
  const isDone = state !== 'no_token'
  return {
    title: signedOut.setup[isDone ? 'doneTitle' : 'noTokenTitle'],
    status: 404,
    lead: signedOut.setup[isDone ? 'doneLead' : 'noTokenLead'],
    main: (
      <p>
        <a class="button primary" href={isDone ? '/admin' : '/sign-in'}>
          {signedOut.setup[isDone ? 'toConsole' : 'toSignIn']}
        </a>
      </p>
    ),
  }
}

/** Signs the new admin in. The account exists by now: if this fails, they sign in by the form. */
async function openConsole(
  deps: Deps,
  credentials: { username: string; password: string },
  before: Visitor | null,
): Promise<SeeOther> {
  try {
    const answer = await signIn(deps, { ...credentials, rememberMe: false })
    if ('access_token' in answer) return await signedIn(deps, answer, '/admin', before)
  } catch (error) {
    const code = error instanceof DomainError ? error.code : 'internal'
    log.warn('set_up_not_signed_in', deps, { code })
  }
  return redirect('/sign-in', { flash: 'admin_created' })
}

export const setupPages = [setup]
