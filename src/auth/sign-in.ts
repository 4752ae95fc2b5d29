/**
 * The password step. Whatever is wrong (unknown address, wrong password, an account that is not
 * active with a wrong password), the caller gets the same answer after the same work: one place in
 * the throttle, one D1 read, one password hash.
 */
import type { Deps } from '../context'
import { DomainError } from '../errors'
import type { SignInFailure } from '../events'
import { withinIpLimit } from '../throttle/ip-limit'
import { reserveSignIn, settle } from '../throttle/reserve'
import { parseEmailAddress } from '../users/email-address'
import { accountByEmail } from './account'
import { isRightPassword, rehash } from './current-password'
import { type Login, openLogin } from './login'
import { reportFailedSignIn } from './report-failed-sign-in'

export interface Credentials {
  /** As typed; anything that is no address is simply unknown. */
  readonly username: string
  readonly password: string
  readonly rememberMe: boolean
}

/** Signs in. Throws `invalid_credentials`, `account_not_active`, `too_many_attempts`. */
export async function signIn(deps: Deps, credentials: Credentials): Promise<Login> {
  const emailKey = parseEmailAddress(credentials.username)?.key ?? 'nobody'
  if (!(await withinIpLimit(deps, 'sign_in'))) throw tooMany(60)

  const [reservation, account] = await Promise.all([
    reserveSignIn(deps, emailKey),
    accountByEmail(deps, emailKey),
  ])
  if (!reservation.allowed) throw tooMany(reservation.retryAfter)
  const refuse = (code: SignInFailure) => {
    reportFailedSignIn(deps, emailKey, code)
    return new DomainError(code)
  }
  // Asked even without an account: the work must be the same.
  const isRight = await isRightPassword(deps, account, credentials.password)
  if (!account || !isRight) {
    throw refuse('invalid_credentials')
  }
  await settle(deps, reservation.ticket, 'right')
  if (account.user.status !== 'active') throw refuse('account_not_active')
  rehash(deps, account, credentials.password)
  return openLogin(deps, account, { rememberMe: credentials.rememberMe, method: 'password' })
}

const tooMany = (retryAfter: number) => new DomainError('too_many_attempts', { retryAfter })
