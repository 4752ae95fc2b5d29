import { eq, sql } from 'drizzle-orm'
import { renderSVG } from 'uqr'
import { commit } from '../../commit/commit'
import type { Deps, Principal } from '../../context'
import { encrypt } from '../../crypto/encrypt'
import { DomainError } from '../../errors'
import { aadOf } from '../../tables/encrypted-column'
import { TOTP_PENDING_SECRET, users } from '../../tables/users'
import type { Proved } from '../../users/proved'
import { newSecret, otpauthUri } from './totp'

export interface PendingSetUp {
  readonly secret: string
  readonly otpauth_uri: string
  readonly qr_code_svg: string
  /** Seconds until the setup expires unless a code is given. */
  readonly expires_in: number
}

/**
 * Starts setting up a second factor. It stays off until the user gives a code of it (enable.ts).
 * Throws `two_factor_already_on`, and what `stepUp` (step-up/reauthenticate.ts) throws.
 */
export async function setUpSecondFactor(
  deps: Deps,
  principal: Principal,
  stepUp: () => Promise<Proved>,
): Promise<PendingSetUp> {
  const { account, unchanged } = await stepUp()
  if (account.accountState.isSecondFactorEnabled) throw new DomainError('two_factor_already_on')
  const { id, email } = account.user
  const { DATA_KEYS, PRODUCT_NAME, TWO_FACTOR_SETUP_TTL_SECONDS } = deps.config
  const secret = newSecret()
  await commit(deps, {
    preconditions: [isOff(id), unchanged],
    change: [
      deps.db
        .update(users)
        .set({
          totpPendingSecret: await encrypt(
            DATA_KEYS,
            aadOf(TOTP_PENDING_SECRET, principal.subject),
            secret,
          ),
          totpPendingUntil: deps.now + TWO_FACTOR_SETUP_TTL_SECONDS * 1000,
        })
        .where(eq(users.id, id)),
    ],
    audit: [{ event: 'two_factor.setup_started', actor: id, target: id, data: {} }],
  })
  const uri = otpauthUri(secret, PRODUCT_NAME, email)
  return {
    secret,
    otpauth_uri: uri,
    qr_code_svg: renderSVG(uri, { border: 2 }),
    expires_in: TWO_FACTOR_SETUP_TTL_SECONDS,
  }
}

/** Checked inside the batch, because a concurrent request may turn it on. */
export const isOff = (userId: number) => ({
  name: 'two_factor_off',
  holds: sql`EXISTS (SELECT 1 FROM ${users} WHERE ${users.id} = ${userId} AND ${users.secondFactorEnabledAt} IS NULL)`,
  otherwise: 'two_factor_already_on' as const,
})
