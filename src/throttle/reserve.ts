/**
 * Counts attempts before a password is compared or a mail is sent. One call to one object counts the
 * attempt, and a right answer takes it back later. So however many guesses run at once, no more than
 * the budget reach the comparison. Nothing here depends on whether an account exists. If the object
 * cannot be reached, these functions throw, and nothing is compared.
 */
import type { Deps } from '../context'
import type { MailPurpose, StaffMailPurpose } from './budgets'
import { networkOf, prefixOf } from './network'
import type { Outcome } from './policy'
import { networkKey, objectOf, type Owner, sessionKey, type Shard, shardOf } from './shard'
import type { More, Place, ReservedPlace } from './throttle'

type ThrottleDeps = Pick<Deps, 'env' | 'config' | 'client'>

/** A counted attempt, held while the request runs. */
export interface Ticket {
  readonly shard: Shard
  readonly places: ReservedPlace[]
}

export type Reservation = { readonly allowed: true; readonly ticket: Ticket } | Refusal

/** `retryAfter` in whole seconds; up to 30 days after too many failures in a row. */
export type Refusal = { readonly allowed: false; readonly retryAfter: number }

/**
 * Counts one password for one canonical address, whether or not it has an account: in the budget of
 * address and network, of address and /56, and of the address (OWASP ASVS 5.0 6.3.1, NIST SP 800-63B
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
 * Counts one proof of the current password by a signed-in user: in the budget of the session, of the
 * user, and of the hashes that the Worker computes for the user.
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
 * Counts the hashes of one new password that is chosen by a mailed link. Each link has a row of its
 * own, so that an attacker with a stolen session cannot use up the user's reset.
 */
export const reserveHash = (
  deps: ThrottleDeps,
  { subject, hash }: { readonly subject: string; readonly hash: string },
): Promise<Reservation> =>
  reserve(deps, { subject }, [], { also: [{ kind: 'hash', detail: hash }] })

/** Counts one mail that a signed-in user sends to another address. */
export async function reserveMailBy(deps: ThrottleDeps, subject: string): Promise<Reservation> {
  return reserve(deps, { subject }, [{ kind: 'mail', detail: 'change_email' }])
}

/**
 * Counts one mail of a purpose to an address; false when the budget is used up. The answer to the
 * caller must not show which. A network that the user has signed in from has a budget of its own, so
 * that an attacker elsewhere cannot keep the user from a reset. A change of address has no such budget:
 * the caller's own export shows whether the request was recorded, which would reveal that an account
 * with the address uses the caller's network.
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
 * Counts one mail that the caller's network asks for without signing in. Call it before `reserveMail`,
 * so that a refusal here uses up nothing of the address. Reveals nothing about any address. Callers
 * without an IP address are service bindings and are not limited.
 */
export const reserveMailFrom = (deps: ThrottleDeps): Promise<{ allowed: true } | Refusal> =>
  reserveByNetwork(deps, ['mails'])

/** The same for a registration, which causes a mail and an account that may stay pending. */
export const reserveAccountFrom = (deps: ThrottleDeps): Promise<{ allowed: true } | Refusal> =>
  reserveByNetwork(deps, ['mails', 'accounts'])

/** The same for the mail of a sign-in that must look like a failed one. No answer may depend on it. */
export const reserveSignInMailFrom = (deps: ThrottleDeps): Promise<{ allowed: true } | Refusal> =>
  reserveByNetwork(deps, ['sign_in_mails'])

/**
 * Counts a client id metadata document that the caller's network makes us fetch from a host. An app that somebody uses
 * already (`isKnown`) has its own budget at its host, so that others cannot keep its users out by asking for more.
 */
export async function reserveDocument(
  deps: ThrottleDeps,
  { host, clientId, isKnown }: { host: string; clientId: string; isKnown: boolean },
): Promise<{ allowed: true } | Refusal> {
  const byNetwork = await reserveByNetwork(deps, ['documents'])
  if (!byNetwork.allowed) return byNetwork
  const also: Place[] = [{ kind: 'documents_host', detail: '' }]
  return reserve(deps, isKnown ? { app: clientId } : { host }, [], { also })
}

/** Counts a device authorization: by network, or by the app if it proved itself. */
export const reserveDevice = (
  deps: ThrottleDeps,
  provedApp: string | null,
): Promise<{ allowed: true } | Refusal> =>
  provedApp === null
    ? reserveByNetwork(deps, ['devices'])
    : reserve(deps, { app: provedApp }, [], { also: [{ kind: 'devices_app', detail: '' }] })

/** Counts one user code of a device that a signed-in user types. */
export const reserveUserCode = (deps: ThrottleDeps, subject: string): Promise<Reservation> =>
  reserve(deps, { subject }, [], { also: [{ kind: 'user_code', detail: '' }] })

/** The same for the network that it comes from. Of IPv6 the /56 counts. */
export function reserveUserCodeFrom(deps: ThrottleDeps): Promise<Reservation> {
  const network = networkOf(deps.client.ip)
  const owner = { network: prefixOf(network) ?? network }
  return reserve(deps, owner, [], { also: [{ kind: 'user_code_network', detail: '' }] })
}

/** One row for an IPv4 address. For IPv6 one of the /64 and one of the /56, in the shard of the /56. */
async function reserveByNetwork(
  deps: ThrottleDeps,
  budgets: readonly ('mails' | 'sign_in_mails' | 'accounts' | 'documents' | 'devices')[],
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

/** Counts one mail for a purpose that staff send to an address. */
export const reserveStaffMail = (
  deps: ThrottleDeps,
  emailKey: string,
  purpose: StaffMailPurpose,
): Promise<Reservation> => reserve(deps, { emailKey }, [], staffMail(purpose))

/** Counts the mails about one kind of change to a webhook. */
export const reserveWebhookMail = (
  deps: ThrottleDeps,
  webhook: string,
  change: string,
): Promise<Reservation> => reserve(deps, { webhook }, [], staffMail(change))

/**
 * Takes the one place of an app's assertion; false if it was presented before (RFC 7523 section 3, `jti`).
 * Only call it after the signature was verified.
 */
export async function reserveAssertion(
  deps: ThrottleDeps,
  { clientId, jti }: { readonly clientId: string; readonly jti: string },
): Promise<boolean> {
  const also: Place[] = [{ kind: 'client_assertion', detail: '' }]
  return (await reserve(deps, { assertion: `${clientId}\n${jti}` }, [], { also })).allowed
}

const staffMail = (detail: string): More => ({ also: [{ kind: 'staff_mail', detail }] })

/** Makes the caller's network known to an address, after a sign-in with a second factor. */
export async function makeKnown(deps: ThrottleDeps, emailKey: string): Promise<void> {
  const network = await networkKey(deps.config, emailKey, networkOf(deps.client.ip))
  if (network === '') return
  const shard = await shardOf(deps.config, { emailKey })
  await objectOf(deps, shard.name).makeKnown(shard.owner, network)
}

/**
 * Says how an attempt ended; await it before answering. `right` takes the attempt back, restarts the
 * failures in a row and makes the network known for 30 days. `half` does the same without the network,
 * which only a second factor makes known. `void` takes the attempt back after a fault of ours. `wrong`
 * makes no call, as the attempt is already counted.
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
