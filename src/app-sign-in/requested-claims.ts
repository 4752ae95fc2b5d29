/** The parameter `claims` (OpenID Connect Core section 5.5). */
import * as z from 'zod'
import { scopesOfClaims } from '../app-tokens/user-claims'
import { OAuthError } from '../http/oauth-error'
import { once } from '../once'
import type { RequestedClaims } from '../sessions/app-session-types'

const MAX_CLAIMS = 30

const Wish = once(() =>
  z
    .looseObject({
      essential: z.boolean().optional(),
      value: z.unknown().optional(),
      values: z.array(z.unknown()).optional(),
    })
    .nullable(),
)
const Wishes = once(() => z.record(z.string(), Wish()).optional())
const Claims = once(() => z.looseObject({ userinfo: Wishes(), id_token: Wishes() }))

type Wished = Readonly<Record<string, z.output<ReturnType<typeof Wish>>>>

export interface ClaimsParameter {
  readonly requested: RequestedClaims
  /** The `sub` that the user must have. */
  readonly sub: string | undefined
  /** The sign-in must have one of these `acr` values. */
  readonly essentialAcr: readonly string[] | undefined
  /** The `acr` values that are wished for, the preferred first. */
  readonly acr: readonly string[]
}

const NONE: ClaimsParameter = {
  requested: { userinfo: [], idToken: [] },
  sub: undefined,
  essentialAcr: undefined,
  acr: [],
}

/** Unknown claims and members are ignored. `scopes`: those that cover claims. Throws `invalid_request`. */
export function claimsParameter(
  text: string | undefined,
  scopes: readonly string[],
): ClaimsParameter {
  if (text === undefined) return NONE
  const { userinfo = {}, id_token: idToken = {} } = read(text)
  const { acr, sub } = idToken
  const acrValues = [acr?.value, ...(acr?.values ?? [])].filter((each) => typeof each === 'string')
  const subs = [sub?.value, userinfo['sub']?.value].filter((each) => typeof each === 'string')
  if (new Set(subs).size > 1) throw new OAuthError('invalid_request', 'claims: two values of sub')
  return {
    requested: { userinfo: covered(userinfo, scopes), idToken: covered(idToken, scopes) },
    sub: subs[0],
    essentialAcr: acr?.essential === true && acrValues.length > 0 ? acrValues : undefined,
    acr: acrValues,
  }
}

function read(text: string) {
  try {
    const read = Claims().parse(JSON.parse(text))
    const isTooMany = [read.userinfo, read.id_token].some(
      (wishes) => Object.keys(wishes ?? {}).length > MAX_CLAIMS,
    )
    if (!isTooMany) return read
  } catch {
    // Refused below.
  }
  throw new OAuthError('invalid_request', 'claims must be an object of OpenID Connect Core 5.5')
}

/** A claim is given only if its scope is granted, also when it is requested by name. */
const covered = (wishes: Wished, scopes: readonly string[]): string[] =>
  Object.keys(wishes).filter((name) =>
    scopesOfClaims([name]).some((scope) => scopes.includes(scope)),
  )
