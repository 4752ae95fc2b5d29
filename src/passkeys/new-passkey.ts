/** What every creation of a passkey shares: verifying the response, and the row. */
import { sql } from 'drizzle-orm'
import type { Precondition } from '../commit/commit'
import type { Deps } from '../context'
import { randomId } from '../crypto/encoding'
import {
  type NewCredential,
  type RegistrationCredential,
  verifyRegistration,
  WebAuthnError,
} from '../crypto/webauthn'
import type { Statement } from '../db/batch'
import { DomainError, invalidFields } from '../errors'
import { log } from '../log'
import { demandsDeviceBound } from '../rbac/required-action'
import { passkeys } from '../tables/passkeys'
import { deviceName } from '../texts/device-name'
import { authenticatorName } from './authenticator-name'
import type { PresentedChallenge } from './challenge'
import { originsOf } from './origins'
import type { PasskeyRow } from './passkey-view'

export const MAX_PASSKEYS = 20

/** A response to creation options. */
export interface PresentedCreation {
  readonly challengeToken: string
  readonly credential: RegistrationCredential
  /** Given by the user; by default the name of the authenticator's model or of the browser. */
  readonly name?: string | undefined
}

/**
 * Verifies a new passkey. It must have verified its user, and asked them, unless `isUnseen`. Throws
 * `invalid_passkey` (400), and `validation_failed` for one that can leave its device if a role of the user
 * demands one that cannot.
 */
export async function verifyNewPasskey(
  deps: Deps,
  { challenge }: PresentedChallenge,
  credential: RegistrationCredential,
  { roleIds, isUnseen }: { readonly roleIds: readonly number[]; readonly isUnseen: boolean },
): Promise<NewCredential> {
  const { PASSKEY_RP_ID: rpId } = deps.config
  const ceremony = { challenge, rpId, origins: originsOf(deps.config) }
  const made = await verifyRegistration(ceremony, credential).catch((error: unknown) => {
    if (error instanceof WebAuthnError) throw refused(deps, error.reason)
    throw error
  })
  // Password managers make a passkey unseen without asking for anything. Whether it verifies its user is
  // judged at each use.
  if (!made.isUserVerified && !isUnseen) throw refused(deps, 'user_not_verified')
  if (!made.isUserPresent && !isUnseen) throw refused(deps, 'user_not_present')
  if (made.isBackupEligible && (await demandsDeviceBound(deps, roleIds))) {
    const message = 'Your role needs a passkey that cannot leave its device, such as a security key'
    throw invalidFields([{ path: 'credential', code: 'not_device_bound', message }])
  }
  return made
}

/** Logs why a response was refused. The caller only learns that it was. */
function refused(deps: Deps, reason: string): DomainError {
  log.info('passkey_refused', deps, { reason })
  return new DomainError('invalid_passkey', { kind: 'malformed' })
}

/** The row of a new passkey, as it is shown and as it is stored. */
export interface NewPasskey {
  readonly row: PasskeyRow
  readonly preconditions: readonly Precondition[]
  readonly statement: Statement
}

export function newPasskey(
  deps: Deps,
  userId: number,
  made: NewCredential,
  name: string | undefined,
): NewPasskey {
  const row = {
    id: randomId(),
    name: name ?? authenticatorName(made.aaguid) ?? deviceName(deps.client.userAgent),
    aaguid: made.aaguid,
    isBackupEligible: made.isBackupEligible,
    isBackedUp: made.isBackedUp,
    createdAt: deps.now,
  }
  return {
    row,
    preconditions: [hasRoom(userId), isFree(made.credentialId)],
    statement: deps.db.insert(passkeys).values({
      ...row,
      userId,
      credentialId: made.credentialId,
      publicKey: made.publicKey,
      algorithm: made.algorithm,
      rpId: deps.config.PASSKEY_RP_ID,
      transports: JSON.stringify(made.transports),
      signCount: made.signCount,
      isUserVerified: made.isUserVerified,
    }),
  }
}

const hasRoom = (userId: number): Precondition => ({
  name: 'passkeys_within_limit',
  holds: sql`(SELECT count(*) FROM ${passkeys} WHERE ${passkeys.userId} = ${userId}) < ${MAX_PASSKEYS}`,
  otherwise: tooMany(),
})

export const tooMany = () =>
  new DomainError('limit_reached', { detail: `You can have at most ${MAX_PASSKEYS} passkeys` })

/** The authenticator chooses the id, so a malicious one can choose that of another user's passkey. */
const isFree = (credentialId: string): Precondition => ({
  name: 'credential_free',
  holds: sql`NOT EXISTS (SELECT 1 FROM ${passkeys} WHERE ${passkeys.credentialId} = ${credentialId})`,
  otherwise: 'passkey_taken',
})
