/**
 * The password step. Whatever is wrong (unknown address, wrong password, an account that is not
 * active with a wrong password), the caller gets the same answer after the same work: one
 * reservation in the throttle, one D1 read, one password hash. So neither the answer nor its timing
 * reveals whether an account exists (test/sign-in/sign-in.test.ts).
 */
import type { Deps } from '../context'
import { isRightPassword, rehash } from '../credentials/verify-password'
import { DomainError } from '../errors'
import type { SignInFailure } from '../events'
import { log } from '../log'
import { mailVerificationAtSignIn } from '../registration/resend-verification'
import { attempt } from '../throttle/attempt'
import { withinIpLimit } from '../throttle/rate-limit'
import { reserveSignIn } from '../throttle/reserve'
import { accountByEmail } from '../users/account'
import { parseEmailAddress } from '../users/email-address'
import type { SignInAnswer } from './complete'
import { type ChallengeAnswer, continueSignIn, needsSecondStep, passwordProved } from './continue'
import { reportFailedSignIn } from './failures'

export interface Credentials {
  /** As typed. A text that is not an email address is treated as an unknown address. */
  readonly username: string
  readonly password: string
  readonly rememberMe: boolean
  /** The token of a trusted browser. */
  readonly deviceToken?: string | undefined
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
  const { rememberMe, deviceToken } = credentials
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
        const step = passwordProved(found, rememberMe, deviceToken)
        if (!(await needsSecondStep(deps, found))) return { account: found, step, answer: null }
        const answer = await continueSignIn(deps, found, step)
        // A blocked password is answered and counted like a wrong one.
        return answer && { account: found, step, answer }
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
    ({ answer }) => (answer && 'requires_2fa' in answer ? 'half' : 'right'),
  )
  if (!proved) throw refuse('invalid_credentials')
  const { account, step } = proved
  // A session opens only after the attempt has been given back, so that a fault there leaves none.
  const answer = proved.answer ?? (await continueSignIn(deps, account, step))
  if (!answer) throw refuse('invalid_credentials')
  // Rehash only after the session opens: withFreshAccount compares the stored hash and would treat
  // a new one as a password change.
  rehash(deps, account, credentials.password)
  return answer
}
