/**
 * The password step. Whatever is wrong (unknown address, wrong password, an account that is not
 * active with a wrong password), the caller gets the same answer after the same work: one place in
 * the throttle, one D1 read, one password hash.
 */
import type { Deps } from '../context'
import { sealToken } from '../crypto/signed-token'
import { DomainError } from '../errors'
import type { SignInFailure } from '../events'
import { sessionsOf } from '../sessions/object-stub'
import type { ChallengeResult } from '../sessions/session-types'
import { attempt } from '../throttle/attempt'
import { originOf } from '../throttle/request-origin'
import { withinIpLimit } from '../throttle/rate-limit'
import { reserveSignIn } from '../throttle/reserve'
import { parseEmailAddress } from '../users/email-address'
import { type Account, accountByEmail } from '../users/account'
import { isRightPassword, rehash } from '../credentials/verify-password'
import { type Login, openLogin, withFreshAccount } from './complete'
import { reportFailedSignIn } from './failures'
import { mailVerificationAtSignIn } from '../registration/resend-verification'
import { log } from '../log'

export interface Credentials {
  /** As typed; anything that is no address is simply unknown. */
  readonly username: string
  readonly password: string
  readonly rememberMe: boolean
}

/** What a right password is worth when a second factor is on: nothing but the right to present it. */
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
): Promise<Login | ChallengeAnswer> {
  const address = parseEmailAddress(credentials.username)
  const emailKey = address?.key ?? 'nobody'
  // What is no address is counted for itself: one person's slips must not lock another's.
  const counted = address ? emailKey : `@${credentials.username.trim().toLowerCase()}`
  if (!(await withinIpLimit(deps, 'SIGN_IN_LIMIT'))) {
    throw new DomainError('too_many_attempts', { retryAfter: 60 })
  }
  const refuse = (code: SignInFailure) => {
    reportFailedSignIn(deps, emailKey, code)
    return new DomainError(code)
  }

  // Read while the place is being taken; `attempt` meets a failure of either.
  const reading = accountByEmail(deps, emailKey)
  reading.catch(() => undefined)
  const { rememberMe } = credentials
  const proved = await attempt(
    deps,
    reserveSignIn(deps, counted),
    async () => {
      const found = await reading
      // Asked even without an account: the work must be the same.
      const isRight = await isRightPassword(deps, found, credentials.password)
      if (!found || !isRight) return undefined
      const { status } = found.user
      if (status === 'active') {
        if (!found.authority.isTwoFactorEnabled) return { account: found, challenge: null }
        // A blocked password is answered and counted as a wrong one.
        return challenge(deps, found, rememberMe)
      }
      if (status === 'pending' && address && deps.config.HIDE_ACCOUNT_EXISTENCE) {
        // Wrong in every respect, its time and its place too, but for a mail.
        deps.waitUntil(
          mailVerificationAtSignIn(deps, address).catch(() =>
            log.warn('verification_not_resent', deps),
          ),
        )
        return undefined
      }
      // Thrown from here the place is given back, but nobody's network becomes known: a squatter knows
      // the password of the pending account.
      throw refuse('account_not_active')
    },
    // A password makes no network known where a second factor must follow: verify.ts does.
    (found) => (found.challenge ? 'half' : 'right'),
  )
  if (!proved) throw refuse('invalid_credentials')
  const { account } = proved
  const answer =
    proved.challenge ?? (await openLogin(deps, account, { rememberMe, method: 'password' }))
  // Rehash only now: withFreshAccount compares the stored hash and would treat a new one as a change.
  rehash(deps, account, credentials.password)
  return answer
}

/** The challenge that a right password is worth; undefined when strangers have tried it too often. */
async function challenge(
  deps: Deps,
  checked: Account,
  rememberMe: boolean,
): Promise<{ account: Account; challenge: ChallengeAnswer } | undefined> {
  const ttlSeconds = deps.config.CHALLENGE_TTL_SECONDS
  const from = await originOf(deps, checked.authority.subject)
  const { result, account } = await withFreshAccount<ChallengeResult>(
    deps,
    checked,
    async (current) =>
      sessionsOf(deps, current.authority.subject, current.region).openChallenge(
        current.authority,
        rememberMe,
        ttlSeconds,
        from,
      ),
  )
  if (result.status === 'blocked') return undefined
  if (result.status !== 'opened') throw new DomainError('account_not_active')
  const { subject } = account.authority
  const token = { subject, cid: result.cid }
  const answer: ChallengeAnswer = {
    requires_2fa: true,
    user_id: account.user.id,
    challenge_token: await sealToken(deps.config.TOKEN_KEYS, 'challenge', token),
    expires_in: ttlSeconds,
  }
  return { account: checked, challenge: answer }
}
