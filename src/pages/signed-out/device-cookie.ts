import { verifyToken } from '../../crypto/signed-token'
import type { SignInAnswer } from '../../sign-in/complete'
import type { ChallengeAnswer } from '../../sign-in/continue'
import { DAY_SECONDS } from '../../time'
import type { PageCookie } from '../runtime/cookies'
import type { PageRequest } from '../runtime/page'

/**
 * What becomes of the cookie of a trusted browser after a step of a sign-in: the next token replaces a
 * used one, and one that no longer works is removed. A token of another user of this browser stays: it is
 * good for their next sign-in, unless this user trusts the browser too.
 */
export async function deviceCookie(
  { deps, cookie }: Pick<PageRequest, 'deps' | 'cookie'>,
  answer: SignInAnswer | ChallengeAnswer,
): Promise<PageCookie[]> {
  const { TOKEN_KEYS, TRUSTED_BROWSER_DAYS } = deps.config
  if ('access_token' in answer) {
    const { device_token: value } = answer
    const maxAge = TRUSTED_BROWSER_DAYS * DAY_SECONDS
    return value === undefined ? [] : [{ name: 'device', value, maxAge }]
  }
  const sent = cookie('device')
  if (sent === undefined) return []
  const [owner, user] = await Promise.all([
    verifyToken(TOKEN_KEYS, 'device', sent),
    verifyToken(TOKEN_KEYS, 'challenge', answer.challenge_token),
  ])
  const isUseless = !owner || owner.subject === user?.subject
  return isUseless ? [{ name: 'device', value: null }] : []
}
