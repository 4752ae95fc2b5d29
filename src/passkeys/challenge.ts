/**
 * Challenges of passkey ceremonies (W3C WebAuthn Level 3, section 13.4.3). A challenge is a signed token
 * that says what it is for, so making one stores nothing and wakes no object. It is spent in the object of
 * the user who answers it (sessions/object/passkey-store.ts).
 */
import type { Deps } from '../context'
import { toBase64Url } from '../crypto/encoding'
import { type PasskeyPurpose, signToken, verifyToken } from '../crypto/signed-token'
import { DomainError, type ErrorKind, ERRORS } from '../errors'
import { logRefusal } from '../sessions/tokens/log-refusal'
import { checkStoredRpId } from './rp-id'

const CHALLENGE_BYTES = 32

export interface NewChallenge {
  /** base64url, for the authenticator. */
  readonly challenge: string
  /** To be sent back with the authenticator's response. */
  readonly token: string
  /** Seconds until it expires. */
  readonly expiresIn: number
}

/** A challenge that was presented, authentic and not expired. */
export interface PresentedChallenge {
  readonly challenge: string
  readonly expires: number
  readonly to: string | null
}

/**
 * Makes a challenge. `to`: what it is bound to, such as the id of a session; null for sign-in. Throws
 * `unavailable` if PASSKEY_RP_ID is not that of the stored passkeys.
 */
export async function newChallenge(
  deps: Deps,
  purpose: PasskeyPurpose,
  to: string | null,
): Promise<NewChallenge> {
  await checkStoredRpId(deps)
  const challenge = toBase64Url(crypto.getRandomValues(new Uint8Array(CHALLENGE_BYTES)))
  const expiresIn = deps.config.CHALLENGE_TTL_SECONDS
  const expires = deps.now + expiresIn * 1000
  const payload = { challenge, purpose, expires, to }
  return {
    challenge,
    expiresIn,
    token: await signToken(deps.config.TOKEN_KEYS, 'passkey', payload),
  }
}

/**
 * The challenge of a token that was made for one of these purposes. Whether it is bound to the right thing
 * is for the caller to check. Throws `invalid_challenge`, from a signed-in caller as a bad request
 * (`kind`).
 */
export async function presentedChallenge(
  deps: Deps,
  purposes: readonly PasskeyPurpose[],
  token: string,
  kind: ErrorKind = ERRORS.invalid_challenge[0],
): Promise<PresentedChallenge & { purpose: PasskeyPurpose }> {
  const claims = await verifyToken(deps.config.TOKEN_KEYS, 'passkey', token)
  if (!claims || !purposes.includes(claims.purpose) || claims.expires <= deps.now) {
    logRefusal(deps, 'challenge', 'malformed_or_expired')
    throw new DomainError('invalid_challenge', { kind })
  }
  return claims
}
