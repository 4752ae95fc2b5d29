/** Request fields of passkeys, beside the credentials themselves (credential-field.ts). */
import { challengeField } from '../credentials/fields'
import { once } from '../once'
import { nameField } from '../texts/name-field'
import { assertionCredential, registrationCredential } from './credential-field'

export const MAX_NAME_CHARS = 100

export const passkeyNameField = nameField(MAX_NAME_CHARS, 'Work laptop')

/** The use of a passkey, with the token that came with its options. */
export const presentedPasskeyFields = once(() => ({
  challenge_token: challengeField,
  credential: assertionCredential(),
}))

/** The creation of one. */
export const newPasskeyFields = once(() => ({
  challenge_token: challengeField,
  credential: registrationCredential(),
  name: passkeyNameField.optional(),
}))
