import type { Actor, Deps } from '../context'
import { DomainError } from '../errors'
import { attempt } from '../throttle/attempt'
import { reserveProof } from '../throttle/reserve'
import { type Account, accountBySubject } from './account'
import { isRightPassword } from './current-password'

/**
 * The account of a signed-in caller, or one that a mailed link names, whose password has been given as
 * every change of a credential asks. Throws `incorrect_password`, `too_many_attempts`.
 */
export async function provePassword(
  deps: Deps,
  { subject, sid }: Pick<Actor, 'subject' | 'sid'>,
  typed: string,
): Promise<Account> {
  const account = await attempt(deps, reserveProof(deps, { subject, sid }), async () => {
    const found = await accountBySubject(deps, subject)
    return (await isRightPassword(deps, found, typed)) ? found : undefined
  })
  if (!account) throw new DomainError('incorrect_password')
  return account
}
