/**
 * What a form of a sensitive action asks for besides its own fields: nothing while the session has proved
 * recently who is acting, else the strongest proof that the user has.
 */
import type { FC } from 'hono/jsx'
import { useForm, usePage } from '../runtime/page-context'
import { Field, OwnPasswordField } from './fields'

export const StepUpFields: FC = () => {
  const { texts, visitor } = usePage()
  const isDone = useForm().isProved === true || visitor?.isProved === true
  if (!visitor || isDone) return null
  const { isSecondFactorEnabled: hasCodes, hasPasskey } = visitor.principal
  if (!hasCodes && !hasPasskey) return <OwnPasswordField />
  return (
    <>
      {hasCodes ? (
        <div data-passkey-instead>
          <FactorField />
        </div>
      ) : (
        <p>{texts.stepUp.passkeyOnly}</p>
      )}
      {hasPasskey && <PasskeySlot />}
    </>
  )
}

/** A code of the authenticator app, or a recovery code. */
const FactorField: FC = () => (
  <Field
    name="code"
    label={usePage().texts.account.twoFactor.codeOrRecovery}
    autocomplete="one-time-code"
    maxlength={60}
  />
)

/** Filled and posted by the script of passkeys. */
const PasskeySlot: FC = () => (
  <>
    <input type="hidden" name="passkey_challenge" disabled />
    <input type="hidden" name="passkey_credential" disabled />
    <button type="button" class="button quiet" data-passkey="step-up" hidden>
      {usePage().texts.stepUp.passkey}
    </button>
  </>
)
