/**
 * Step-up: before a sensitive action a signed-in user proves again who they are, because the session may
 * be stolen (OWASP ASVS 5.0, 7.5; RFC 9470). A proof is good for STEP_UP_SECONDS, and a sign-in is one.
 * The proof must be as strong as the account can give: a user with a second factor or a passkey does not
 * get by with a password alone.
 */
import { isProved, neededStrength, provedUntil, stepUpRequired } from '../access/recent-proof'
import { type Actor, type Deps, deviceOf, isPrincipal, type Principal } from '../context'
import { sameCredentials } from '../credentials/new-password'
import { verifyCurrentPassword } from '../credentials/verify-current-password'
import { DomainError, invalidFields } from '../errors'
import type { Amr, FactorMethod } from '../events'
import { spendRecoveryCode } from '../factors/recovery-codes/recovery-codes'
import { verifyFactor, wrongCode } from '../factors/verify-factor'
import { DEFAULT_ROLE } from '../rbac/permissions'
import { syncAccountState } from '../sessions/account-state'
import { sessionsOf } from '../sessions/object-stub'
import type { PresentedPasskey } from '../sessions/session-types'
import { strengthOf, withProof } from '../sessions/strength'
import { type Account, accountBySubject } from '../users/account'
import type { Proved } from '../users/proved'
import { type GivenPasskey, verifyOwnPasskey } from './own-passkey'

/** What a signed-in caller gives again. All of it may be missing: then the session's last proof counts. */
export interface Proof {
  readonly password?: string | undefined
  readonly code?: string | undefined
  readonly recoveryCode?: string | undefined
  readonly passkey?: GivenPasskey | undefined
}

/**
 * Verifies what the caller gives, or that the session was proved recently. A right proof counts for the
 * session from now on. A wrong one is refused even if the session was proved recently. Throws
 * `step_up_required`, `incorrect_password`, `password_expired`, `invalid_2fa_code`, `invalid_passkey`,
 * `invalid_challenge`, `too_many_attempts`, `validation_failed` if a code is missing beside the password,
 * and `forbidden` for an API key, which can prove nothing.
 */
export async function reauthenticate(deps: Deps, actor: Actor, proof: Proof = {}): Promise<Proved> {
  if (!isPrincipal(actor)) {
    throw new DomainError('forbidden', { detail: 'An API key cannot confirm who is acting' })
  }
  if (!isGiven(proof)) {
    if (!isProved(deps, actor)) throw stepUpRequired(deps, actor)
    const account = await currentAccount(deps, actor)
    return { account, unchanged: sameCredentials(account, 'invalid_access_token'), factor: null }
  }
  const { account, factor, provedAt } = await prove(deps, actor, proof)
  if (provedAt === undefined && !isProved(deps, actor)) {
    const lacksCode = proof.password !== undefined && actor.isSecondFactorEnabled
    throw lacksCode ? codeRequired() : stepUpRequired(deps, actor)
  }
  return { account, unchanged: sameCredentials(account), factor }
}

/**
 * Asks who is acting before an action on another user's account. API keys are not asked: they have no more
 * than their scopes. Throws what reauthenticate throws.
 */
export async function proveToManage(deps: Deps, actor: Actor, proof: Proof = {}): Promise<void> {
  if (!isPrincipal(actor)) return
  if (isGiven(proof)) await reauthenticate(deps, actor, proof)
  else if (!isProved(deps, actor)) throw stepUpRequired(deps, actor)
}

/** Asks who is acting before an action that gives a new account roles. Throws what proveToManage throws. */
export async function proveToGrant(
  deps: Deps,
  actor: Actor,
  roles: readonly string[],
  proof: Proof = {},
): Promise<void> {
  if (roles.some((role) => role !== DEFAULT_ROLE)) await proveToManage(deps, actor, proof)
}

/**
 * Takes a proof for the sensitive actions that follow, and returns until when it is good (milliseconds).
 * Throws what reauthenticate throws; a proof that is right but not strong enough is `step_up_required`.
 */
export async function stepUp(deps: Deps, principal: Principal, proof: Proof): Promise<number> {
  const { provedAt } = await prove(deps, principal, proof)
  if (provedAt === undefined) throw stepUpRequired(deps, principal)
  return provedUntil(deps, provedAt)
}

const isGiven = ({ password, code, recoveryCode, passkey }: Proof): boolean =>
  [password, code, recoveryCode, passkey].some((part) => part !== undefined)

/** A proof in which everything was right. */
interface Right {
  readonly account: Account
  readonly factor: FactorMethod | null
  /** When the session was proved by it; undefined if it is weaker than the account can give. */
  readonly provedAt: number | undefined
}

async function prove(deps: Deps, principal: Principal, proof: Proof): Promise<Right> {
  const { password } = proof
  const account =
    password === undefined
      ? await currentAccount(deps, principal)
      : await accountByPassword(deps, principal, password)
  const { factor, amr, passkey, from } = await proveFactor(deps, principal, account, proof)
  const all: Amr[] = withProof(password === undefined ? [] : ['pwd'], amr)
  // A code alone is a second factor to the session's own first one.
  const isStrong = strengthOf({ amr: withProof(principal.session.amr, all) }) === 2
  const isEnough = neededStrength(principal) === 2 ? factor !== null && isStrong : all.length > 0
  if (!isEnough) return { account, factor, provedAt: undefined }
  const { sid, subject } = principal
  const given = { sid, amr: all, passkey, from }
  const ask = async () => sessionsOf(deps, subject).prove(given, deviceOf(deps))
  let result = await ask()
  if (result.status === 'removed') {
    // D1 may have a passkey that the object has not been told of yet.
    await syncAccountState(deps, subject)
    result = await ask()
  }
  if (result.status === 'refused') throw new DomainError('invalid_access_token')
  if (result.status !== 'proved') throw new DomainError('invalid_passkey', { kind: 'malformed' })
  return { account, factor, provedAt: result.provedAt }
}

interface RightFactor {
  readonly factor: FactorMethod | null
  readonly amr: readonly Amr[]
  readonly passkey?: PresentedPasskey
  /** Where the passkey was presented. */
  readonly from?: string
}

/**
 * Verifies the passkey or the code, if one is given. A code is ignored while the second factor is off, and a
 * recovery code while there is neither a second factor nor a passkey.
 */
async function proveFactor(
  deps: Deps,
  principal: Principal,
  account: Account,
  given: Proof,
): Promise<RightFactor> {
  if (given.passkey) {
    const { presented, amr, from } = await verifyOwnPasskey(deps, principal, account, given.passkey)
    return { factor: 'passkey', amr, passkey: presented, from }
  }
  const code = principal.isSecondFactorEnabled ? given.code : undefined
  const recoveryCode = neededStrength(principal) === 2 ? given.recoveryCode : undefined
  if (code === undefined && recoveryCode === undefined) return { factor: null, amr: [] }
  const matched = await verifyFactor(deps, account, { code, recoveryCode })
  if (matched.method === 'totp') return { factor: 'totp', amr: ['otp'] }
  const { spent } = matched
  const precondition = { ...spent.precondition, otherwise: wrongCode() }
  await spendRecoveryCode(deps, account, { ...spent, precondition })
  return { factor: 'recovery_code', amr: ['rc'] }
}

/** The account, if the password is right. One that has expired may have leaked, so it proves nothing. */
async function accountByPassword(
  deps: Deps,
  principal: Principal,
  password: string,
): Promise<Account> {
  const account = await verifyCurrentPassword(deps, principal, password)
  const { passwordExpiresAt } = account.accountState
  if (passwordExpiresAt !== null && passwordExpiresAt <= deps.now) {
    throw new DomainError('password_expired')
  }
  return account
}

/** The account, unless its credentials have changed since the request was authenticated. */
async function currentAccount(deps: Deps, principal: Principal): Promise<Account> {
  const account = await accountBySubject(deps, principal.subject)
  const isSame =
    account?.accountState.credentialVersion === principal.credentialVersion &&
    account.accountState.passwordExpiresAt === principal.passwordExpiresAt
  if (!account || !isSame) throw new DomainError('invalid_access_token')
  return account
}

function codeRequired(): DomainError {
  const message = 'The second factor is on: give its code'
  return invalidFields([{ path: 'code', code: 'required', message }])
}
