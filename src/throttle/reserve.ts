/**
 * What a verb asks before it compares a password or sends a mail. The place is taken first, in one
 * call to one object, and given back for a right answer, so however many guesses run at once no more
 * than the budget reach the comparison. Nothing here depends on whether there is an account. An
 * object that cannot be reached throws: without counting, nothing is compared.
 */
import type { Deps } from '../context'
import type { MailPurpose, StaffMailPurpose } from './budgets'
import { networkOf, prefixOf } from './network'
import type { Outcome } from './policy'
import { networkKey, objectOf, type Owner, sessionKey, type Shard, shardOf } from './shard'
import type { More, Place, ReservedPlace } from './throttle'

type ThrottleDeps = Pick<Deps, 'env' | 'config' | 'client'>

/** Proof of a reservation, held for the time of one request. */
export interface Ticket {
  readonly shard: Shard
  readonly places: ReservedPlace[]
}

export type Reservation = { readonly allowed: true; readonly ticket: Ticket } | Refusal

/** `retryAfter` in whole seconds; up to 30 days after too many failures in a row. */
export type Refusal = { readonly allowed: false; readonly retryAfter: number }

/**
 * Takes a place for one password against one canonical address, known or not: in the budgets of
 * address and network, address and /56, and the address's own (OWASP ASVS 5.0 6.3.1, NIST SP 800-63B
 * 5.2.2).
 */
export async function reserveSignIn(deps: ThrottleDeps, emailKey: string): Promise<Reservation> {
  const network = networkOf(deps.client.ip)
  const prefix = prefixOf(network)
  const places: Place[] = [
    { kind: 'network', detail: await networkKey(deps.config, emailKey, network) },
    { kind: 'address', detail: '' },
  ]
  if (prefix === null) return reserve(deps, { emailKey }, places)
  const detail = await networkKey(deps.config, emailKey, prefix)
  return reserve(deps, { emailKey }, places, { also: [{ kind: 'prefix', detail }] })
}

/**
 * Takes a place for one proof of the current password by a signed-in user: in the budget of this
 * session, of the user, and of the hashes that the user has the Worker compute.
 */
export async function reserveProof(
  deps: ThrottleDeps,
  { subject, sid }: { subject: string; sid: string | null },
): Promise<Reservation> {
  return reserve(deps, { subject }, [{ kind: 'proof', detail: '' }], {
    also: [
      { kind: 'proof_session', detail: await sessionKey(deps.config, sid ?? '') },
      { kind: 'hash', detail: '' },
    ],
  })
}

/**
 * Takes a place for the hashes of one new password that the holder of a mailed link chooses. Each link has
 * a row of its own: a thief with a session must not be able to use up the owner's reset.
 */
export const reserveHash = (
  deps: ThrottleDeps,
  { subject, hash }: { readonly subject: string; readonly hash: string },
): Promise<Reservation> =>
  reserve(deps, { subject }, [], { also: [{ kind: 'hash', detail: hash }] })

/** Takes a place for one mail that a signed-in user has sent to another address. */
export async function reserveMailBy(deps: ThrottleDeps, subject: string): Promise<Reservation> {
  return reserve(deps, { subject }, [{ kind: 'mail', detail: 'change_email' }])
}

/**
 * Whether one more mail of this purpose may go to the address; the answer must not show it. A network
 * that the owner has signed in from has a share of its own, so strangers who use up theirs do not keep
 * the owner from a reset. A change of address has no such share: the caller's own export shows whether the
 * request was recorded, which would reveal that an account with the address uses the caller's network.
 */
export async function reserveMail(
  deps: ThrottleDeps,
  emailKey: string,
  purpose: MailPurpose,
): Promise<boolean> {
  const places: Place[] = [{ kind: 'mail', detail: purpose }]
  if (purpose === 'change_email') return (await reserve(deps, { emailKey }, places)).allowed
  const network = await networkKey(deps.config, emailKey, networkOf(deps.client.ip))
  const share: Place[] = [{ kind: 'mail', detail: `${purpose} known` }]
  const { allowed } = await reserve(deps, { emailKey }, places, { ifKnown: { network, share } })
  return allowed
}

/**
 * Whether the caller's network may ask for one more mail without signing in; ask before `reserveMail`,
 * so that what is refused here takes nothing from the address. Says nothing about any address. Callers
 * without an IP are service bindings and are not limited.
 */
export const reserveMailFrom = (deps: ThrottleDeps): Promise<{ allowed: true } | Refusal> =>
  reserveByNetwork(deps, ['mails'])

/** The same for a registration, which is a mail and an account that may stay pending. */
export const reserveAccountFrom = (deps: ThrottleDeps): Promise<{ allowed: true } | Refusal> =>
  reserveByNetwork(deps, ['mails', 'accounts'])

/** The same for the mail of a sign-in that must look like a wrong one: nothing that is answered depends on it. */
export const reserveSignInMailFrom = (deps: ThrottleDeps): Promise<{ allowed: true } | Refusal> =>
  reserveByNetwork(deps, ['sign_in_mails'])

/** One row for an IPv4 address; for IPv6 one of the /64 and one of the /56, in the /56's shard. */
async function reserveByNetwork(
  deps: ThrottleDeps,
  budgets: readonly ('mails' | 'sign_in_mails' | 'accounts')[],
): Promise<{ allowed: true } | Refusal> {
  const { ip } = deps.client
  if (ip === null) return { allowed: true }
  const network = networkOf(ip)
  const prefix = prefixOf(network)
  const owner = prefix ?? network
  const detail = prefix === null ? '' : await networkKey(deps.config, prefix, network)
  const also = budgets.flatMap((budget): Place[] => [
    { kind: `${budget}_network`, detail },
    ...(prefix === null ? [] : [{ kind: `${budget}_prefix` as const, detail: '' }]),
  ])
  return reserve(deps, { network: owner }, [], { also })
}

/** Takes a place for one mail that staff have sent to an address for a purpose. */
export const reserveStaffMail = (
  deps: ThrottleDeps,
  emailKey: string,
  purpose: StaffMailPurpose,
): Promise<Reservation> => reserve(deps, { emailKey }, [], staffMail(purpose))

/** Takes a place for the mails about one kind of change to a webhook. */
export const reserveWebhookMail = (
  deps: ThrottleDeps,
  webhook: string,
  change: string,
): Promise<Reservation> => reserve(deps, { webhook }, [], staffMail(change))

const staffMail = (detail: string): More => ({ also: [{ kind: 'staff_mail', detail }] })

/** Makes the caller's network known to an address, once a sign-in of two steps is complete. */
export async function makeKnown(deps: ThrottleDeps, emailKey: string): Promise<void> {
  const network = await networkKey(deps.config, emailKey, networkOf(deps.client.ip))
  if (network === '') return
  const shard = await shardOf(deps.config, { emailKey })
  await objectOf(deps, shard.name).makeKnown(shard.owner, network)
}

/**
 * Ends a reservation; await it before answering. `right` gives it back, ends the row of failures and
 * makes the network known for 30 days; `half` does the same but for the network, which a second factor
 * must make known; `void` gives it back when a fault of ours decided nothing; `wrong` calls nobody, for
 * the place was taken beforehand.
 */
export async function settle(
  deps: ThrottleDeps,
  { shard, places }: Ticket,
  outcome: Outcome | 'wrong',
): Promise<void> {
  if (outcome === 'wrong') return
  await objectOf(deps, shard.name).settle(shard.owner, places, outcome)
}

async function reserve(
  deps: ThrottleDeps,
  owner: Owner,
  places: Place[],
  more: More = {},
): Promise<Reservation> {
  const shard = await shardOf(deps.config, owner)
  const result = await objectOf(deps, shard.name).reserve(shard.owner, places, more)
  if (!result.allowed) return { allowed: false, retryAfter: result.retryAfter }
  return { allowed: true, ticket: { shard, places: result.places } }
}
