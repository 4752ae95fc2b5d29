import type { Actor, Deps } from '../context'
import { DomainError } from '../errors'
import { attempt } from '../throttle/attempt'
import { reserveProof } from '../throttle/reserve'
import { type Account, accountBySubject } from './account'
import { isRightPassword } from './current-password'

/**
 * The account of a signed-in caller who has given its password once more, as every change of a
 * credential asks. Throws `incorrect_password`, `too_many_attempts`.
 */
export async function provePassword(
  deps: Deps,
  principal: Pick<Actor, 'subject'>,
  typed: string,
): Promise<Account> {
  const { subject } = principal
  const account = await attempt(deps, reserveProof(deps, subject), async () => {
    const found = await accountBySubject(deps, subject)
    return (await isRightPassword(deps, found, typed)) ? found : undefined
  })
  if (!account) throw new DomainError('incorrect_password')
  return account
}
