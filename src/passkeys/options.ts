/**
 * What a browser passes to `navigator.credentials`, as JSON (W3C WebAuthn Level 3, sections 5.4 and 5.5).
 * Creation asks for discoverable credentials that verify their user, and for no attestation.
 */
import { eq } from 'drizzle-orm'
import type { Deps } from '../context'
import { toBase64Url, utf8 } from '../crypto/encoding'
import { passkeys } from '../tables/passkeys'
import type { Account } from '../users/account'
import type { NewChallenge } from './challenge'

/** COSE algorithms, the preferred first: ES256, EdDSA (Ed25519), ES384, ES512, RS256. */
const ALGORITHMS = [-7, -8, -35, -36, -257]

/** What a browser needs to use a passkey, and the token to send back with its response. */
export interface PasskeyRequest {
  readonly publicKey: RequestOptions
  readonly challenge_token: string
  /** Seconds until the challenge expires. */
  readonly expires_in: number
}

/** The same for the creation of one. */
export interface PasskeyCreation extends Omit<PasskeyRequest, 'publicKey'> {
  readonly publicKey: CreationOptions
}

export type CreationOptions = ReturnType<typeof creationOptions>
export type RequestOptions = ReturnType<typeof requestOptions>

export interface Descriptor {
  readonly type: 'public-key'
  readonly id: string
  readonly transports: string[]
}

/** The user handle: the subject's bytes, which say nothing about the user. */
export const userHandleOf = (subject: string): string => toBase64Url(utf8(subject))

/** The credentials of a user's passkeys, to be asked for or excluded. */
export async function descriptorsOf(deps: Deps, userId: number): Promise<Descriptor[]> {
  const rows = await deps.db
    .select({ id: passkeys.credentialId, transports: passkeys.transports })
    .from(passkeys)
    .where(eq(passkeys.userId, userId))
  return rows.map(({ id, transports }) => ({
    type: 'public-key',
    id,
    transports: JSON.parse(transports) as string[],
  }))
}

/** The user that a passkey is made for. */
export interface PasskeyOwner {
  readonly subject: string
  readonly email: string
  readonly fullName: string
}

export const ownerOf = ({ user, accountState }: Account): PasskeyOwner => ({
  subject: accountState.subject,
  email: user.email,
  fullName: user.full_name,
})

/** PublicKeyCredentialCreationOptionsJSON. */
const creationOptions = (
  deps: Deps,
  owner: PasskeyOwner,
  { challenge, expiresIn }: NewChallenge,
  excludeCredentials: Descriptor[],
  userVerification: 'required' | 'preferred',
) => ({
  challenge,
  rp: { id: deps.config.PASSKEY_RP_ID, name: deps.config.PRODUCT_NAME },
  user: {
    id: userHandleOf(owner.subject),
    name: owner.email,
    displayName: owner.fullName,
  },
  pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: 'public-key' as const, alg })),
  timeout: expiresIn * 1000,
  excludeCredentials,
  authenticatorSelection: {
    residentKey: 'required' as const,
    requireResidentKey: true,
    userVerification,
  },
  attestation: 'none' as const,
})

/**
 * PublicKeyCredentialRequestOptionsJSON. Without `allowCredentials` the authenticator offers all passkeys
 * of this service.
 */
const requestOptions = (
  deps: Deps,
  { challenge, expiresIn }: NewChallenge,
  userVerification: 'required' | 'preferred',
  allowCredentials?: Descriptor[],
) => ({
  challenge,
  rpId: deps.config.PASSKEY_RP_ID,
  timeout: expiresIn * 1000,
  userVerification,
  ...(allowCredentials && { allowCredentials }),
})

/** Asks for the use of a passkey. */
export const passkeyRequest = (
  deps: Deps,
  challenge: NewChallenge,
  userVerification: 'required' | 'preferred',
  allowCredentials?: Descriptor[],
): PasskeyRequest => ({
  publicKey: requestOptions(deps, challenge, userVerification, allowCredentials),
  challenge_token: challenge.token,
  expires_in: challenge.expiresIn,
})

/**
 * Asks for the creation of one. `held`: the user's passkeys, whose authenticators make no other.
 * `preferred` is for conditional create, which cannot ask the user to verify.
 */
export const passkeyCreation = (
  deps: Deps,
  owner: PasskeyOwner,
  challenge: NewChallenge,
  held: Descriptor[],
  userVerification: 'required' | 'preferred' = 'required',
): PasskeyCreation => ({
  publicKey: creationOptions(deps, owner, challenge, held, userVerification),
  challenge_token: challenge.token,
  expires_in: challenge.expiresIn,
})
