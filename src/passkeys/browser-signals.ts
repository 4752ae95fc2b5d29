/**
 * What a browser is told about passkeys, so that it offers none that cannot be used and shows the user's
 * present name (W3C WebAuthn Level 3, section 5.1.10). Keys are the names of the browser's methods.
 */
import type { Config } from '../config'
import type { User } from '../users/user-view'
import { userHandleOf } from './options'

type RpId = Pick<Config, 'PASSKEY_RP_ID'>

/** A passkey that was presented and is not known here. */
export const unknownSignal = ({ PASSKEY_RP_ID: rpId }: RpId, credentialId: string) => ({
  signalUnknownCredential: { rpId, credentialId },
})

/** The user's passkeys, all of them, and how the user is called now. */
export const accountSignals = (
  { PASSKEY_RP_ID: rpId }: RpId,
  {
    subject,
    email,
    full_name: displayName,
  }: Pick<User, 'email' | 'full_name'> & { subject: string },
  credentialIds: readonly string[],
) => {
  const userId = userHandleOf(subject)
  return {
    signalAllAcceptedCredentials: { rpId, userId, allAcceptedCredentialIds: credentialIds },
    signalCurrentUserDetails: { rpId, userId, name: email, displayName },
  }
}
