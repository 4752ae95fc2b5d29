/**
 * One attempt to sign in: what binds the answer to the browser that asked. Each attempt has its own state,
 * nonce and code verifier, so any number may run at once.
 */
import { toBase64url } from './base64url.ts'
import type { Provider } from './discovery.ts'
import { oauthError, refused } from './failure.ts'

export interface Attempt {
  readonly nonce: string
  /** The verifier of PKCE (RFC 7636). The code cannot be redeemed without it. */
  readonly verifier: string
  readonly returnTo: string
  /** Milliseconds since 1970. */
  readonly begunAt: number
  readonly maxAge?: number | undefined
  /** With `prompt=none`, not being signed in is no failure. */
  readonly isSilent?: boolean | undefined
}

/** How long a user may take to sign in: they may have to wait for an email. */
export const ATTEMPT_LIFE_MS = 3_600_000

/** 256 random bits. */
export const random = (): string => toBase64url(crypto.getRandomValues(new Uint8Array(32)))

export const newAttempt = (returnTo: string): Attempt => ({
  nonce: random(),
  verifier: random(),
  returnTo,
  begunAt: Date.now(),
})

export const isExpired = ({ begunAt }: Attempt): boolean => begunAt + ATTEMPT_LIFE_MS < Date.now()

/** What a sign-in may ask for. Every field is a parameter of the authorize endpoint. */
export interface SignInRequest {
  /** `none` asks no questions: without a session at the service the answer is that nobody is signed in. */
  readonly prompt?: 'none' | 'login' | 'consent' | 'select_account' | 'create' | undefined
  /** The address that the form is filled in with. */
  readonly loginHint?: string | undefined
  /** The user must have proved who they are within as many seconds. */
  readonly maxAge?: number | undefined
  /** How strong the sign-in has to be, such as `urn:gatehouse:acr:2`. */
  readonly acrValues?: string | undefined
  /** Languages of the pages, such as `de`. */
  readonly uiLocales?: string | undefined
}

/** A claim is given if its scope is granted (OpenID Connect Core, section 5.5). */
const CLAIMS = JSON.stringify({ id_token: { name: null, email: null, email_verified: null } })

/** The address that the browser is sent to (RFC 6749, section 4.1.1, with RFC 7636). */
export async function authorizeUrl(
  { authorizationEndpoint }: Provider,
  app: {
    readonly clientId: string
    readonly redirectUri: string
    readonly scope: string
    readonly resource?: string | undefined
  },
  state: string,
  { nonce, verifier }: Attempt,
  { prompt, loginHint, maxAge, acrValues, uiLocales }: SignInRequest,
): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))
  const url = new URL(authorizationEndpoint)
  const parameters = {
    response_type: 'code',
    client_id: app.clientId,
    redirect_uri: app.redirectUri,
    scope: app.scope,
    resource: app.resource,
    state,
    nonce,
    code_challenge: toBase64url(new Uint8Array(digest)),
    code_challenge_method: 'S256',
    prompt,
    login_hint: loginHint,
    max_age: maxAge?.toString(),
    acr_values: acrValues,
    ui_locales: uiLocales,
    // A token for an API is refused by userinfo, so the ID token has to name the user.
    claims: app.resource === undefined ? undefined : CLAIMS,
  }
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) url.searchParams.set(name, value)
  }
  return url.href
}

/**
 * Returns the code of an answer. Throws the service's error, or `wrong_issuer` for an answer of another
 * service, which must not get this one's code (RFC 9207, section 2.4).
 */
export function codeOf(answer: URLSearchParams, { issuer, namesIssuer }: Provider): string {
  const [iss, error, code] = ['iss', 'error', 'code'].map((name) => {
    const values = answer.getAll(name)
    if (values.length > 1) throw refused('invalid_answer', `The answer has more than one ${name}`)
    return values[0]
  })
  if (iss === undefined ? namesIssuer : iss !== issuer) {
    throw refused('wrong_issuer', `The answer is of ${iss ?? 'nobody'}, and not of ${issuer}`)
  }
  if (error !== undefined) throw oauthError(error, answer.get('error_description'))
  if (!code) throw refused('invalid_answer', 'The answer has no code')
  return code
}

/** Returns the path of a place in the same origin, and `/` for anything else. */
export function pathWithin(origin: string, place: string): string {
  if (!URL.canParse(place, origin)) return '/'
  const url = new URL(place, origin)
  // A path such as //other.example leads elsewhere in the browser.
  return url.origin === origin && !url.pathname.startsWith('//')
    ? url.pathname + url.search + url.hash
    : '/'
}
