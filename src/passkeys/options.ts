/**
 * What a browser passes to `navigator.credentials`, as JSON (W3C WebAuthn Level 3, sections 5.4 and 5.5).
 * Creation asks for discoverable credentials that verify their user, and for no attestation.
 */
import { eq } from 'drizzle-orm'
import type { Deps } from '../context'
import { toBase64Url, utf8 } from '../crypto/encoding'
import { passkeys } from '../tables/passkeys'
import type { Account } from '../users/account'
import { type NewChallenge } from './challenge'

/** COSE algorithms, the preferred first: ES256, EdDSA (Ed25519), ES384, ES512, RS256. */
const ALGORITHMS = [-7, -8, -35, -36, -257]

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

/** PublicKeyCredentialCreationOptionsJSON. */
export const creationOptions = (
  deps: Deps,
  { user, accountState }: Account,
  { challenge, expiresIn }: NewChallenge,
  excludeCredentials: Descriptor[],
) => ({
  challenge,
  rp: { id: deps.config.PASSKEY_RP_ID, name: deps.config.PRODUCT_NAME },
  user: {
    id: userHandleOf(accountState.subject),
    name: user.email,
    displayName: user.full_name,
  },
  pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: 'public-key' as const, alg })),
  timeout: expiresIn * 1000,
  excludeCredentials,
  authenticatorSelection: {
    residentKey: 'required' as const,
    requireResidentKey: true,
    userVerification: 'required' as const,
  },
  attestation: 'none' as const,
})

/**
 * PublicKeyCredentialRequestOptionsJSON. Without `allowCredentials` the authenticator offers all passkeys
 * of this service.
 */
export const requestOptions = (
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
