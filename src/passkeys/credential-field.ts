/**
 * A browser's answer to the creation or the use of a passkey, as `PublicKeyCredential.toJSON()`
 * writes it (W3C WebAuthn Level 3, section 5.1). Members that the verifier reads are validated.
 * Others that browsers send are bounded and dropped, and so is what later browsers may add.
 */
import * as z from 'zod'
import {
  type AssertionCredential,
  maxChars,
  type RegistrationCredential,
  type ResponsePart,
} from '../crypto/webauthn'
import { once } from '../once'

/** The longest name of a transport or an attachment that is accepted. Those in use have 14 characters. */
const MAX_WORD_CHARS = 32
const MAX_TRANSPORTS = 16
const MAX_EXTENSIONS = 32
/** 64 bytes (section 5.4.3). */
const MAX_USER_HANDLE_CHARS = 86

const base64Url = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^[A-Za-z0-9_-]+$/, 'Must be base64url without padding')

const bytesOf = (part: ResponsePart) => base64Url(maxChars(part))
const word = () => z.string().max(MAX_WORD_CHARS)

/** What both kinds have around their response. Browsers write null for what they do not know. */
const envelope = () => ({
  id: bytesOf('credentialId'),
  rawId: bytesOf('credentialId'),
  type: z.literal('public-key'),
  authenticatorAttachment: word().nullish(),
  // The values are bounded by the size of the request alone: nothing walks through them.
  clientExtensionResults: z
    .record(z.string().max(MAX_WORD_CHARS), z.unknown())
    .refine((results) => Object.keys(results).length <= MAX_EXTENSIONS, 'Too many extensions')
    .optional(),
})

/** RegistrationResponseJSON: what `navigator.credentials.create()` returned. */
export const registrationCredential = once(
  () =>
    z.object({
      ...envelope(),
      response: z.object({
        clientDataJSON: bytesOf('clientDataJSON'),
        attestationObject: bytesOf('attestationObject'),
        transports: z.array(word()).max(MAX_TRANSPORTS).optional(),
        // These repeat what the attestation object contains, where it is verified.
        authenticatorData: bytesOf('attestationObject').nullish(),
        publicKey: bytesOf('attestationObject').nullish(),
        publicKeyAlgorithm: z.int().nullish(),
      }),
    }) satisfies z.ZodType<RegistrationCredential>,
)

/** AuthenticationResponseJSON: what `navigator.credentials.get()` returned. */
export const assertionCredential = once(
  () =>
    z.object({
      ...envelope(),
      response: z.object({
        clientDataJSON: bytesOf('clientDataJSON'),
        authenticatorData: bytesOf('authenticatorData'),
        signature: bytesOf('signature'),
        userHandle: base64Url(MAX_USER_HANDLE_CHARS).nullish(),
      }),
    }) satisfies z.ZodType<AssertionCredential>,
)
