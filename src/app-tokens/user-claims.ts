/** The claims about a user that apps get (OpenID Connect Core section 5), by scope or by name. */
import { eq } from 'drizzle-orm'
import type { Deps } from '../context'
import { permissionsOf, roleNames } from '../rbac/permissions'
import { roleMap } from '../rbac/role-map'
import { users } from '../tables/users'
import type { LiveGrant } from './live-grant'

/** Each claim with the scope that brings it. `sub` is always there. */
const SCOPE_OF_CLAIM = {
  name: 'profile',
  picture: 'profile',
  locale: 'profile',
  updated_at: 'profile',
  email: 'email',
  email_verified: 'email',
  roles: 'roles',
  permissions: 'permissions',
} as const
type Claim = keyof typeof SCOPE_OF_CLAIM

export const USER_CLAIMS = Object.keys(SCOPE_OF_CLAIM) as Claim[]

/**
 * The scopes that cover these claims. A claim that is requested by name (section 5.5) is given only if its scope is
 * (app-sign-in/requested-claims.ts).
 */
export const scopesOfClaims = (names: readonly string[]): string[] => [
  ...new Set(USER_CLAIMS.filter((claim) => names.includes(claim)).map(scopeOf)),
]

const scopeOf = (claim: Claim): string => SCOPE_OF_CLAIM[claim]

/** The values of all claims that these scopes bring, and of those that were requested by name. */
export async function claimsFor(
  deps: Deps,
  live: LiveGrant,
  wanted: { readonly scopes: readonly string[]; readonly names: readonly string[] },
): Promise<Record<string, unknown>> {
  const claims = USER_CLAIMS.filter(
    (claim) =>
      wanted.scopes.includes(scopeOf(claim)) ||
      (wanted.names.includes(claim) && mayNameClaim(live, claim)),
  )
  const values = {
    ...(await profileOf(deps, live, claims)),
    ...(await accessOf(deps, live, claims)),
  }
  // A claim without a value is left out (section 5.3.2).
  return Object.fromEntries(
    claims.flatMap((claim) => {
      const value = values[claim]
      return value === undefined || value === null ? [] : [[claim, value] as const]
    }),
  )
}

/** A third-party app gets no claim by its name unless the user has granted the claim's scope. */
const mayNameClaim = ({ app, appSession }: LiveGrant, claim: Claim): boolean =>
  appSession.scopes.includes(scopeOf(claim)) ||
  (app.isFirstParty && app.scopes.includes(scopeOf(claim)))

type Values = Partial<Record<Claim, unknown>>

/** One query, if any of these claims is in D1. */
async function profileOf(
  deps: Deps,
  { accountState }: LiveGrant,
  claims: readonly Claim[],
): Promise<Values> {
  if (!claims.some((claim) => ['profile', 'email'].includes(scopeOf(claim)))) return {}
  const [row] = await deps.db
    .select({
      fullName: users.fullName,
      avatarUrl: users.avatarUrl,
      language: users.language,
      updatedAt: users.updatedAt,
      email: users.email,
      emailVerifiedAt: users.emailVerifiedAt,
    })
    .from(users)
    .where(eq(users.id, accountState.userId))
  if (!row) return {}
  return {
    name: row.fullName,
    picture: row.avatarUrl,
    locale: row.language,
    updated_at: Math.floor(row.updatedAt / 1000),
    email: row.email,
    email_verified: row.emailVerifiedAt !== null,
  }
}

/** As the user's object knows the roles at this moment. */
async function accessOf(
  deps: Deps,
  { accountState }: LiveGrant,
  claims: readonly Claim[],
): Promise<Values> {
  if (!claims.includes('roles') && !claims.includes('permissions')) return {}
  const map = await roleMap(deps)
  return {
    roles: roleNames(map, accountState.roleIds),
    permissions: permissionsOf(map, accountState.roleIds),
  }
}
