/** The extra steps when an admin sets another address for a user. */
import { type SQL, sql } from 'drizzle-orm'
import type { AuditEntry, OutboxEntry, Precondition } from '../commit/commit'
import type { Actor, Deps } from '../context'
import { randomId } from '../crypto/encoding'
import type { Statement } from '../db/batch'
import { addressedMail, tokenMail } from '../mail/messages'
import { revokeTokens, newToken, storeToken } from '../one-time-tokens/one-time-token'
import { noStaffByKey, isNotSelf, notOutrankedBy } from '../rbac/conditions'
import { isFreeAddress, registrationAt, removeRegistration } from '../registration/take-over'
import { users } from '../tables/users'
import type { EmailAddress } from '../users/email-address'
import type { Target } from '../users/find-target'
import { dropUnprovedCodes, provedCredentials } from '../users/first-proof'
import { hasAddress, rememberFormer } from '../users/former-addresses'

interface AddressChange {
  readonly preconditions: Precondition[]
  /** `before` and `after` run around the UPDATE of the user's row. */
  readonly before: Statement[]
  readonly columns: Record<string, unknown>
  readonly after: Statement[]
  readonly audit: AuditEntry[]
  readonly outbox: OutboxEntry[]
}

export const NO_ADDRESS_CHANGE: AddressChange = {
  preconditions: [],
  before: [],
  columns: {},
  after: [],
  audit: [],
  outbox: [],
}

/**
 * The new address counts as verified and revokes every mailed link. Both addresses get an email. A
 * pending registration at the new address is removed: a stranger must not be able to block the
 * address for its owner.
 */
export async function addressChange(
  deps: Deps,
  actor: Actor,
  target: Target,
  email: EmailAddress,
): Promise<AddressChange> {
  const mailId = randomId()
  const ttl = deps.config.RESET_PASSWORD_TTL_SECONDS
  const reset = await newToken(deps, 'reset_password', mailId, ttl)
  const registration = await registrationAt(deps, email.key, target.id)
  const isFree = isFreeAddress(deps, email.key, target.id, registration?.isIt)
  return {
    preconditions: [
      isNotSelf(actor, target),
      ...noStaffByKey(actor, target.id),
      { name: 'address_free', holds: isFree, otherwise: 'email_taken' },
      hasAddress(target),
      ...(registration
        ? [{ ...notOutrankedBy(actor, registration.id), name: 'registration_not_outranked' }]
        : []),
    ],
    before: [
      ...(registration ? removeRegistration(deps, registration) : []),
      dropUnprovedCodes(target.id),
      ...(await rememberFormer(deps, target, email.key)),
    ],
    columns: {
      ...provedCredentials,
      email: email.email,
      emailKey: email.key,
      emailVerifiedAt: deps.now,
      // This activates a pending account, so its account state changes.
      authVersion: sql`${users.authVersion} + 1`,
    },
    after: [
      // Undo links are included: an attacker could use one to reverse this repair.
      revokeTokens(deps, target.id),
      storeToken(deps, reset, hasNoPassword(target.id)),
    ],
    audit: registration
      ? [
          {
            event: 'user.erased',
            actor: actor.userId,
            target: registration.id,
            data: { by: 'admin' },
          },
        ]
      : [],
    outbox: [
      ...(await tellBoth(deps, target, email.email)),
      {
        ...tokenMail(deps, mailId, target.subject, 'reset-password'),
        onlyIf: sql`EXISTS (SELECT 1 FROM one_time_tokens WHERE hash = ${reset.hash})`,
      },
    ],
  }
}

const hasNoPassword = (userId: number): SQL =>
  sql`users.id = ${userId} AND users.status = 'active' AND users.hashed_password IS NULL`

/**
 * Emails the old and the new address. The rows name the user, so that an erasure deletes them too.
 */
const tellBoth = (deps: Deps, target: Target, newEmail: string): Promise<OutboxEntry[]> =>
  Promise.all(
    [target, { ...target, email: newEmail }].map(async (recipient) => ({
      ...(await addressedMail(deps, 'email-set-by-admin', recipient)),
      subject: target.subject,
    })),
  )
