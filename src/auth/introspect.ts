/**
 * Token introspection (RFC 7662): whether an access token may be acted on at this moment, by asking
 * its user's object as every request does. Whatever may not, for whichever reason, is one answer.
 */
import { decodeJwt } from 'jose'
import { type Deps, NO_CLIENT } from '../context'
import { DomainError } from '../errors'
import { permissionsOf, roleNames } from '../rbac/permissions'
import { restrictionOf } from '../rbac/restriction'
import { roleMap } from '../rbac/role-map'
import { requireSession } from '../sessions/require-session'

export interface ActiveToken {
  readonly active: true
  /** The user id. */
  readonly sub: string
  readonly sid: string
  readonly scope: string
  readonly roles: string[]
  readonly token_type: 'Bearer'
  readonly iss: string
  readonly aud: string
  readonly jti: string
  /** Seconds since the epoch. */
  readonly iat: number
  readonly exp: number
}

export const INACTIVE = { active: false } as const

/** What an access token is good for now. Throws only what is our fault. */
export async function introspect(
  deps: Deps,
  token: string,
): Promise<ActiveToken | typeof INACTIVE> {
  // The one who asks is not the one who is active.
  const checked = await requireSession({ ...deps, client: NO_CLIENT }, token).catch(ifRefused)
  if (!checked || (await restrictionOf(deps, checked.authority))) return INACTIVE
  const { iss, aud, jti, iat, exp } = decodeJwt<Claims>(token)
  const { userId, roleIds } = checked.authority
  const map = await roleMap(deps)
  return {
    active: true,
    sub: String(userId),
    sid: checked.session.sid,
    scope: permissionsOf(map, roleIds).join(' '),
    roles: roleNames(map, roleIds),
    token_type: 'Bearer',
    iss,
    aud,
    jti,
    iat,
    exp,
  }
}

/** Present in every token that verifies. */
type Claims = Pick<ActiveToken, 'iss' | 'aud' | 'jti' | 'iat' | 'exp'>

const ifRefused = (error: unknown): undefined => {
  if (!(error instanceof DomainError && error.code === 'invalid_access_token')) throw error
}
