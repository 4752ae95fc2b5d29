/**
 * The parameters of an authorization request (RFC 6749 section 4.1.1, RFC 7636, RFC 8707, OpenID Connect Core
 * section 3.1.2.1). Unknown ones are ignored.
 */
import * as z from 'zod'
import { strengthOfAcr } from '../app-tokens/acr'
import type { AppMap } from '../apps/app-map'
import {
  type Prompt,
  PROMPTS,
  RESPONSE_MODES,
  type ResponseMode,
} from '../apps/authorization-values'
import { isStandardScope, resourcesOf, SCOPE_NAME } from '../apps/scopes'
import type { Strength } from '../events'
import { OAuthError } from '../http/oauth-error'
import { parametersOf } from '../http/oauth-route'
import { once } from '../once'
import type { CodeBinding } from '../sessions/app-session-types'
import { askedAtIn } from './authorize-path'
import type { RedirectTarget } from './redirect-target'
import { type ClaimsParameter, claimsParameter } from './requested-claims'

export interface AuthorizationRequest {
  readonly scopes: readonly string[]
  readonly resources: readonly string[]
  readonly claims: ClaimsParameter['requested']
  readonly binding: CodeBinding
  readonly prompts: ReadonlySet<Prompt>
  /** Seconds. */
  readonly maxAge: number | undefined
  readonly askedAt: number | undefined
  readonly idTokenHint: string | undefined
  /** The `sub` that the user must have, by the parameter `claims`. */
  readonly sub: string | undefined
  readonly acr: WantedStrength
}

/** The request is refused if the user cannot give an essential value. Others are optional. */
export interface WantedStrength {
  readonly strength: Strength
  readonly isEssential: boolean
}

/** How an answer is delivered, which is known before the rest of the request is looked at. */
export interface Delivery {
  readonly mode: ResponseMode
  readonly state: string | undefined
}

const MAX_STATE_CHARS = 4_096
const MAX_NONCE_CHARS = 512

/** Wrong values fall back to what every app understands; parseRequest refuses them. */
export function deliveryOf(sent: URLSearchParams, redirectUri: string): Delivery {
  const [modes, states] = [sent.getAll('response_mode'), sent.getAll('state')]
  const isPosted = modes.length === 1 && modes[0] === 'form_post' && isWeb(redirectUri)
  return {
    mode: isPosted ? 'form_post' : 'query',
    state: states.length === 1 ? states[0] || undefined : undefined,
  }
}

const isWeb = (uri: string): boolean => /^https?:/i.test(uri)

const Parameters = once(() =>
  z.object({
    response_type: z.string(),
    response_mode: z.string().optional(),
    scope: z.string().max(2_000).optional(),
    state: z.string().max(MAX_STATE_CHARS).optional(),
    nonce: z.string().max(MAX_NONCE_CHARS).optional(),
    code_challenge: z
      .string()
      .regex(/^[A-Za-z0-9_-]{43}$/)
      .optional(),
    code_challenge_method: z.string().optional(),
    prompt: z.string().max(100).optional(),
    max_age: z
      .string()
      .regex(/^\d{1,9}$/)
      .optional(),
    id_token_hint: z.string().optional(),
    acr_values: z.string().max(500).optional(),
    claims: z.string().optional(),
    resource: z.array(z.string().max(500)).max(10).optional(),
    request: z.string().optional(),
    request_uri: z.string().optional(),
    registration: z.string().optional(),
  }),
)
type Sent = z.output<ReturnType<typeof Parameters>>

/** The request, for an app and a redirect URI that are right. Throws OAuthError. */
export function parseRequest(
  map: AppMap,
  { app, redirectUri }: RedirectTarget,
  query: URLSearchParams,
): AuthorizationRequest {
  const sent = read(query)
  requireCode(sent, redirectUri)
  const codeChallenge = challengeOf(sent, app)
  const prompts = promptsOf(sent)
  const { scopes, resources } = requestedGrant(map, app, sent)
  // A user who is asked for scopes must not give more by the names of claims.
  const claims = claimsParameter(sent.claims, app.isFirstParty ? app.scopes : scopes)
  return {
    scopes,
    resources,
    claims: claims.requested,
    binding: { redirectUri, codeChallenge, nonce: sent.nonce ?? null },
    prompts,
    maxAge: sent.max_age === undefined ? undefined : Number(sent.max_age),
    askedAt: askedAtIn(query),
    idTokenHint: sent.id_token_hint,
    sub: claims.sub,
    acr: strengthWanted(sent, claims),
  }
}

function read(query: URLSearchParams): Sent {
  const result = Parameters().safeParse(parametersOf(query))
  if (result.success) return result.data
  const names = [...new Set(result.error.issues.map(({ path }) => String(path[0])))]
  throw new OAuthError('invalid_request', `Missing or invalid: ${names.join(', ')}`)
}

/** RFC 6749 section 4.1.2.1; OpenID Connect Core sections 3.1.2.6 and 6. */
function requireCode(sent: Sent, redirectUri: string): void {
  if (sent.request !== undefined) {
    throw new OAuthError('request_not_supported', 'Send the parameters themselves')
  }
  if (sent.request_uri !== undefined) {
    throw new OAuthError('request_uri_not_supported', 'Send the parameters themselves')
  }
  if (sent.registration !== undefined) {
    throw new OAuthError('registration_not_supported', 'Register the app first')
  }
  if (sent.response_type !== 'code') {
    throw new OAuthError('unsupported_response_type', 'Only response_type=code is supported')
  }
  const mode = sent.response_mode ?? 'query'
  if (!(RESPONSE_MODES as readonly string[]).includes(mode)) {
    throw new OAuthError('unsupported_response_mode', 'Use response_mode query or form_post')
  }
  if (mode === 'form_post' && !isWeb(redirectUri)) {
    throw new OAuthError('unsupported_response_mode', 'form_post needs a URL to post to')
  }
}

/**
 * PKCE. `plain` is refused, also as the method that RFC 7636 section 4.3 means when none is named: it protects
 * nothing once the request is seen.
 */
function challengeOf(sent: Sent, { pkce, authMethod }: RedirectTarget['app']): string | null {
  const { code_challenge: challenge, code_challenge_method: method } = sent
  if (challenge === undefined && method === undefined) {
    if (pkce === 'optional' && authMethod !== 'none') return null
    throw new OAuthError('invalid_request', 'code_challenge is missing: this app must use PKCE')
  }
  if (challenge === undefined || method !== 'S256') {
    throw new OAuthError('invalid_request', 'Send code_challenge with code_challenge_method=S256')
  }
  return challenge
}

function promptsOf({ prompt = '' }: Sent): ReadonlySet<Prompt> {
  const prompts = new Set<Prompt>()
  for (const value of prompt.split(' ').filter((each) => each !== '')) {
    const known = PROMPTS.find((each) => each === value)
    if (!known) throw new OAuthError('invalid_request', 'Unknown value of prompt')
    prompts.add(known)
  }
  if (prompts.has('none') && prompts.size > 1) {
    throw new OAuthError('invalid_request', 'prompt=none stands alone')
  }
  return prompts
}

interface Grant {
  readonly scopes: readonly string[]
  readonly resources: readonly string[]
}

/**
 * Scopes that the app may not ask for are left out, but one must remain (OpenID Connect Core section 3.1.2.1,
 * RFC 6749 section 3.3). A request without scopes that names resources gets those of the resources.
 */
export function requestedGrant(
  map: AppMap,
  app: RedirectTarget['app'],
  sent: Pick<Sent, 'scope' | 'resource'>,
): Grant {
  const named = sent.resource && [...new Set(sent.resource)]
  const found = resourcesOf(map, app, named ?? app.resources)
  if (named && !found) throw new OAuthError('invalid_target', 'Unknown resource for this app')
  // An app may list a resource that was deleted since.
  const offering = found ?? app.resources.flatMap((each) => resourcesOf(map, app, [each]) ?? [])
  const offered = new Set(offering.flatMap(({ scopes }) => scopes.map(({ name }) => name)))
  const isOpen = (name: string) =>
    app.scopes.includes(name) && (isStandardScope(name) || offered.has(name))
  const asked =
    sent.scope?.split(' ').filter((name) => SCOPE_NAME.test(name)) ?? (named ? [...offered] : [])
  const scopes = [...new Set(asked)].filter(isOpen)
  if (scopes.length === 0) {
    throw new OAuthError('invalid_scope', 'None of these scopes is open to this app')
  }
  const isUsed = (resource: (typeof offering)[number]) =>
    named !== undefined || resource.scopes.some(({ name }) => scopes.includes(name))
  return { scopes, resources: offering.filter(isUsed).map(({ identifier }) => identifier) }
}

/** OpenID Connect Core sections 3.1.2.1 (`acr_values`) and 5.5.1.1 (the claim `acr`). */
function strengthWanted(sent: Sent, claims: ClaimsParameter): WantedStrength {
  const strengthsOf = (values: readonly string[]) =>
    values.flatMap((value) => strengthOfAcr(value) ?? [])
  if (claims.essentialAcr) {
    const strengths = strengthsOf(claims.essentialAcr)
    if (strengths.length === 0) {
      throw new OAuthError('unmet_authentication_requirements', 'None of these acr values exists')
    }
    return { strength: strengths.includes(1) ? 1 : 2, isEssential: true }
  }
  const wished = strengthsOf([...claims.acr, ...(sent.acr_values?.split(' ') ?? [])])
  return { strength: wished[0] ?? 1, isEssential: false }
}
