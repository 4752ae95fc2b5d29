/** Request fields of passkeys, beside the credentials themselves (credential-field.ts). */
import * as z from 'zod'
import { challengeField } from '../credentials/fields'
import { once } from '../once'
import { assertionCredential, registrationCredential } from './credential-field'

export const MAX_NAME_CHARS = 100

/** Names appear in lists, so no line breaks, control characters or changes of direction. */
export const passkeyNameField = z
  .string()
  .transform((text) => text.normalize('NFC').trim())
  .pipe(
    z
      .string()
      .min(1)
      .max(MAX_NAME_CHARS)
      .refine((text) => text.isWellFormed() && !/[\p{Cc}\u2028-\u202e\u2066-\u2069]/u.test(text), {
        message: 'Must be one line',
        params: { code: 'invalid_characters' },
      }),
  )
  .meta({ minLength: 1, maxLength: MAX_NAME_CHARS, example: 'Work laptop' })

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
