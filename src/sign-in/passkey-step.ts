/**
 * Sign-in by passkey, without a name: the browser offers the passkeys of this service. Asking for a
 * challenge stores nothing, wakes no object and says the same to everybody. An unknown passkey wakes no
 * object either.
 */
import type { Deps } from '../context'
import type { AssertionCredential } from '../crypto/webauthn'
import { DomainError } from '../errors'
import type { SignInFailure } from '../events'
import { log } from '../log'
import { newChallenge, presentedChallenge } from '../passkeys/challenge'
import { forgetPasskey } from '../passkeys/forget'
import { type PasskeyRequest, passkeyRequest } from '../passkeys/options'
import { findPasskey, type FoundPasskey, verifyPasskey } from '../passkeys/present'
import { withinIpLimit } from '../throttle/rate-limit'
import type { SignInAnswer } from './complete'
import { type ChallengeAnswer, continueSignIn } from './continue'
import { reportFailedSignIn } from './failures'

export interface PresentedSignIn {
  readonly challengeToken: string
  readonly credential: AssertionCredential
  readonly rememberMe: boolean
}

/** In place of an address, for sign-ins by a passkey that belongs to nobody. */
const UNKNOWN_PASSKEY = 'unknown passkey'

/** What a browser needs to sign in by passkey. The same for everybody but for the challenge. */
export async function signInOptions(deps: Deps): Promise<PasskeyRequest> {
  return passkeyRequest(deps, await newChallenge(deps, 'sign_in', null), 'required')
}

/**
 * Signs in by a passkey that verified its user, which is a whole sign-in. The challenge is used up when
 * the session opens. Throws `invalid_challenge`, `unknown_passkey`, `invalid_passkey`,
 * `too_many_attempts`, and `account_not_active` after a right response only.
 */
export async function signInByPasskey(
  deps: Deps,
  { challengeToken, credential, rememberMe }: PresentedSignIn,
): Promise<SignInAnswer | ChallengeAnswer> {
  if (!(await withinIpLimit(deps, 'SIGN_IN_LIMIT'))) {
    throw new DomainError('too_many_attempts', { retryAfter: 60 })
  }
  const challenge = await presentedChallenge(deps, ['sign_in'], challengeToken)
  const found = await findPasskey(deps, credential.id)
  try {
    if (!found) throw new DomainError('unknown_passkey')
    const { presented, amr, isUserVerified } = await verifyPasskey(
      deps,
      found,
      challenge,
      credential,
    )
    // Without user verification a passkey is a single factor: it may be a found security key.
    if (!isUserVerified) throw new DomainError('invalid_passkey')
    if (found.account.user.status !== 'active') throw new DomainError('account_not_active')
    const answer = await continueSignIn(deps, found.account, {
      method: 'passkey',
      amr,
      rememberMe,
      passkey: presented,
      stillHolds: ({ accountState }) => accountState.passkeys.includes(presented.id),
    })
    if (!answer) throw new DomainError('invalid_passkey')
    return answer
  } catch (error) {
    throw refusalOf(deps, found, error)
  }
}

/** Records a refusal like one of a password, and returns what to answer. */
function refusalOf(deps: Deps, found: FoundPasskey | undefined, error: unknown): unknown {
  if (!(error instanceof DomainError)) return error
  const code = failureOf(error)
  if (!code) return error
  reportFailedSignIn(deps, found?.account.emailKey ?? UNKNOWN_PASSKEY, code)
  if (found && code === 'unknown_passkey') deps.waitUntil(forgetRestored(deps, found))
  return code === error.code ? error : new DomainError(code)
}

function failureOf({ code }: DomainError): SignInFailure | undefined {
  switch (code) {
    case 'unknown_passkey':
    case 'invalid_passkey':
    case 'account_not_active':
      return code
    case 'invalid_credentials':
      // The account has changed since the passkey was verified.
      return 'invalid_passkey'
    default:
      return undefined
  }
}

/** The object knows that the passkey was removed, so D1 was restored to an earlier state. */
async function forgetRestored(deps: Deps, { account, passkey }: FoundPasskey): Promise<void> {
  try {
    await forgetPasskey(deps, account.accountState, passkey.id)
  } catch {
    log.warn('removed_passkey_left', deps)
  }
}
