import type { Deps, Principal } from '../context'
import { DomainError } from '../errors'
import { attempt } from '../throttle/attempt'
import { reserveProof } from '../throttle/reserve'
import { type Account, accountBySubject } from '../users/account'
import { isRightPassword } from './verify-password'

/** For an emailed link instead of a session: `sid` is the hash of its token. */
type ByLink = Readonly<Record<'subject' | 'sid', string>>

/**
 * Checks the current password, as every change of credentials requires, and returns the account of
 * the signed-in caller or of the emailed link. Throws `incorrect_password`, `too_many_attempts`.
 */
export async function verifyCurrentPassword(
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
 * Whether the credentials have changed, or a new password was required, since the request was
 * authenticated. `sameCredentials` cannot detect this: it compares with the account that was read
 * here, after the change. See test/credentials/overtaken-by-staff.test.ts.
 */
const isOvertaken = (caller: Principal, { accountState }: Account): boolean =>
  accountState.credentialVersion > caller.credentialVersion ||
  (accountState.passwordExpiresAt ?? Number.POSITIVE_INFINITY) <
    (caller.passwordExpiresAt ?? Number.POSITIVE_INFINITY)
