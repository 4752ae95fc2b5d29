import type { Deps, Principal } from '../context'
import { DomainError } from '../errors'
import { attempt } from '../throttle/attempt'
import { reserveProof } from '../throttle/reserve'
import { type Account, accountBySubject } from '../users/account'
import { isRightPassword } from './verify-password'

/** A mailed link takes the place of the session. */
type ByLink = Readonly<Record<'subject' | 'sid', string>>

/**
 * The account of a signed-in caller, or one that a mailed link names, whose password has been given as
 * every change of a credential asks. Throws `incorrect_password`, `too_many_attempts`.
 */
export async function provePassword(
  deps: Deps,
  caller: Principal | ByLink,
  typed: string,
): Promise<Account> {
  const { subject, sid } = caller
  const account = await attempt(deps, reserveProof(deps, { subject, sid }), async () => {
    const found = await accountBySubject(deps, subject)
    return (await isRightPassword(deps, found, typed)) ? found : undefined
  })
  if (!account || ('session' in caller && isOvertaken(caller, account))) {
    throw new DomainError('incorrect_password')
  }
  return account
}

/**
 * Since the caller was let in, the credentials have changed or a new password was demanded. Such a
 * request would read the account as it is after that, and so pass `sameCredentials`.
 */
const isOvertaken = (caller: Principal, { authority }: Account): boolean =>
  authority.credentialVersion > caller.credentialVersion ||
  (authority.passwordExpiresAt ?? Number.POSITIVE_INFINITY) <
    (caller.passwordExpiresAt ?? Number.POSITIVE_INFINITY)
