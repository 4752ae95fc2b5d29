/** The answer to every completed sign-in, and what opening a session takes. */
import * as z from 'zod'
import { answerSchema } from '../answer-schema'
import { type Deps, deviceOf } from '../context'
import { signToken } from '../crypto/signed-token'
import { DomainError } from '../errors'
import type { Amr, SignInMethod } from '../events'
import { requiredActionOf } from '../rbac/required-action'
import { syncAccountState } from '../sessions/account-state'
import type { AccountState, DeviceTrust, Session, SessionRequest } from '../sessions/session-types'
import { signAccessToken } from '../sessions/tokens/access-token'
import { type Account, accountBySubject } from '../users/account'
import { User } from '../users/user-view'

export const SignInAnswer = answerSchema(() =>
  z
    .object({
      access_token: z.string(),
      token_type: z.literal('bearer'),
      expires_in: z.int().meta({ description: 'Seconds until the access token expires' }),
      refresh_token: z.string().nullable(),
      session_id: z.string(),
      restricted: z.enum(['password_expired', 'two_factor_required']).nullable(),
      device_token: z.string().optional().meta({
        description:
          'Only for a trusted browser: send it with the next sign-in, which answers a new one',
      }),
      user: User,
    })
    .meta({ id: 'Login' }),
)
export type SignInAnswer = z.output<typeof SignInAnswer>

/** What kind of session to open after a sign-in has passed every step. */
export interface SignInMode {
  readonly rememberMe: boolean
  readonly method: SignInMethod
  readonly amr: readonly Amr[]
}

/** The session request, from the settings and the client. */
export const sessionRequest = (deps: Deps, mode: SignInMode): SessionRequest => ({
  ttlSeconds: mode.rememberMe
    ? deps.config.REMEMBERED_SESSION_TTL_SECONDS
    : deps.config.SESSION_TTL_SECONDS,
  isRemembered: mode.rememberMe,
  method: mode.method,
  amr: mode.amr,
  device: deviceOf(deps),
})

/**
 * Calls the user's object with an account that has been checked. If the object knows a newer
 * account state, reads the account again and calls once more. Throws `invalid_credentials` if what
 * the first step proved no longer holds, or the second factor has been turned on or off.
 */
export async function withFreshAccount<R extends { status: string }>(
  deps: Deps,
  checked: Account,
  stillHolds: (account: Account) => boolean,
  ask: (account: Account) => Promise<R>,
): Promise<{ result: R; account: Account }> {
  const result = await ask(checked)
  if (result.status !== 'stale') return { result, account: checked }
  const { subject, isSecondFactorEnabled } = checked.accountState
  // Also updates the object, and raises the versions in D1 if D1 was restored to an earlier state.
  await syncAccountState(deps, subject)
  const account = await accountBySubject(deps, subject)
  const isSame =
    account !== undefined &&
    stillHolds(account) &&
    account.accountState.isSecondFactorEnabled === isSecondFactorEnabled
  if (!isSame) throw new DomainError('invalid_credentials')
  return { result: await ask(account), account }
}

/** The response for a live session: a new access token, and a refresh token if it is remembered. */
export async function signInAnswer(
  deps: Deps,
  user: User,
  live: {
    session: Session
    accountState: AccountState
    generation: number
    trust?: DeviceTrust | undefined
  },
): Promise<SignInAnswer> {
  const { session, accountState, generation, trust } = live
  const restricted = await requiredActionOf(deps, accountState, session)
  const { token, expiresIn } = await signAccessToken(deps, {
    userId: user.id,
    sid: session.sid,
    sessionExpiresAt: session.expiresAt,
    isRestricted: restricted !== null,
    roles: user.roles,
  })
  const { subject } = accountState
  return {
    access_token: token,
    token_type: 'bearer',
    expires_in: expiresIn,
    refresh_token: session.isRemembered
      ? await signToken(deps.config.TOKEN_KEYS, 'refresh', {
          subject,
          sid: session.sid,
          n: generation,
        })
      : null,
    session_id: session.sid,
    restricted,
    ...(trust && {
      device_token: await signToken(deps.config.TOKEN_KEYS, 'device', {
        subject,
        did: trust.id,
        n: trust.generation,
      }),
    }),
    user,
  }
}
