/** Signing in by passkey, on the page that also asks for the password. */
import type { FC } from 'hono/jsx'
import * as z from 'zod'
import { unknownSignal } from '../../passkeys/browser-signals'
import { assertionCredential } from '../../passkeys/credential-field'
import { signInByPasskey } from '../../sign-in/passkey-step'
import { PasskeyButton, PasskeySignal } from '../components/passkey-button'
import { withNext } from '../runtime/local-path'
import type { PageRequest } from '../runtime/page'
import { usePage } from '../runtime/page-context'
import { credentialIdIn, passkeyFields } from '../runtime/passkey-fields'

export const PASSKEY_SIGN_IN = '/sign-in/passkey'

/** What is posted instead of address and password. */
export const passkeySignInFields = () =>
  z.strictObject({
    ...passkeyFields(assertionCredential()),
    remember_me: z.boolean().default(false),
  })

/**
 * The button below that of the password, in the same form: both take "Keep me signed in". After a refusal
 * only the button asks: a password manager that answers by itself would send the same passkey again.
 */
export const PasskeySignIn: FC<{ next: string; isRefused: boolean }> = ({ next, isRefused }) => {
  const { passkeys: words } = usePage().texts
  return (
    <div class="passkey-choice">
      <p class="or">{words.or}</p>
      <PasskeyButton
        purpose="sign-in"
        label={words.signIn}
        action={withNext(PASSKEY_SIGN_IN, next)}
        isAutofill={!isRefused}
        isWide
      />
    </div>
  )
}

/** Tells the browser of a passkey that is not known here, so that it is not offered again. */
export const ForgetUnknown: FC<Pick<PageRequest, 'form' | 'deps'>> = ({ form, deps }) => {
  const id = credentialIdIn(form.values['passkey_credential'] ?? '')
  if (form.error?.code !== 'unknown_passkey' || id === undefined) return null
  return <PasskeySignal signals={unknownSignal(deps.config, id)} />
}

type Posted = z.output<ReturnType<typeof passkeySignInFields>>

export const signInByPosted = (deps: PageRequest['deps'], posted: Posted) =>
  signInByPasskey(deps, {
    challengeToken: posted.passkey_challenge,
    credential: posted.passkey_credential,
    rememberMe: posted.remember_me,
  })
