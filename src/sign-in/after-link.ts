/**
 * Signing in by the act: after an emailed link, and a password that was just typed or a passkey that was
 * just made, the user need not type or use it again. It is a first step like any other, so an enrolled
 * second factor is still asked for behind a password. The act is done by then: when nobody can be signed
 * in, the user signs in by the form.
 */
import type { Deps } from '../context'
import type { PasswordSet } from '../credentials/new-password'
import { verifyToken } from '../crypto/signed-token'
import { DomainError } from '../errors'
import { log } from '../log'
import type { LinkPurpose } from '../passkeys/by-link'
import type { ProvedByPasskey } from '../registration/prove-by-passkey'
import { makeKnown } from '../throttle/reserve'
import { type Account, accountBySubject } from '../users/account'
import type { SignInAnswer } from './complete'
import { type ChallengeAnswer, continueSignIn, type FirstStep, passwordProved } from './continue'

/** What every account begins with (migrations/0001_foundation.sql). Any change of credentials raises it. */
const FIRST_CREDENTIAL_VERSION = 1

type Answer = SignInAnswer | ChallengeAnswer | undefined

/** Signs in the user who has set this password by an emailed link. Undefined if that is not possible. */
export const signInAfterPasswordSet = (
  deps: Deps,
  { subject, hashedPassword }: PasswordSet,
): Promise<Answer> =>
  signInBy(deps, subject, (account) =>
    account.hashedPassword === hashedPassword ? passwordProved(account, false) : undefined,
  )

/**
 * Signs in the user who has verified their address in the browser in which they registered, where they typed
 * the password. `signUpToken` says which account that was. Undefined in any other browser, and if
 * the credentials have changed since. A link to an attacker's account that a victim opens never signs the
 * victim in (test/sign-in/after-link.test.ts).
 */
export async function signInAfterVerification(
  deps: Deps,
  subject: string,
  signUpToken: string | undefined,
): Promise<Answer> {
  if (!(await isSignUpBrowser(deps, subject, signUpToken))) return undefined
  return signInBy(deps, subject, (account) => {
    const isUnchanged = account.accountState.credentialVersion === FIRST_CREDENTIAL_VERSION
    return isUnchanged ? passwordProved(account, false) : undefined
  })
}

/**
 * Signs in the user who has made this passkey by an emailed link. A link that verifies an address does so only in
 * the browser that registered the account, as above. The challenge of the creation is used up.
 */
export async function signInAfterPasskey(
  deps: Deps,
  purpose: LinkPurpose,
  { subject, verified: { presented, amr } }: Pick<ProvedByPasskey, 'subject' | 'verified'>,
  signUpToken: string | undefined,
): Promise<Answer> {
  const isOwn = purpose !== 'verify_email' || (await isSignUpBrowser(deps, subject, signUpToken))
  if (!isOwn) return undefined
  const stillHolds = ({ accountState }: Account) => accountState.passkeys.includes(presented.id)
  const step = {
    method: 'passkey',
    amr,
    rememberMe: false,
    passkey: presented,
    stillHolds,
  } as const
  return signInBy(deps, subject, (account) => (stillHolds(account) ? step : undefined))
}

async function isSignUpBrowser(
  deps: Deps,
  subject: string,
  signUpToken: string | undefined,
): Promise<boolean> {
  if (signUpToken === undefined) return false
  const claims = await verifyToken(deps.config.TOKEN_KEYS, 'sign_up', signUpToken)
  return claims?.subject === subject && claims.expires > deps.now
}

async function signInBy(
  deps: Deps,
  subject: string,
  stepOf: (account: Account) => FirstStep | undefined,
): Promise<Answer> {
  try {
    const account = await accountBySubject(deps, subject)
    if (account?.user.status !== 'active') return undefined
    const step = stepOf(account)
    if (!step) return undefined
    const answer = await continueSignIn(deps, account, step)
    // As after a right password or passkey: only when both steps are done.
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
