/** The visitor of a page: the user of the session that the cookie names, if the page's access admits them. */
import type { Context } from 'hono'
import { admit } from '../../access/guard'
import { isProved } from '../../access/recent-proof'
import type { Deps, WriteKind } from '../../context'
import { verifyToken } from '../../crypto/signed-token'
import { DomainError } from '../../errors'
import type { AppEnv } from '../../http/route'
import { hasPermission } from '../../rbac/permissions'
import { roleMap } from '../../rbac/role-map'
import { type CheckedSession, liveSession } from '../../sessions/require-session'
import { findUser } from '../../users/user-view'
import { readCookie } from './cookies'
import { CONSOLE_PERMISSIONS, isConsole, type Page, type PageAccess, type Visitor } from './page'

/** What the guard is asked for. `anyOf` is checked after it. */
function askedOf(access: Exclude<PageAccess, 'anyone'>) {
  if (access === 'visitor') return 'any_session'
  return typeof access === 'object' && 'anyOf' in access ? 'session' : access
}

/**
 * What a request of a signed-in user counts as. In the console every request counts, since views are logged
 * there; elsewhere only what is posted.
 */
export function writeOf(
  { access, counting }: Pick<Page, 'access' | 'counting'>,
  method: string,
): WriteKind | undefined {
  if (isConsole(access)) return 'staff'
  return method === 'POST' && counting !== 'never' ? 'own' : undefined
}

/** The visitor, by the session cookie and one call to the user's object. Throws what the guard throws. */
export async function findVisitor(c: Context<AppEnv>, page: Page): Promise<Visitor | null> {
  const { access } = page
  if (access === 'anyone') return null
  const deps = c.get('deps')
  const claims = await namedSession(deps, readCookie(c, deps.config, 'session'))
  if (!claims && access === 'visitor') return null
  if (!claims) throw new DomainError('invalid_access_token')
  try {
    const checked = await liveSession(deps, claims.sid, writeOf(page, c.req.method))
    return await toVisitor(deps, access, checked)
  } catch (error) {
    const code = error instanceof DomainError ? error.code : undefined
    if (code === 'invalid_access_token' && access === 'visitor') return null
    if (code === 'too_many_attempts' && page.counting === 'or_nobody') return null
    throw error
  }
}

async function toVisitor(
  deps: Deps,
  access: Exclude<PageAccess, 'anyone'>,
  checked: CheckedSession,
): Promise<Visitor> {
  const principal = await admit(deps, askedOf(access), checked)
  const user = await findUser(deps, { subject: principal.subject })
  if (!user) throw new DomainError('invalid_access_token')
  const map = await roleMap(deps)
  const holdsAny = (names: readonly string[]) =>
    names.some((name) => hasPermission(map, principal.roleIds, name))
  if (typeof access === 'object' && 'anyOf' in access && !holdsAny(access.anyOf)) {
    throw new DomainError('forbidden')
  }
  const consolePermissions =
    principal.requiredAction === null ? CONSOLE_PERMISSIONS.filter((name) => holdsAny([name])) : []
  return { principal, user, consolePermissions, isProved: isProved(deps, principal) }
}

/** The user of a session that a page has found live itself. Throws `invalid_access_token` without an account. */
export const visitorOf = (deps: Deps, checked: CheckedSession): Promise<Visitor> =>
  toVisitor(deps, 'visitor', checked)

/** The session that the cookie names. Whether it is live, only the user's object knows. */
export async function namedSession(
  { config }: Pick<Deps, 'config'>,
  cookie: string | undefined,
): Promise<{ readonly sid: string } | undefined> {
  return cookie === undefined ? undefined : verifyToken(config.TOKEN_KEYS, 'page', cookie)
}
