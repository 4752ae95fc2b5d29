/**
 * Step-up: before a sensitive action a signed-in user proves again who they are, because the session may
 * be stolen (OWASP ASVS 5.0, 7.5; RFC 9470). A proof is good for STEP_UP_SECONDS, and a sign-in is one.
 * The proof must be as strong as the account can give: a user with a second factor or a passkey does not
 * get by with a password alone.
 */
import { type Actor, type Deps, deviceOf, isPrincipal, type Principal } from '../context'
import { sameCredentials } from '../credentials/new-password'
import { verifyCurrentPassword } from '../credentials/verify-current-password'
import type { AssertionCredential } from '../crypto/webauthn'
import { DomainError, invalidFields } from '../errors'
import type { Amr, Strength } from '../events'
import { spendRecoveryCode } from '../factors/recovery-codes/recovery-codes'
import { verifyFactor } from '../factors/verify-factor'
import { presentedChallenge } from '../passkeys/challenge'
import { findPasskey, verifyPasskey } from '../passkeys/present'
import { sessionsOf } from '../sessions/object-stub'
import type { PresentedPasskey } from '../sessions/session-types'
import { strengthOf, withProof } from '../sessions/strength'
import { type Account, accountBySubject } from '../users/account'
import type { Proved } from '../users/proved'

/** What a signed-in caller gives again. All of it may be missing: then the session's last proof counts. */
export interface Proof {
  readonly password?: string | undefined
  readonly code?: string | undefined
  readonly recoveryCode?: string | undefined
  readonly passkey?: { readonly challengeToken: string; readonly credential: AssertionCredential }
}

/** How far the clocks of a Worker and of the user's object may differ. */
const CLOCK_LEEWAY_MS = 60_000

/** The strength that a proof must have: as much as the account can give. */
const neededBy = (who: Pick<Principal, 'isSecondFactorEnabled' | 'hasPasskey'>): Strength =>
  who.isSecondFactorEnabled || who.hasPasskey ? 2 : 1

/** Whether the session's last proof is strong and recent enough for a sensitive action. */
export function isProved(deps: Deps, principal: Principal): boolean {
  const { session } = principal
  const age = deps.now - session.provedAt
  const isRecent = age >= -CLOCK_LEEWAY_MS && age < deps.config.STEP_UP_SECONDS * 1000
  return isRecent && strengthOf(session) >= neededBy(principal)
}

/** The refusal of a sensitive action. Its answer says how recent a proof must be (RFC 9470 section 3). */
export const stepUpRequired = (): DomainError => new DomainError('step_up_required')

/**
 * Verifies what the caller gives, or that the session was proved recently. A right proof counts for the
 * session from now on. Throws `step_up_required`, `incorrect_password`, `invalid_2fa_code`,
 * `invalid_passkey`, `invalid_challenge`, `too_many_attempts`, `validation_failed` if a code is missing
 * beside the password, and `forbidden` for an API key, which can prove nothing.
 */
export async function reauthenticate(deps: Deps, actor: Actor, proof: Proof = {}): Promise<Proved> {
  if (!isPrincipal(actor)) {
    throw new DomainError('forbidden', { detail: 'An API key cannot confirm who is acting' })
  }
  const { password, code, recoveryCode, passkey } = proof
  const given = [password, code, recoveryCode, passkey].some((part) => part !== undefined)
  if (!given && !isProved(deps, actor)) throw stepUpRequired()
  const account =
    password === undefined
      ? await currentAccount(deps, actor)
      : await verifyCurrentPassword(deps, actor, password)
  if (given) await prove(deps, actor, account, proof)
  return { account, unchanged: sameCredentials(account) }
}

async function prove(
  deps: Deps,
  principal: Principal,
  account: Account,
  { password, code, recoveryCode, passkey: presented }: Proof,
): Promise<void> {
  let amr: Amr[] = password === undefined ? [] : ['pwd']
  let passkey: PresentedPasskey | undefined
  // As ever, a code is ignored while the second factor is off.
  const isOn = account.accountState.isSecondFactorEnabled
  if (presented) {
    const verified = await verifyOwnPasskey(deps, principal, presented)
    passkey = verified.presented
    amr = withProof(amr, verified.amr)
  } else if (recoveryCode !== undefined || (code !== undefined && isOn)) {
    const matched = await verifyFactor(deps, account, { code, recoveryCode })
    if (matched.method === 'recovery_code') await spendRecoveryCode(deps, account, matched.spent)
    amr = withProof(amr, [matched.method === 'totp' ? 'otp' : 'rc'])
  }
  // A code alone is a second factor to the session's own first one.
  const isStrong = strengthOf({ amr: withProof(principal.session.amr, amr) }) === 2
  const isSecond = amr.some((method) => method !== 'pwd')
  const isEnough = neededBy(principal) === 2 ? isSecond && isStrong : amr.length > 0
  if (!isEnough) {
    if (isProved(deps, principal)) return
    if (!isOn) throw stepUpRequired()
    const message = 'The second factor is on: give its code'
    throw invalidFields([{ path: 'code', code: 'required', message }])
  }
  const { sid, subject } = principal
  const result = await sessionsOf(deps, subject).prove(
    { sid, amr, ...(passkey && { passkey }) },
    deviceOf(deps),
  )
  if (result.status === 'refused') throw new DomainError('invalid_access_token')
  if (result.status !== 'proved') throw new DomainError('invalid_passkey', { kind: 'malformed' })
}

/** The account, unless its credentials have changed since the request was authenticated. */
async function currentAccount(deps: Deps, principal: Principal): Promise<Account> {
  const account = await accountBySubject(deps, principal.subject)
  const isSame = account?.accountState.credentialVersion === principal.credentialVersion
  if (!account || !isSame) throw new DomainError('invalid_access_token')
  return account
}

/** A passkey of the caller that verified its user. Throws `invalid_challenge`, `invalid_passkey`. */
async function verifyOwnPasskey(
  deps: Deps,
  { sid, subject }: Principal,
  { challengeToken, credential }: NonNullable<Proof['passkey']>,
) {
  const challenge = await presentedChallenge(deps, ['step_up'], challengeToken)
  if (challenge.to !== sid) throw new DomainError('invalid_challenge', { kind: 'malformed' })
  const found = await findPasskey(deps, credential.id)
  if (found?.account.accountState.subject !== subject) {
    throw new DomainError('invalid_passkey', { kind: 'malformed' })
  }
  const verified = await verifyPasskey(deps, found, challenge, credential)
  if (!verified.isUserVerified) throw new DomainError('invalid_passkey', { kind: 'malformed' })
  return verified
}
