/**
 * Signing in by the act: after an emailed link and a password that was just typed, the user need not type
 * it again. It is a first step like any other, so an enrolled second factor is still asked for. The act is
 * done by then: when nobody can be signed in, the user signs in by the form.
 */
import type { Deps } from '../context'
import type { PasswordSet } from '../credentials/new-password'
import { verifyToken } from '../crypto/signed-token'
import { DomainError } from '../errors'
import { log } from '../log'
import { makeKnown } from '../throttle/reserve'
import { type Account, accountBySubject } from '../users/account'
import type { SignInAnswer } from './complete'
import { type ChallengeAnswer, continueSignIn, passwordProved } from './continue'

/** What every account begins with (migrations/0001_foundation.sql). Any change of credentials raises it. */
const FIRST_CREDENTIAL_VERSION = 1

type Answer = SignInAnswer | ChallengeAnswer | undefined

/** Signs in whoever has set this password by an emailed link. Undefined if that is not possible. */
export const signInAfterPasswordSet = (
  deps: Deps,
  { subject, hashedPassword }: PasswordSet,
): Promise<Answer> =>
  signInIf(deps, subject, (account) => account.hashedPassword === hashedPassword)

/**
 * Signs in whoever has verified the address of an account in the browser that registered it, where its
 * password was typed. `signUpToken` says which account that was. Undefined in any other browser, and if
 * the credentials have changed since. A link to an attacker's account that a victim opens never signs the
 * victim in (test/sign-in/after-link.test.ts).
 */
export async function signInAfterVerification(
  deps: Deps,
  subject: string,
  signUpToken: string | undefined,
): Promise<Answer> {
  if (signUpToken === undefined) return undefined
  const claims = await verifyToken(deps.config.TOKEN_KEYS, 'sign_up', signUpToken)
  if (claims?.subject !== subject || claims.expires <= deps.now) return undefined
  return signInIf(
    deps,
    subject,
    ({ accountState }) => accountState.credentialVersion === FIRST_CREDENTIAL_VERSION,
  )
}

async function signInIf(
  deps: Deps,
  subject: string,
  isProved: (account: Account) => boolean,
): Promise<Answer> {
  try {
    const account = await accountBySubject(deps, subject)
    if (account?.user.status !== 'active' || !isProved(account)) return undefined
    const answer = await continueSignIn(deps, account, passwordProved(account, false))
    // As after a right password: only when both steps are done.
    if (answer && 'access_token' in answer) {
      const known = makeKnown(deps, account.emailKey)
      deps.waitUntil(known.catch(() => log.warn('network_not_made_known', deps)))
    }
    return answer
  } catch (error) {
    const code = error instanceof DomainError ? error.code : 'internal'
    log.warn('not_signed_in_after_link', deps, { code })
    return undefined
  }
}
