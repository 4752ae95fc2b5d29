/** The fields of a resource, an API that apps get access tokens for. */
import * as z from 'zod'
import type { Config } from '../config'
import type { FieldIssue } from '../errors'
import { APP_TOKEN_SECONDS } from '../tables/apps'
import { isOneLine, nameField } from '../texts/name-field'
import { MAX_NAME_CHARS } from './app-fields'
import { isStandardScope, SCOPE_NAME } from './scopes'

const MAX_SCOPES = 100
const MAX_IDENTIFIER_CHARS = 500
const DEFAULT_TOKEN_TTL_SECONDS = 600

const scopeField = () =>
  z.strictObject({
    name: z
      .string()
      .regex(
        SCOPE_NAME,
        'Up to 100 printable ASCII characters without blanks, quotes or backslashes',
      )
      .refine((name) => !isStandardScope(name), {
        message: 'This scope is one of OpenID Connect',
        params: { code: 'standard_scope' },
      })
      .meta({ example: 'orders:write' }),
    permission: z
      .string()
      .min(1)
      .max(100)
      .nullable()
      .default(null)
      .meta({ description: 'The scope is in force only while the user has this permission' }),
    description: z
      .string()
      .max(200)
      .refine(isOneLine, {
        message: 'Must be a single line',
        params: { code: 'invalid_characters' },
      })
      .default('')
      .meta({ description: 'Shown to users who are asked to consent' }),
  })
export type ScopeFields = z.output<ReturnType<typeof scopeField>>

const changeable = () => ({
  name: nameField(MAX_NAME_CHARS, 'Orders API'),
  token_ttl_seconds: z.int().min(APP_TOKEN_SECONDS.min).max(APP_TOKEN_SECONDS.max).meta({
    description: 'How long an access token is valid, unless it is revoked before',
  }),
  open_to_metadata_apps: z.boolean().meta({
    description:
      'Whether apps that no admin registered may ask users for it: those that come with a client id metadata document, such as MCP clients',
  }),
  scopes: z
    .array(scopeField())
    .max(MAX_SCOPES)
    .refine((scopes) => new Set(scopes.map(({ name }) => name)).size === scopes.length, {
      message: 'Names a scope twice',
      params: { code: 'repeated' },
    }),
})

export const newResourceFields = () => {
  const { name, token_ttl_seconds: ttl, scopes, open_to_metadata_apps: isOpen } = changeable()
  return {
    identifier: z.string().min(3).max(MAX_IDENTIFIER_CHARS).meta({
      description:
        'An absolute URI (RFC 8707): the audience of its access tokens. Cannot be changed',
      example: 'https://api.example.com/orders',
    }),
    name,
    token_ttl_seconds: ttl.default(DEFAULT_TOKEN_TTL_SECONDS),
    open_to_metadata_apps: isOpen.default(false),
    scopes: scopes.default([]),
  }
}
export const resourceChangeFields = () => z.object(changeable()).partial().shape

export type NewResource = z.output<z.ZodObject<ReturnType<typeof newResourceFields>>>
export type ResourceChange = z.output<z.ZodObject<ReturnType<typeof resourceChangeFields>>>

/** RFC 3986, section 4.3, with a query as RFC 8707 allows it. */
const ABSOLUTE_URI = /^[a-z][a-z0-9+.-]*:[\w.~:/?[\]@!$&'()*+,;=%-]+$/i

/**
 * Returns what is wrong with an identifier. Tokens for our own API are never an app's, so no resource may have
 * the audience of these, nor the issuer's name.
 */
export function identifierIssues(
  config: Pick<Config, 'PUBLIC_URL' | 'ACCESS_TOKEN_AUDIENCE'>,
  identifier: unknown,
): FieldIssue[] {
  if (typeof identifier !== 'string') return []
  const refuse = (code: string, message: string) => [{ path: 'identifier', code, message }]
  const { ACCESS_TOKEN_AUDIENCE: audience, PUBLIC_URL: issuer } = config
  const isOurs = [audience, `${audience}:restricted`, issuer, `${issuer}/`].some(
    (own) => own.toLowerCase() === identifier.toLowerCase(),
  )
  if (isOurs) return refuse('own_audience', 'This is the audience of this service itself')
  return ABSOLUTE_URI.test(identifier) && URL.canParse(identifier)
    ? []
    : refuse('invalid_uri', 'Not an absolute URI without a fragment')
}

/** The scopes that need a permission which does not exist. */
export const scopePermissionIssues = (
  scopes: readonly ScopeFields[],
  permissions: ReadonlySet<string>,
): FieldIssue[] =>
  scopes.flatMap(({ permission }, i) =>
    permission === null || permissions.has(permission)
      ? []
      : [
          {
            path: `scopes.${i}.permission`,
            code: 'unknown_permission',
            message: 'There is no such permission',
          },
        ],
  )
