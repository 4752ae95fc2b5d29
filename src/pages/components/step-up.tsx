/**
 * What a form of a sensitive action asks for besides its own fields: nothing while the session has proved
 * recently who is acting, else the strongest proof that the user has. `isTitled`: the page's title already
 * says what they are for. `asksAgain`: the recent proof is not fresh enough.
 */
import type { FC } from 'hono/jsx'
import { useForm, usePage } from '../runtime/page-context'
import { Field, OwnPasswordField } from './fields'
import { PasskeyButton } from './passkey-button'

interface Props {
  isTitled?: boolean
  asksAgain?: boolean
}

export const StepUpFields: FC<Props> = ({ isTitled = false, asksAgain = false }) => {
  const { texts, visitor } = usePage()
  const { isProved, issues } = useForm()
  const isRefused = issues.some(({ path }) => path === 'password' || path === 'code')
  const isDone = !asksAgain && (isProved === true || (visitor?.isProved === true && !isRefused))
  if (!visitor || isDone) return null
  const { isSecondFactorEnabled: hasCodes, hasPasskey } = visitor.principal
  if (!hasCodes && !hasPasskey) return <OwnPasswordField />
  const { account, passkeys, signedOut, stepUp } = texts
  const label = hasCodes ? account.twoFactor.codeOrRecovery : signedOut.secondFactor.recoveryCode
  return (
    <fieldset class="proof">
      <legend class={isTitled ? 'hidden' : undefined}>{stepUp.title}</legend>
      {hasPasskey && (
        <div class="passkey-choice">
          <PasskeyButton purpose="step-up" label={stepUp.byPasskey} />
          <p class="or">{passkeys.or}</p>
        </div>
      )}
      <div data-passkey-instead>
        <Field name="code" label={label} autocomplete="one-time-code" maxlength={60} />
      </div>
    </fieldset>
  )
}
