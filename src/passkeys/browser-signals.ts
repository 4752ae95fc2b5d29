/**
 * What pages tell the browser about passkeys. The browser then hides passkeys that no longer work, and shows
 * the user's current name (W3C WebAuthn Level 3, section 5.1.10). Keys are the names of the browser's methods.
 */
import type { Config } from '../config'
import type { User } from '../users/user-view'
import { userHandleOf } from './options'

type RpId = Pick<Config, 'PASSKEY_RP_ID'>

/** A passkey that was presented and is not known here. */
export const unknownSignal = ({ PASSKEY_RP_ID: rpId }: RpId, credentialId: string) => ({
  signalUnknownCredential: { rpId, credentialId },
})

type NamedUser = Pick<User, 'email' | 'full_name'> & { readonly subject: string }

/** How the user is called now, for passkeys that still bear an earlier name or address. */
export const detailsSignal = (
  { PASSKEY_RP_ID: rpId }: RpId,
  { subject, email: name, full_name: displayName }: NamedUser,
) => ({
  signalCurrentUserDetails: { rpId, userId: userHandleOf(subject), name, displayName },
})

/** The same, and the user's passkeys, all of them. */
export const accountSignals = (
  config: RpId,
  user: NamedUser,
  allAcceptedCredentialIds: readonly string[],
) => ({
  signalAllAcceptedCredentials: {
    rpId: config.PASSKEY_RP_ID,
    userId: userHandleOf(user.subject),
    allAcceptedCredentialIds,
  },
  ...detailsSignal(config, user),
})
