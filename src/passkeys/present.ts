/**
 * A presented passkey: finds the credential, verifies the signature, and says what the user's object needs
 * to decide on it. Whether the challenge is unspent, the passkey not removed and its counter plausible is
 * decided there.
 */
import { eq, sql } from 'drizzle-orm'
import type { Deps } from '../context'
import {
  type AssertionCredential,
  type Assertion,
  verifyAssertion,
  WebAuthnError,
} from '../crypto/webauthn'
import { DomainError } from '../errors'
import type { Amr } from '../events'
import { log } from '../log'
import { demandsDeviceBound } from '../rbac/required-action'
import type { PresentedPasskey } from '../sessions/session-types'
import { passkeys } from '../tables/passkeys'
import { users } from '../tables/users'
import { type Account, accountColumns, toAccount } from '../users/account'
import type { PresentedChallenge } from './challenge'
import { userHandleOf } from './options'
import { originsOf } from './origins'

export interface FoundPasskey {
  readonly account: Account
  readonly passkey: StoredPasskey
}

export interface StoredPasskey {
  readonly id: string
  readonly credentialId: string
  readonly publicKey: string
  readonly algorithm: number
  readonly signCount: number
  readonly isBackupEligible: boolean
}

/** A verified passkey, for the user's object. */
export interface VerifiedPasskey {
  readonly presented: PresentedPasskey
  /** False: the authenticator did not ask for a PIN or a finger, so it is a single factor. */
  readonly isUserVerified: boolean
  readonly amr: readonly Amr[]
}

/** The passkey of a credential id and its account, in one query. Undefined if there is none. */
export async function findPasskey(
  deps: Deps,
  credentialId: string,
): Promise<FoundPasskey | undefined> {
  const [row] = await deps.db
    .select({
      ...accountColumns,
      // Each column of a query needs a name of its own (db/meter.ts), and `id` is taken by the user's.
      passkeyId: sql<string>`passkeys.id`.as('passkey_id'),
      credentialId: passkeys.credentialId,
      publicKey: passkeys.publicKey,
      algorithm: passkeys.algorithm,
      signCount: passkeys.signCount,
      isBackupEligible: passkeys.isBackupEligible,
    })
    .from(passkeys)
    .innerJoin(users, eq(users.id, passkeys.userId))
    .where(eq(passkeys.credentialId, credentialId))
  if (!row) return undefined
  const { passkeyId: id, credentialId: storedId, publicKey, algorithm, signCount } = row
  const { isBackupEligible } = row
  return {
    account: toAccount(row),
    passkey: { id, credentialId: storedId, publicKey, algorithm, signCount, isBackupEligible },
  }
}

/**
 * Verifies a response of a passkey that was found. Throws `invalid_passkey` if anything is wrong, or if
 * one of the user's roles demands a passkey that cannot leave its device.
 */
export async function verifyPasskey(
  deps: Deps,
  { account, passkey }: FoundPasskey,
  { challenge, expires }: PresentedChallenge,
  credential: AssertionCredential,
): Promise<VerifiedPasskey> {
  const { subject, roleIds } = account.accountState
  const ceremony = {
    challenge,
    rpId: deps.config.PASSKEY_RP_ID,
    origins: originsOf(deps.config),
  }
  const stored = { ...passkey, userHandle: userHandleOf(subject) }
  const assertion = await verifyAssertion(ceremony, stored, credential).catch(refused(deps))
  if (passkey.isBackupEligible && (await demandsDeviceBound(deps, roleIds))) {
    log.info('passkey_refused', deps, { reason: 'not_device_bound' })
    throw new DomainError('invalid_passkey')
  }
  return verified(passkey, assertion, { challenge, expires })
}

const verified = (
  { id, signCount, isBackupEligible }: StoredPasskey,
  assertion: Assertion,
  { challenge, expires }: Pick<PresentedChallenge, 'challenge' | 'expires'>,
): VerifiedPasskey => {
  return {
    presented: {
      id,
      challenge,
      challengeExpiresAt: expires,
      signCount: assertion.signCount,
      firstSignCount: signCount,
      isBackedUp: assertion.isBackedUp,
      isSyncable: isBackupEligible,
    },
    isUserVerified: assertion.isUserVerified,
    amr: amrOf(isBackupEligible, assertion.isUserVerified),
  }
}

/** RFC 8176: a key in software or hardware, and several factors if it verified its user. */
export const amrOf = (isBackupEligible: boolean, isUserVerified: boolean): Amr[] => {
  const kind = isBackupEligible ? 'swk' : 'hwk'
  return isUserVerified ? [kind, 'mfa'] : [kind]
}

/** Logs why a response was refused. The caller only learns that it was. */
const refused = (deps: Deps) => (error: unknown) => {
  if (!(error instanceof WebAuthnError)) throw error
  log.info('passkey_refused', deps, { reason: error.reason })
  throw new DomainError('invalid_passkey')
}
