import { eq, sql } from 'drizzle-orm'
import { type Deps, deviceOf, type Principal } from '../../context'
import { credentialsChanged, sameCredentials } from '../../credentials/new-password'
import { encrypt } from '../../crypto/encrypt'
import { sessionHash } from '../../crypto/session-hash'
import { DomainError } from '../../errors'
import { log } from '../../log'
import { notification } from '../../mail/messages'
import { commitAndSync } from '../../sessions/account-state'
import { sessionsOf } from '../../sessions/object-stub'
import { aadOf } from '../../tables/encrypted-column'
import { TOTP_PENDING_SECRET, TOTP_SECRET, users } from '../../tables/users'
import { accountBySubject } from '../../users/account'
import { openSecret } from '../match-factor'
import { newRecoveryCodes } from '../recovery-codes/recovery-codes'
import { withinBudget } from '../verify-factor'
import { isOff } from './set-up'
import { matchStep } from './totp'

/**
 * Turns on the second factor if the code matches the pending secret, and revokes every other session.
 * Returns ten recovery codes, which are not shown again. Throws `no_pending_setup`,
 * `invalid_2fa_code`, `too_many_attempts`.
 */
export async function enableSecondFactor(
  deps: Deps,
  principal: Principal,
  code: string,
): Promise<string[]> {
  const { subject } = principal
  const { DATA_KEYS } = deps.config
  const account = await accountBySubject(deps, subject)
  const pending = account?.pendingSecondFactor
  if (!account || !pending || pending.until <= deps.now) throw new DomainError('no_pending_setup')
  const secret = await openSecret(deps, aadOf(TOTP_PENDING_SECRET, subject), pending.secret)
  if (secret === undefined) throw new DomainError('no_pending_setup')
  await withinBudget(deps, account, async () => {
    const step = matchStep(secret, code, deps.now)
    return step === null ? undefined : { step }
  })
  const { id } = account.user
  const { codes, statements } = await newRecoveryCodes(deps, { id, subject })
  const keep = {
    session: sessionHash(principal.sid),
    credentialVersion: account.accountState.credentialVersion + 1,
  }
  await commitAndSync(
    deps,
    subject,
    {
      preconditions: [
        isOff(id),
        sameCredentials(account, 'no_pending_setup'),
        {
          name: 'same_setup',
          holds: sql`EXISTS (SELECT 1 FROM ${users} WHERE ${users.id} = ${id} AND ${users.totpPendingSecret} = ${pending.secret})`,
          otherwise: 'no_pending_setup',
        },
      ],
      change: [
        deps.db
          .update(users)
          .set({
            ...credentialsChanged(deps),
            totpSecret: await encrypt(DATA_KEYS, aadOf(TOTP_SECRET, subject), secret),
            secondFactorEnabledAt: deps.now,
          })
          .where(eq(users.id, id)),
        ...statements,
      ],
      audit: [{ event: 'two_factor.enabled', actor: id, target: id, data: {} }],
      outbox: notification(deps, subject, 'two-factor-on'),
    },
    keep,
  )
  await proveSession(deps, principal)
  return codes
}

/**
 * The session that turned it on has now proved both factors. If this fails, the session stays weaker, and
 * step-up asks for another code.
 */
async function proveSession(deps: Deps, { subject, sid }: Principal): Promise<void> {
  const proof = { sid, amr: ['otp' as const] }
  await sessionsOf(deps, subject)
    .prove(proof, deviceOf(deps))
    .catch(() => log.warn('session_not_proved', deps))
}
