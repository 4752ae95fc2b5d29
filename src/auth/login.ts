/** The Login answer and the opening of the session behind it: the last step of every way to sign in. */
import { z } from 'zod'
import type { Deps } from '../context'
import { sealToken } from '../crypto/sealed-token'
import { DomainError } from '../errors'
import type { SignInMethod } from '../events'
import { signAccessToken } from '../sessions/access-token'
import { sessionsOf, syncAuthority } from '../sessions/authority'
import { restrictionOf } from '../sessions/restriction'
import type { Authority, Session } from '../sessions/session-types'
import { User } from '../users/user-view'
import { type Account, accountBySubject } from './account'

export const Login = z
  .object({
    access_token: z.string(),
    token_type: z.literal('bearer'),
    expires_in: z.int().meta({ description: 'Seconds' }),
    refresh_token: z.string().nullable(),
    session_id: z.string(),
    restricted: z.enum(['password_expired', 'two_factor_required']).nullable(),
    user: User,
  })
  .meta({ id: 'Login' })
export type Login = z.output<typeof Login>

/**
 * Opens a session for an account whose credentials have been checked. Should the object know a newer
 * authority than they were checked against, the truth is read again, and unless the credentials
 * are still the same the sign-in has lost the race. Throws `invalid_credentials`, `account_not_active`.
 */
export async function openLogin(
  deps: Deps,
  checked: Account,
  how: { rememberMe: boolean; method: SignInMethod },
): Promise<Login> {
  const { config } = deps
  const open = (account: Account) =>
    sessionsOf(deps, account.authority.subject, account.region).openSession({
      authority: account.authority,
      ttlSeconds: how.rememberMe
        ? config.REMEMBERED_SESSION_TTL_SECONDS
        : config.SESSION_TTL_SECONDS,
      isRemembered: how.rememberMe,
      method: how.method,
      device: {
        ip: deps.client.ip,
        country: deps.client.country,
        userAgent: deps.client.userAgent,
      },
    })
  let account = checked
  let result = await open(account)
  if (result.status === 'stale') {
    account = await readAgain(deps, checked)
    result = await open(account)
  }
  if (result.status !== 'opened') throw new DomainError('account_not_active')
  return loginAnswer(deps, account.user, { ...result, n: 0 })
}

async function readAgain(deps: Deps, checked: Account): Promise<Account> {
  // Tells the object too, and raises a D1 that was set back past it.
  await syncAuthority(deps, checked.authority.subject)
  const account = await accountBySubject(deps, checked.authority.subject)
  if (!account || account.hashedPassword !== checked.hashedPassword) {
    throw new DomainError('invalid_credentials')
  }
  const { isTwoFactorEnabled } = account.authority
  if (isTwoFactorEnabled !== checked.authority.isTwoFactorEnabled) {
    throw new DomainError('invalid_credentials')
  }
  return account
}

/** The answer for a live session: a fresh access token, and a refresh token if it is remembered. */
export async function loginAnswer(
  deps: Deps,
  user: User,
  live: { session: Session; authority: Authority; n: number },
): Promise<Login> {
  const { session, authority, n } = live
  const restricted = restrictionOf(deps, authority)
  const { token, expiresIn } = await signAccessToken(deps, {
    userId: user.id,
    sid: session.sid,
    sessionExpiresAt: session.expiresAt,
    isRestricted: restricted !== null,
    roles: user.roles,
  })
  const { subject } = authority
  return {
    access_token: token,
    token_type: 'bearer',
    expires_in: expiresIn,
    refresh_token: session.isRemembered
      ? await sealToken(deps.config.TOKEN_KEYS, 'refresh', { subject, sid: session.sid, n })
      : null,
    session_id: session.sid,
    restricted,
    user,
  }
}
