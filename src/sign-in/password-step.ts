/**
 * The password step. Whatever is wrong (unknown address, wrong password, an account that is not
 * active with a wrong password), the caller gets the same answer after the same work: one
 * reservation in the throttle, one D1 read, one password hash. So neither the answer nor its timing
 * reveals whether an account exists (test/sign-in/sign-in.test.ts).
 */
import type { Deps } from '../context'
import { isRightPassword, rehash } from '../credentials/verify-password'
import { signToken } from '../crypto/signed-token'
import { DomainError } from '../errors'
import type { SignInFailure } from '../events'
import { log } from '../log'
import { mailVerificationAtSignIn } from '../registration/resend-verification'
import { sessionsOf } from '../sessions/object-stub'
import type { ChallengeResult } from '../sessions/session-types'
import { attempt } from '../throttle/attempt'
import { withinIpLimit } from '../throttle/rate-limit'
import { originOf } from '../throttle/request-origin'
import { reserveSignIn } from '../throttle/reserve'
import { type Account, accountByEmail } from '../users/account'
import { parseEmailAddress } from '../users/email-address'
import { type SignInAnswer, completeSignIn, withFreshAccount } from './complete'
import { reportFailedSignIn } from './failures'

export interface Credentials {
  /** As typed. A text that is not an email address is treated as an unknown address. */
  readonly username: string
  readonly password: string
  readonly rememberMe: boolean
}

/** The answer to a correct password if the second factor is on: a challenge, and no session. */
export interface ChallengeAnswer {
  readonly requires_2fa: true
  readonly user_id: number
  readonly challenge_token: string
  readonly expires_in: number
}

/** Signs in. Throws `invalid_credentials`, `account_not_active`, `too_many_attempts`. */
export async function signIn(
  deps: Deps,
  credentials: Credentials,
): Promise<SignInAnswer | ChallengeAnswer> {
  const address = parseEmailAddress(credentials.username)
  const emailKey = address?.key ?? 'nobody'
  // Every other text has its own budget: one user's typos must not lock out another user.
  const counted = address ? emailKey : `@${credentials.username.trim().toLowerCase()}`
  if (!(await withinIpLimit(deps, 'SIGN_IN_LIMIT'))) {
    throw new DomainError('too_many_attempts', { retryAfter: 60 })
  }
  const refuse = (code: SignInFailure) => {
    reportFailedSignIn(deps, emailKey, code)
    return new DomainError(code)
  }

  // Read in parallel with the reservation. This handler only prevents an unhandled rejection:
  // `attempt` deals with a failure of either.
  const reading = accountByEmail(deps, emailKey)
  reading.catch(() => undefined)
  const { rememberMe } = credentials
  const proved = await attempt(
    deps,
    reserveSignIn(deps, counted),
    async () => {
      const found = await reading
      // Runs even without an account, so that the work is the same.
      const isRight = await isRightPassword(deps, found, credentials.password)
      if (!found || !isRight) return undefined
      const { status } = found.user
      if (status === 'active') {
        if (!found.accountState.isSecondFactorEnabled) return { account: found, challenge: null }
        // A blocked password is answered and counted like a wrong one.
        return challenge(deps, found, rememberMe)
      }
      if (status === 'pending' && address && deps.config.HIDE_ACCOUNT_EXISTENCE) {
        // Treated like a wrong password in every respect, including the time and the attempt it
        // counts as. The only difference is that an email is sent.
        deps.waitUntil(
          mailVerificationAtSignIn(deps, address).catch(() =>
            log.warn('verification_not_resent', deps),
          ),
        )
        return undefined
      }
      // Throwing here returns the reserved attempt without making the network known to the account.
      // Whoever registered somebody else's address knows the password of the pending account.
      throw refuse('account_not_active')
    },
    // If a second factor follows, the password alone does not make the network known; see
    // second-factor-step.ts.
    (found) => (found.challenge ? 'half' : 'right'),
  )
  if (!proved) throw refuse('invalid_credentials')
  const { account } = proved
  const answer =
    proved.challenge ?? (await completeSignIn(deps, account, { rememberMe, method: 'password' }))
  // Rehash only after the session opens: withFreshAccount compares the stored hash and would treat
  // a new one as a password change.
  rehash(deps, account, credentials.password)
  return answer
}

/**
 * Opens the challenge that follows a correct password. Undefined if the password is blocked after
 * too many wrong second factors from networks that the user has not used.
 */
async function challenge(
  deps: Deps,
  checked: Account,
  rememberMe: boolean,
): Promise<{ account: Account; challenge: ChallengeAnswer } | undefined> {
  const ttlSeconds = deps.config.CHALLENGE_TTL_SECONDS
  const from = await originOf(deps, checked.accountState.subject)
  const { result, account } = await withFreshAccount<ChallengeResult>(
    deps,
    checked,
    async (current) =>
      sessionsOf(deps, current.accountState.subject, current.region).openChallenge(
        current.accountState,
        rememberMe,
        ttlSeconds,
        from,
      ),
  )
  if (result.status === 'blocked') return undefined
  if (result.status !== 'opened') throw new DomainError('account_not_active')
  const { subject } = account.accountState
  const token = { subject, cid: result.cid }
  const answer: ChallengeAnswer = {
    requires_2fa: true,
    user_id: account.user.id,
    challenge_token: await signToken(deps.config.TOKEN_KEYS, 'challenge', token),
    expires_in: ttlSeconds,
  }
  return { account: checked, challenge: answer }
}
