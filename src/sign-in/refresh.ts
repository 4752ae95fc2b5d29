import { type Deps, deviceOf } from '../context'
import { verifyToken } from '../crypto/signed-token'
import { DomainError } from '../errors'
import { sessionsOf } from '../sessions/object-stub'
import { logRefusal } from '../sessions/tokens/log-refusal'
import { accountBySubject } from '../users/account'
import { type SignInAnswer, signInAnswer } from './complete'

/**
 * Exchanges a refresh token for a new access token and a new refresh token. Does not extend the
 * session. Reuse of an old refresh token revokes the session (RFC 9700 section 4.14.2). Throws
 * `invalid_refresh_token`.
 */
export async function refresh(deps: Deps, refreshToken: string): Promise<SignInAnswer> {
  const { TOKEN_KEYS, REFRESH_GRACE_SECONDS } = deps.config
  const claims = await verifyToken(TOKEN_KEYS, 'refresh', refreshToken)
  if (!claims) {
    logRefusal(deps, 'refresh', 'malformed')
    throw new DomainError('invalid_refresh_token')
  }
  const { subject, sid, n: generation } = claims
  // The account is read first: after the token has moved on, nothing but signing may still fail.
  const account = await accountBySubject(deps, subject)
  const result = await sessionsOf(deps, subject).rotate(
    sid,
    generation,
    REFRESH_GRACE_SECONDS * 1000,
    deviceOf(deps),
  )
  if (result.status === 'refused' || !account) {
    logRefusal(deps, 'refresh', 'session_ended_or_token_reused')
    throw new DomainError('invalid_refresh_token')
  }
  return signInAnswer(deps, account.user, result)
}
