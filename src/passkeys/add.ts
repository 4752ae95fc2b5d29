import { sql } from 'drizzle-orm'
import type { Precondition } from '../commit/commit'
import { type Deps, deviceOf, type Principal } from '../context'
import { DomainError } from '../errors'
import { newRecoveryCodes } from '../factors/recovery-codes/recovery-codes'
import { log } from '../log'
import { notification, undoing } from '../mail/messages'
import { commitAndSync } from '../sessions/account-state'
import { sessionsOf } from '../sessions/object-stub'
import type { Proved } from '../users/proved'
import { newChallenge, presentedChallenge } from './challenge'
import { factorsChanged, passkeysChanged } from './forget'
import {
  MAX_PASSKEYS,
  type NewPasskey,
  newPasskey,
  type PresentedCreation,
  tooMany,
  verifyNewPasskey,
} from './new-passkey'
import { descriptorsOf, ownerOf, type PasskeyCreation, passkeyCreation } from './options'
import { type PasskeyView, toPasskeyView } from './passkey-view'

/** Asks for a proof of who is acting (step-up/reauthenticate.ts). */
type StepUp = () => Promise<Proved>

/**
 * What a browser needs to make a passkey. The challenge is bound to the session. `unseen`: to make one
 * without asking the user (conditional create), right after they have proved all factors. Throws
 * `limit_reached` and what `stepUp` throws.
 */
export async function passkeyCreationOptions(
  deps: Deps,
  principal: Principal,
  stepUp: StepUp,
  { unseen = false }: { readonly unseen?: boolean } = {},
): Promise<PasskeyCreation> {
  const { account } = await stepUp()
  const held = await descriptorsOf(deps, principal.userId)
  if (held.length >= MAX_PASSKEYS) throw tooMany()
  const challenge = await newChallenge(deps, unseen ? 'create_unseen' : 'create', principal.sid)
  const verification = unseen ? 'preferred' : 'required'
  return passkeyCreation(deps, ownerOf(account), challenge, held, verification)
}

export interface AddedPasskey {
  readonly passkey: PasskeyView
  /** Ten codes with the first factor of any kind, not shown again; null otherwise. */
  readonly recovery_codes: string[] | null
}

/**
 * Adds a passkey to the user's account. No session ends. An email tells the user, with a link that removes
 * the passkey. Throws `invalid_challenge`, `invalid_passkey`, `validation_failed`, `passkey_taken`,
 * `limit_reached`, `effect_pending`, and what `stepUp` throws.
 */
export async function addPasskey(
  deps: Deps,
  principal: Principal,
  { challengeToken, credential, name }: PresentedCreation,
  stepUp: StepUp,
): Promise<AddedPasskey> {
  const purposes = ['create', 'create_unseen'] as const
  const challenge = await presentedChallenge(deps, purposes, challengeToken, 'malformed')
  if (challenge.to !== principal.sid) {
    throw new DomainError('invalid_challenge', { kind: 'malformed' })
  }
  const proved = await stepUp()
  const made = await verifyNewPasskey(deps, challenge, credential, {
    roleIds: proved.account.accountState.roleIds,
    isUnseen: challenge.purpose === 'create_unseen',
  })
  const added = newPasskey(deps, principal.userId, made, name)
  const codes =
    (await storeFirst(deps, principal, proved, added)) ??
    (await storeFurther(deps, principal, proved, added))
  if (made.isUserPresent && made.isUserVerified) await proveSession(deps, principal, added)
  return { passkey: toPasskeyView(added.row, undefined), recovery_codes: codes }
}

/** Stores the first factor of any kind with new recovery codes; undefined if it is not the first. */
async function storeFirst(
  deps: Deps,
  principal: Principal,
  proved: Proved,
  added: NewPasskey,
): Promise<string[] | undefined> {
  const { userId, subject } = principal
  const { isSecondFactorEnabled, passkeys } = proved.account.accountState
  if (isSecondFactorEnabled || passkeys.length > 0) return undefined
  const { codes, statements } = await newRecoveryCodes(deps, { id: userId, subject })
  const isStored = await commitAndSync(deps, subject, {
    preconditions: [proved.unchanged, isFirstFactor(userId), ...added.preconditions],
    change: [added.statement, ...statements, ...factorsChanged(deps, userId)],
    ...told(deps, principal, added),
  })
  return isStored ? codes : undefined
}

async function storeFurther(
  deps: Deps,
  principal: Principal,
  proved: Proved,
  added: NewPasskey,
): Promise<null> {
  await commitAndSync(deps, principal.subject, {
    preconditions: [proved.unchanged, ...added.preconditions],
    change: [added.statement, passkeysChanged(deps, principal.userId)],
    ...told(deps, principal, added),
  })
  return null
}

const told = (deps: Deps, { userId, subject }: Principal, { row: { id } }: NewPasskey) => ({
  audit: [
    {
      event: 'passkey.added' as const,
      actor: userId,
      target: userId,
      data: { passkey_id: id },
    },
  ],
  outbox: notification(deps, subject, 'passkey-added', undefined, undoing(deps, { passkey: id })),
})

/** Checked inside the batch: of two first passkeys at once only one comes with codes. */
const isFirstFactor = (userId: number): Precondition => ({
  name: 'first_factor',
  holds: sql`NOT EXISTS (SELECT 1 FROM passkeys WHERE passkeys.user_id = ${userId})
    AND NOT EXISTS (SELECT 1 FROM recovery_codes WHERE recovery_codes.user_id = ${userId})`,
  otherwise: 'unchanged',
})

/**
 * The session that made a passkey has used it. If this fails, the session stays weaker, and step-up asks
 * for the passkey.
 */
async function proveSession(
  deps: Deps,
  { sid, subject }: Principal,
  { row: { id, isBackupEligible } }: NewPasskey,
): Promise<void> {
  const amr = [isBackupEligible ? ('swk' as const) : ('hwk' as const), 'mfa' as const]
  await sessionsOf(deps, subject)
    .prove({ sid, amr, created: id }, deviceOf(deps))
    .catch(() => log.warn('session_not_proved', deps))
}
