/** The fields by which a user confirms who they are, for the pages about passkeys. */
import type { FC } from 'hono/jsx'
import * as z from 'zod'
import { currentPasswordField } from '../../credentials/password-policy'
import { assertionCredential } from '../../passkeys/credential-field'
import type { Proof } from '../../step-up/reauthenticate'
import { CodeField, OwnPasswordField } from '../components/fields'
import { PasskeyButton } from '../components/passkey-button'
import { usePage } from '../runtime/page-context'
import { passkeyFields } from '../runtime/passkey-fields'
import { optionalCode } from './optional-code'

const proofFields = () => {
  const { passkey_challenge: challenge, passkey_credential: credential } =
    passkeyFields(assertionCredential())
  return {
    password: currentPasswordField.optional(),
    code: optionalCode,
    passkey_challenge: challenge.optional(),
    passkey_credential: credential.optional(),
  }
}

export const confirmFields = () => z.strictObject(proofFields())
export type Given = z.output<ReturnType<typeof confirmFields>>

export const proofIn = (given: Given): Proof => {
  const {
    password,
    code,
    passkey_challenge: challengeToken,
    passkey_credential: credential,
  } = given
  if (challengeToken === undefined || credential === undefined) return { password, code }
  return { passkey: { challengeToken, credential } }
}

export const ConfirmFields: FC = () => {
  const { visitor, texts } = usePage()
  if (!visitor) return null
  const { hasPasskey, isSecondFactorEnabled } = visitor.principal
  return (
    <>
      {hasPasskey && <PasskeyButton purpose="step-up" label={texts.passkeys.use} />}
      <div class="form" data-passkey-instead>
        {!hasPasskey && <OwnPasswordField />}
        {isSecondFactorEnabled && <CodeField />}
      </div>
    </>
  )
}
