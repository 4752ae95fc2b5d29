import { commit } from '../commit/commit'
import { type Deps, deviceOf } from '../context'
import { verifyToken } from '../crypto/signed-token'
import { DomainError } from '../errors'
import { matchFactor, type PresentedFactor } from '../factors/match-factor'
import type { SpentCode } from '../factors/recovery-codes/recovery-codes'
import { log } from '../log'
import { notification } from '../mail/messages'
import { sessionsOf } from '../sessions/object-stub'
import type { PassResult } from '../sessions/session-types'
import { logRefusal } from '../sessions/tokens/log-refusal'
import { originOf } from '../throttle/request-origin'
import { makeKnown } from '../throttle/reserve'
import { type Account, accountBySubject } from '../users/account'
import { type SignInAnswer, signInAnswer, sessionRequest, withFreshAccount } from './complete'

export interface SecondStep extends PresentedFactor {
  readonly challengeToken: string
  /** Only compared: the challenge alone determines which user signs in. */
  readonly userId: number | undefined
}

/**
 * The second step of a sign-in: a challenge, which proves the password step, and a factor. The
 * attempt is counted before anything is compared. A time step, a recovery code and the challenge
 * each work once. Throws `invalid_challenge`, `invalid_2fa_code`, `too_many_attempts`.
 */
export async function verifySecondFactor(deps: Deps, input: SecondStep): Promise<SignInAnswer> {
  const claims = await verifyToken(deps.config.TOKEN_KEYS, 'challenge', input.challengeToken)
  if (!claims) {
    logRefusal(deps, 'challenge', 'malformed_or_expired')
    throw new DomainError('invalid_challenge')
  }
  const { subject, cid } = claims
  const account = await accountBySubject(deps, subject)
  const isSameUser = input.userId === undefined || input.userId === account?.user.id
  if (!account || !isSameUser) throw new DomainError('invalid_challenge')

  const from = await originOf(deps, subject)
  const tried = await sessionsOf(deps, subject).tryChallenge(cid, from)
  if (tried.status === 'throttled') {
    throw new DomainError('too_many_attempts', { retryAfter: tried.retryAfter })
  }
  if (tried.status === 'refused') {
    logRefusal(deps, 'challenge', 'ended_or_used')
    throw new DomainError('invalid_challenge')
  }
  const matched = await matchFactor(deps, account, input)
  if (!matched) {
    await sessionsOf(deps, subject).wrongFactor(cid, deviceOf(deps))
    throw new DomainError('invalid_2fa_code')
  }
  if (matched.method === 'recovery_code') await spendCode(deps, account, matched.spent)

  const mode = { rememberMe: tried.isRemembered, method: matched.method }
  const { result, account: current } = await withFreshAccount<PassResult>(
    deps,
    account,
    async ({ accountState }) =>
      sessionsOf(deps, subject).passChallenge(
        cid,
        matched.step,
        accountState,
        sessionRequest(deps, mode),
        from,
      ),
  )
  if (result.status === 'spent') throw new DomainError('invalid_2fa_code')
  if (result.status !== 'opened') throw new DomainError('invalid_challenge')
  // Only after both steps: a thief with the password alone must not make their network known
  // (throttle/policy.ts).
  const known = makeKnown(deps, current.emailKey)
  deps.waitUntil(known.catch(() => log.warn('network_not_made_known', deps)))
  return signInAnswer(deps, current.user, { ...result, generation: 0 })
}

async function spendCode(deps: Deps, account: Account, spent: SpentCode): Promise<void> {
  const { id } = account.user
  await commit(deps, {
    preconditions: [spent.precondition],
    change: [spent.statement],
    audit: [
      {
        event: 'two_factor.recovery_code_used',
        actor: id,
        target: id,
        data: { left: spent.left },
      },
    ],
    outbox: notification(deps, account.accountState.subject, 'recovery-code-used'),
  })
}
