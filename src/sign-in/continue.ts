/**
 * What follows the first step of a sign-in, whichever it was: a second step, or a session, which may be
 * restricted to a required action. Nothing else decides this, so no way in skips an enrolled factor
 * (test/sign-in/matrix.test.ts, test/sign-in/one-way.test.ts).
 */
import type { Deps } from '../context'
import { signToken, verifyToken } from '../crypto/signed-token'
import { DomainError } from '../errors'
import { demandsTwoFactors } from '../rbac/required-action'
import { sessionsOf } from '../sessions/object-stub'
import type {
  ChallengeResult,
  OpenResult,
  PasskeyRefusal,
  PresentedDevice,
  PresentedPasskey,
} from '../sessions/session-types'
import { strengthOf } from '../sessions/strength'
import { originOf } from '../throttle/request-origin'
import type { Account } from '../users/account'
import {
  type SignInAnswer,
  type SignInMode,
  sessionRequest,
  signInAnswer,
  withFreshAccount,
} from './complete'
import { type SecondStepMethod, secondStepMethods } from './second-step-method'

/** A first step that proved an account. */
export interface FirstStep extends SignInMode {
  /** Whether what it proved still holds for the account as it is read again. */
  readonly stillHolds: (account: Account) => boolean
  /** The passkey, if the step was one. Its challenge is spent when the session opens. */
  readonly passkey?: PresentedPasskey
  /** The token of a trusted browser, as it was sent. */
  readonly deviceToken?: string | undefined
}

/** The answer to a right first step if a second step follows: a challenge, and no session. */
export interface ChallengeAnswer {
  readonly requires_2fa: true
  readonly user_id: number
  readonly challenge_token: string
  readonly expires_in: number
  /** How the second step can be taken, the strongest first. */
  readonly methods: readonly SecondStepMethod[]
}

/** The first step of a right password. */
export const passwordProved = (
  { hashedPassword }: Account,
  rememberMe: boolean,
  deviceToken?: string,
): FirstStep => ({
  method: 'password',
  amr: ['pwd'],
  rememberMe,
  deviceToken,
  stillHolds: (account) => account.hashedPassword === hashedPassword,
})

/**
 * Goes on after a first step. Undefined if the account's password is blocked on this network after too
 * many wrong second factors. Throws `invalid_credentials` or `account_not_active` if the account has
 * changed since the step, `invalid_passkey` if the step's passkey cannot be used, and `unknown_passkey`
 * if it was removed.
 */
export async function continueSignIn(
  deps: Deps,
  account: Account,
  step: FirstStep,
): Promise<SignInAnswer | ChallengeAnswer | undefined> {
  const isWhole = strengthOf(step) === 2
  if (isWhole || !(await needsSecondStep(deps, account))) return open(deps, account, step)
  return challenge(deps, account, step)
}

/**
 * Whether a second step follows a first one that proved a single factor: the user has turned it on, or a
 * role demands it and the user has a passkey for it.
 */
export async function needsSecondStep(deps: Deps, { accountState }: Account): Promise<boolean> {
  if (accountState.isSecondFactorEnabled) return true
  return accountState.passkeys.length > 0 && demandsTwoFactors(deps, accountState.roleIds)
}

async function open(deps: Deps, checked: Account, step: FirstStep): Promise<SignInAnswer> {
  const { result, account } = await withFreshAccount<OpenResult | { status: PasskeyRefusal }>(
    deps,
    checked,
    step.stillHolds,
    async (current) =>
      sessionsOf(deps, current.accountState.subject, current.region).openSession(
        current.accountState,
        sessionRequest(deps, step),
        step.passkey,
      ),
  )
  switch (result.status) {
    case 'opened':
      return signInAnswer(deps, account.user, { ...result, generation: 0 })
    case 'removed':
      throw new DomainError('unknown_passkey')
    case 'spent':
    case 'copied':
      throw new DomainError('invalid_passkey')
    default:
      throw new DomainError('account_not_active')
  }
}

/** Opens the challenge of a second step, or the session of a trusted browser. */
async function challenge(
  deps: Deps,
  checked: Account,
  step: FirstStep,
): Promise<SignInAnswer | ChallengeAnswer | undefined> {
  const ttlSeconds = deps.config.CHALLENGE_TTL_SECONDS
  const { subject } = checked.accountState
  const [from, trusted] = await Promise.all([
    originOf(deps, subject),
    presentedDevice(deps, checked, step),
  ])
  const { result, account } = await withFreshAccount<ChallengeResult>(
    deps,
    checked,
    step.stillHolds,
    async (current) =>
      sessionsOf(deps, subject, current.region).openChallenge(
        current.accountState,
        step.rememberMe,
        ttlSeconds,
        from,
        step.amr,
        trusted,
      ),
  )
  if (result.status === 'blocked') return undefined
  if (result.status === 'trusted') {
    return signInAnswer(deps, account.user, { ...result, generation: 0 })
  }
  if (result.status !== 'opened') throw new DomainError('account_not_active')
  return {
    requires_2fa: true,
    user_id: account.user.id,
    challenge_token: await signToken(deps.config.TOKEN_KEYS, 'challenge', {
      subject,
      cid: result.cid,
    }),
    expires_in: ttlSeconds,
    methods: secondStepMethods(account),
  }
}

/** Whether this user's browsers may be trusted: not if a role demands two factors at every sign-in. */
export const mayTrustBrowsers = async (deps: Deps, { accountState }: Account): Promise<boolean> =>
  deps.config.TRUSTED_BROWSER_DAYS > 0 && !(await demandsTwoFactors(deps, accountState.roleIds))

/** The browser's trust, if its token is authentic and of this account. Its object decides the rest. */
async function presentedDevice(
  deps: Deps,
  account: Account,
  step: FirstStep,
): Promise<PresentedDevice | undefined> {
  if (step.deviceToken === undefined) return undefined
  const claims = await verifyToken(deps.config.TOKEN_KEYS, 'device', step.deviceToken)
  if (claims?.subject !== account.accountState.subject) return undefined
  if (!(await mayTrustBrowsers(deps, account))) return undefined
  const request = sessionRequest(deps, { ...step, method: 'trusted_device' })
  const graceMs = deps.config.REFRESH_GRACE_SECONDS * 1000
  return { id: claims.did, generation: claims.n, graceMs, request }
}
