/**
 * What a verb asks before it compares a password or sends a mail. The place is taken first, in one
 * call to one object, and given back for a right answer, so however many guesses run at once no more
 * than the budget reach the comparison. Nothing here depends on whether there is an account. An
 * object that cannot be reached throws: without counting, nothing is compared.
 */
import type { Deps } from '../context'
import type { MailPurpose } from './budgets'
import { networkOf } from './network'
import type { Outcome } from './policy'
import { networkKey, objectOf, type Owner, type Shard, shardOf } from './shard'
import type { Place, ReservedPlace } from './throttle'

type ThrottleDeps = Pick<Deps, 'env' | 'config' | 'client'>

/** Proof of a reservation, held for the time of one request. */
export interface Ticket {
  readonly shard: Shard
  readonly places: ReservedPlace[]
}

export type Reservation =
  | { readonly allowed: true; readonly ticket: Ticket }
  /** `retryAfter` in whole seconds; up to 30 days after too many failures in a row. */
  | { readonly allowed: false; readonly retryAfter: number }

/**
 * Takes a place for one password against one canonical address, known or not: in the budget of
 * address and network and in the address's own (OWASP ASVS 5.0 6.3.1, NIST SP 800-63B 5.2.2).
 */
export async function reserveSignIn(deps: ThrottleDeps, emailKey: string): Promise<Reservation> {
  const detail = await networkKey(deps.config, emailKey, networkOf(deps.client.ip))
  return reserve(deps, { emailKey }, [
    { kind: 'network', detail },
    { kind: 'address', detail: '' },
  ])
}

/** Takes a place for one proof of the current password by a signed-in user. */
export async function reserveProof(deps: ThrottleDeps, subject: string): Promise<Reservation> {
  return reserve(deps, { subject }, [{ kind: 'proof', detail: '' }])
}

/** Takes a place for one mail that a signed-in user has sent to another address. */
export async function reserveMailBy(deps: ThrottleDeps, subject: string): Promise<Reservation> {
  return reserve(deps, { subject }, [{ kind: 'mail', detail: 'change_email' }])
}

/** Whether one more mail of this purpose may go to the address; the answer must not show it. */
export async function reserveMail(
  deps: ThrottleDeps,
  emailKey: string,
  purpose: MailPurpose,
): Promise<boolean> {
  const { allowed } = await reserve(deps, { emailKey }, [{ kind: 'mail', detail: purpose }])
  return allowed
}

/**
 * Ends a reservation; await it before answering. `right` gives it back, ends the row of failures and
 * makes the network known for 30 days; `void` gives it back when a fault of ours decided nothing;
 * `wrong` calls nobody, for the place was taken beforehand.
 */
export async function settle(
  deps: ThrottleDeps,
  { shard, places }: Ticket,
  outcome: Outcome | 'wrong',
): Promise<void> {
  if (outcome === 'wrong') return
  await objectOf(deps, shard.name).settle(shard.owner, places, outcome)
}

async function reserve(deps: ThrottleDeps, owner: Owner, places: Place[]): Promise<Reservation> {
  const shard = await shardOf(deps.config, owner)
  const result = await objectOf(deps, shard.name).reserve(shard.owner, places)
  if (!result.allowed) return { allowed: false, retryAfter: result.retryAfter }
  return { allowed: true, ticket: { shard, places: result.places } }
}
