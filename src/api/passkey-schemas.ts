/** What the routes of passkeys answer before a ceremony, and examples of credentials. */
import * as z from 'zod'
import { answerSchema } from '../answer-schema'

const descriptors = () =>
  z.array(
    z.object({
      type: z.literal('public-key'),
      id: z.string(),
      transports: z.array(z.string()),
    }),
  )

const around = {
  challenge_token: z.string().meta({ description: 'Send it back with the credential' }),
  expires_in: z.int().meta({ description: 'Seconds until the challenge expires' }),
}

/** PublicKeyCredentialRequestOptionsJSON, and what goes with it. */
export const PasskeyRequest = answerSchema(() =>
  z
    .object({
      publicKey: z
        .object({
          challenge: z.string(),
          rpId: z.string(),
          timeout: z.int(),
          userVerification: z.enum(['required', 'preferred']),
          allowCredentials: descriptors().optional(),
        })
        .meta({ description: 'For `PublicKeyCredential.parseRequestOptionsFromJSON`' }),
      ...around,
    })
    .meta({ id: 'PasskeyRequest' }),
)

/** PublicKeyCredentialCreationOptionsJSON, and what goes with it. */
export const PasskeyCreation = answerSchema(() =>
  z
    .object({
      publicKey: z
        .object({
          challenge: z.string(),
          rp: z.object({ id: z.string(), name: z.string() }),
          user: z.object({ id: z.string(), name: z.string(), displayName: z.string() }),
          pubKeyCredParams: z.array(z.object({ type: z.literal('public-key'), alg: z.int() })),
          timeout: z.int(),
          excludeCredentials: descriptors(),
          authenticatorSelection: z.object({
            residentKey: z.literal('required'),
            requireResidentKey: z.literal(true),
            userVerification: z.enum(['required', 'preferred']),
          }),
          attestation: z.literal('none'),
        })
        .meta({ description: 'For `PublicKeyCredential.parseCreationOptionsFromJSON`' }),
      ...around,
    })
    .meta({ id: 'PasskeyCreation' }),
)

const TOKEN = 'passkey.eyJrIjoiazEi...'
const CREDENTIAL_ID = 'RaE2p0Jc1YQ6cFtFT2m8fA'

export const ASSERTION_EXAMPLE = {
  challenge_token: TOKEN,
  credential: {
    id: CREDENTIAL_ID,
    rawId: CREDENTIAL_ID,
    type: 'public-key',
    response: {
      clientDataJSON: 'eyJ0eXBlIjoid2ViYXV0aG4uZ2V0Iiwi',
      authenticatorData: 'SZYN5YgOjGh0NBcPZHZgW4_krrmihjLH',
      signature: 'MEUCIQDv3eLwUgS0yVh3',
    },
  },
}

export const CREATION_EXAMPLE = {
  challenge_token: TOKEN,
  credential: {
    id: CREDENTIAL_ID,
    rawId: CREDENTIAL_ID,
    type: 'public-key',
    response: {
      clientDataJSON: 'eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwi',
      attestationObject: 'o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YQ',
    },
  },
  name: 'Work laptop',
}
