/**
 * The fields of an app as admins give them. The schemas know shapes and sizes; app-rules.ts knows what fits
 * together. Every app is in the memory of every isolate, so all lists are short.
 */
import * as z from 'zod'
import { APP_AUTH_METHODS, APP_KINDS, ID_TOKEN_ALGS, PKCE_MODES } from '../tables/apps'
import { nameField } from '../texts/name-field'
import { type AppKind, MAX_URI_CHARS } from './redirect-uri'
import { SCOPE_NAME } from './scopes'

export const MAX_URIS = 20
const MAX_APP_SCOPES = 100
const MAX_APP_RESOURCES = 20
const MAX_JWKS_KEYS = 10
const MAX_JWKS_CHARS = 16_000
export const MAX_NAME_CHARS = 100

const uri = () => z.string().min(1).max(MAX_URI_CHARS)
/** A client id where it names an app that should exist. */
export const clientIdField = () => z.string().min(1).max(MAX_URI_CHARS)
const siteUri = (description: string) => uri().nullable().meta({ description })
const distinct = <T>(items: readonly T[]) => new Set(items).size === items.length
const REPEATED = { message: 'Names something twice', params: { code: 'repeated' } }
const list = (item: z.ZodString, max: number) => z.array(item).max(max).refine(distinct, REPEATED)

/** RFC 7518 section 6. A private key must not come here, so a key with one is refused, not trimmed. */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']
const BASE64URL = /^[\w-]{1,1500}$/
/** 2,048 bits. */
const MIN_MODULUS_CHARS = 342

const jwk = () =>
  z.looseObject({ kty: z.enum(['EC', 'RSA']) }).superRefine((key, ctx) => {
    const refuse = (code: string, message: string) =>
      ctx.addIssue({ code: 'custom', message, params: { code } })
    if (PRIVATE_MEMBERS.some((name) => name in key)) {
      refuse('private_key', 'This is a private or secret key. Give the public one')
    }
    if (!isPublicKey(key))
      refuse('invalid_key', 'Not a public key of P-256, or of RSA with 2,048 bits')
  })

const isPublicKey = ({ kty, crv, x, y, n, e, kid }: Record<string, unknown>): boolean => {
  const isText = (value: unknown): value is string =>
    typeof value === 'string' && BASE64URL.test(value)
  if (kid !== undefined && (typeof kid !== 'string' || kid.length > 200)) return false
  return kty === 'EC'
    ? crv === 'P-256' && isText(x) && isText(y)
    : isText(n) && n.length >= MIN_MODULUS_CHARS && isText(e)
}

export const publicJwks = () => z.object({ keys: z.array(jwk()).min(1).max(MAX_JWKS_KEYS) })

const jwksField = () =>
  publicJwks()
    .nullable()
    .refine((jwks) => JSON.stringify(jwks).length <= MAX_JWKS_CHARS, {
      message: 'Too large',
      params: { code: 'too_big' },
    })
    .meta({
      description:
        'The public keys of the app (RFC 7517), P-256 or RSA, with `private_key_jwt`; otherwise `null`',
    })

export { APP_KINDS }

/** The fields that can be changed later. */
const changeable = () => ({
  name: nameField(MAX_NAME_CHARS, 'Orders'),
  redirect_uris: list(uri(), MAX_URIS).meta({
    description: 'Where users return to after they sign in. Compared as exact strings',
    example: ['https://orders.example.com/callback'],
  }),
  post_logout_redirect_uris: list(uri(), MAX_URIS).meta({
    description: 'Where users may return to after they sign out',
  }),
  backchannel_logout_uri: siteUri(
    'Notified when a session of the app ends (OpenID Connect Back-Channel Logout)',
  ),
  initiate_login_uri: siteUri('Begins a sign-in at the app (OpenID Connect Core section 4)'),
  scopes: list(z.string().regex(SCOPE_NAME), MAX_APP_SCOPES).meta({
    description: 'The scopes that it may ask for',
    example: ['openid', 'profile', 'email'],
  }),
  resources: list(uri(), MAX_APP_RESOURCES).meta({
    description: 'The identifiers of the APIs that it may ask for',
  }),
  pkce: z.enum(PKCE_MODES).meta({ description: '`optional` only for `web`' }),
  auth_method: z.enum(APP_AUTH_METHODS).meta({
    description: 'How the app authenticates at the token endpoint. `none` for `spa` and `native`',
  }),
  jwks: jwksField(),
  id_token_alg: z.enum(ID_TOKEN_ALGS),
  device_flow: z.boolean().meta({
    description:
      'Whether devices without a browser may sign in to it (RFC 8628). Only for `web` and `native`. Attackers send device codes to people, so leave it off unless such devices exist',
  }),
  required_permission: z
    .string()
    .min(1)
    .max(100)
    .nullable()
    .meta({ description: 'Only users with it may use the app; `null`: every active user may' }),
  logo_uri: siteUri('A picture for the page that asks for consent'),
  policy_uri: siteUri('Its privacy policy'),
  tos_uri: siteUri('Its terms of service'),
  enabled: z
    .boolean()
    .meta({ description: 'A disabled app can do nothing, and its tokens are refused' }),
})

const kindField = () =>
  z.enum(APP_KINDS).meta({
    description:
      '`web`: has a server; `spa`: runs in the browser; `native`: on a phone, a desktop or a command line; `machine`: acts for itself, without users',
  })

/** The fields of a new app. What is left out is filled by `completed`. */
export const newAppFields = () => ({
  ...z.object(changeable()).partial().shape,
  name: changeable().name,
  kind: kindField(),
  first_party: z.boolean().meta({
    description: 'Whether it is your own: then users are not asked for consent. Cannot be changed',
  }),
})
export type NewApp = z.output<z.ZodObject<ReturnType<typeof newAppFields>>>

/** The fields of a change: all of them may be missing. */
export const appChangeFields = () => z.object(changeable()).partial().shape
export type AppFields = z.output<z.ZodObject<ReturnType<typeof changeable>>>
export type AppChange = z.output<z.ZodObject<ReturnType<typeof appChangeFields>>>

/** An app as it is defined, with every field. */
export interface AppDefinition extends AppFields {
  readonly kind: AppKind
  readonly first_party: boolean
}

/** The scopes of a new app, unless it is a machine. */
const DEFAULT_SCOPES = ['openid', 'profile', 'email']

/** A new app with the defaults of its kind in the place of what was left out. */
export const completed = ({ name, kind, first_party, ...given }: NewApp): AppDefinition => ({
  name,
  kind,
  first_party,
  redirect_uris: given.redirect_uris ?? [],
  post_logout_redirect_uris: given.post_logout_redirect_uris ?? [],
  backchannel_logout_uri: given.backchannel_logout_uri ?? null,
  initiate_login_uri: given.initiate_login_uri ?? null,
  scopes: given.scopes ?? (kind === 'machine' ? [] : DEFAULT_SCOPES),
  resources: given.resources ?? [],
  pkce: given.pkce ?? 'required',
  auth_method: given.auth_method ?? (isPublic(kind) ? 'none' : 'client_secret_basic'),
  jwks: given.jwks ?? null,
  id_token_alg: given.id_token_alg ?? 'RS256',
  device_flow: given.device_flow ?? false,
  required_permission: given.required_permission ?? null,
  logo_uri: given.logo_uri ?? null,
  policy_uri: given.policy_uri ?? null,
  tos_uri: given.tos_uri ?? null,
  enabled: given.enabled ?? true,
})

/** Whether apps of this kind can keep no secret (RFC 6749 section 2.1). */
export const isPublic = (kind: AppKind): boolean => kind === 'spa' || kind === 'native'
