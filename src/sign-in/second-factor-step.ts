import { type Deps, deviceOf } from '../context'
import { type SignedPayloads, verifyToken } from '../crypto/signed-token'
import type { AssertionCredential } from '../crypto/webauthn'
import { DomainError } from '../errors'
import type { Amr } from '../events'
import { type MatchedFactor, matchFactor, type PresentedFactor } from '../factors/match-factor'
import { type SpentCode, spendRecoveryCode } from '../factors/recovery-codes/recovery-codes'
import { log } from '../log'
import { presentedChallenge } from '../passkeys/challenge'
import { findPasskey, verifyPasskey } from '../passkeys/present'
import { sessionsOf } from '../sessions/object-stub'
import type { PassResult, PresentedPasskey } from '../sessions/session-types'
import { logRefusal } from '../sessions/tokens/log-refusal'
import { originOf } from '../throttle/request-origin'
import { makeKnown } from '../throttle/reserve'
import { DAY_SECONDS } from '../time'
import { type Account, accountBySubject } from '../users/account'
import { type SignInAnswer, signInAnswer, sessionRequest, withFreshAccount } from './complete'
import { mayTrustBrowsers } from './continue'

export interface SecondStep extends PresentedFactor {
  /** The first step's, or for a passkey the one that came with its options. */
  readonly challengeToken: string
  readonly credential?: AssertionCredential | undefined
  /** Only compared: the challenge alone determines which user signs in. */
  readonly userId: number | undefined
  /** Whether this browser is to skip the second step from now on. */
  readonly trustDevice?: boolean
}

/**
 * The second step of a sign-in: a challenge, which proves the first step, and a factor. The attempt is
 * counted before anything is compared. A time step, a recovery code, a passkey's challenge and the
 * challenge itself each work once. Throws `invalid_challenge`, `invalid_2fa_code`, `invalid_passkey`,
 * `too_many_attempts`.
 */
export async function verifySecondFactor(deps: Deps, input: SecondStep): Promise<SignInAnswer> {
  const { credential } = input
  const opened = await (credential ? fromPasskeyOptions : fromFirstStep)(deps, input.challengeToken)
  const { subject, cid } = opened
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
  const matched = await (credential
    ? matchPasskey(deps, account, opened, credential)
    : matchCode(deps, account, input))
  if (!matched) {
    await sessionsOf(deps, subject).wrongFactor(cid, deviceOf(deps))
    throw new DomainError(credential ? 'invalid_passkey' : 'invalid_2fa_code')
  }
  if (matched.spent) await spendRecoveryCode(deps, account, matched.spent)

  const { method, amr, step, passkey } = matched
  const isTrusting = input.trustDevice === true && (await mayTrustBrowsers(deps, account))
  const { result, account: current } = await withFreshAccount<PassResult>(
    deps,
    account,
    ({ hashedPassword }) => hashedPassword === account.hashedPassword,
    async ({ accountState }) =>
      sessionsOf(deps, subject).passChallenge(
        cid,
        step,
        accountState,
        sessionRequest(deps, { rememberMe: tried.isRemembered, method, amr }),
        from,
        {
          ...(passkey && { passkey }),
          ...(isTrusting && { trustSeconds: deps.config.TRUSTED_BROWSER_DAYS * DAY_SECONDS }),
        },
      ),
  )
  if (result.status === 'spent' && !passkey) throw new DomainError('invalid_2fa_code')
  if (result.status === 'removed') throw new DomainError('invalid_passkey')
  if (result.status !== 'opened') throw new DomainError('invalid_challenge')
  // Only after both steps: a thief with the password alone must not make their network known
  // (throttle/policy.ts).
  const known = makeKnown(deps, current.emailKey)
  deps.waitUntil(known.catch(() => log.warn('network_not_made_known', deps)))
  return signInAnswer(deps, current.user, { ...result, generation: 0 })
}

/** A challenge that was presented. `passkey`: the WebAuthn challenge, if it came with options. */
interface Opened {
  readonly subject: string
  readonly cid: string
  readonly passkey?: SignedPayloads['passkey']
}

/** The challenge of the first step. Throws `invalid_challenge`. */
export async function fromFirstStep(deps: Deps, token: string): Promise<Opened> {
  const claims = await verifyToken(deps.config.TOKEN_KEYS, 'challenge', token)
  if (claims) return claims
  logRefusal(deps, 'challenge', 'malformed_or_expired')
  throw new DomainError('invalid_challenge')
}

/** What the options of a passkey are bound to: the first step. Neither part contains a dot. */
export const boundTo = ({ subject, cid }: Pick<Opened, 'subject' | 'cid'>): string =>
  `${subject}.${cid}`

/** The first step that a passkey's options were made for. Throws `invalid_challenge`. */
async function fromPasskeyOptions(deps: Deps, token: string): Promise<Opened> {
  const passkey = await presentedChallenge(deps, ['second_step'], token)
  const [subject = '', cid = ''] = (passkey.to ?? '').split('.')
  return { subject, cid, passkey }
}

/** A factor that matched, as the session and the user's object need it. */
interface Matched {
  readonly method: MatchedFactor['method'] | 'passkey'
  readonly amr: readonly Amr[]
  readonly step: number | null
  readonly spent?: SpentCode
  readonly passkey?: PresentedPasskey
}

async function matchCode(
  deps: Deps,
  account: Account,
  presented: PresentedFactor,
): Promise<Matched | undefined> {
  const matched = await matchFactor(deps, account, presented)
  return matched && { ...matched, amr: [matched.method === 'totp' ? 'otp' : 'rc'] }
}

/** Behind a first step a passkey need not have verified its user. */
async function matchPasskey(
  deps: Deps,
  account: Account,
  { passkey: challenge }: Opened,
  credential: AssertionCredential,
): Promise<Matched | undefined> {
  const found = await findPasskey(deps, credential.id)
  if (!challenge || found?.account.accountState.subject !== account.accountState.subject) {
    return undefined
  }
  try {
    const { presented, amr } = await verifyPasskey(deps, found, challenge, credential)
    return { method: 'passkey', amr, step: null, passkey: presented }
  } catch (error) {
    if (error instanceof DomainError && error.code === 'invalid_passkey') return undefined
    throw error
  }
}
