/** Apps as the API shows them, always without their secrets. */
import * as z from 'zod'
import { answerSchema } from '../answer-schema'
import { APP_AUTH_METHODS, APP_KINDS, type AppRow, ID_TOKEN_ALGS, PKCE_MODES } from '../tables/apps'
import { iso, isoOrNull } from '../time'
import type { AppDefinition } from './app-fields'

const uri = () => z.string().nullable()
const uris = () => z.array(z.string())

export const App = answerSchema(() =>
  z
    .object({
      client_id: z.string().meta({
        description: '22 random characters, or the URL of a client id metadata document',
      }),
      source: z
        .enum(['admin', 'metadata'])
        .meta({ description: '`metadata`: it came with a client id metadata document' }),
      name: z.string(),
      kind: z.enum(APP_KINDS),
      first_party: z.boolean(),
      enabled: z.boolean(),
      disabled_at: z.iso.datetime().nullable(),
      redirect_uris: uris(),
      post_logout_redirect_uris: uris(),
      backchannel_logout_uri: uri(),
      initiate_login_uri: uri(),
      scopes: uris(),
      resources: uris(),
      pkce: z.enum(PKCE_MODES),
      auth_method: z.enum(APP_AUTH_METHODS),
      jwks: z.looseObject({}).nullable(),
      has_secret: z.boolean(),
      previous_secret_until: z.iso
        .datetime()
        .nullable()
        .meta({ description: 'Both secrets are accepted until then' }),
      id_token_alg: z.enum(ID_TOKEN_ALGS),
      device_flow: z.boolean(),
      required_permission: z.string().nullable(),
      logo_uri: uri(),
      policy_uri: uri(),
      tos_uri: uri(),
      users: z.int().meta({ description: 'Users who have signed in to it; at most 1000' }),
      users_is_exact: z.boolean().meta({ description: 'False if there are more' }),
      created_by: z.int().nullable(),
      created_at: z.iso.datetime(),
      updated_at: z.iso.datetime(),
    })
    .meta({ id: 'App' }),
)
export type App = z.output<typeof App>

/** How many users of an app are counted. */
export const MAX_COUNTED_USERS = 1000

export const toApp = (row: AppRow, users: number, now: number): App => ({
  client_id: row.clientId,
  source: row.source,
  ...toDefinition(row),
  disabled_at: isoOrNull(row.disabledAt),
  has_secret: row.secretHash !== null,
  previous_secret_until: stillValid(row.previousSecretUntil, now),
  users: Math.min(users, MAX_COUNTED_USERS),
  users_is_exact: users <= MAX_COUNTED_USERS,
  created_by: row.createdBy,
  created_at: iso(row.createdAt),
  updated_at: iso(row.updatedAt),
})

/** Until when a replaced secret is accepted; null if it no longer is. */
export const stillValid = (until: number | null, now: number): string | null =>
  isoOrNull(until !== null && until > now ? until : null)

/** The definition that a row stores. */
export const toDefinition = (row: AppRow): AppDefinition => ({
  name: row.name,
  kind: row.kind,
  first_party: row.isFirstParty,
  redirect_uris: row.redirectUris,
  post_logout_redirect_uris: row.postLogoutRedirectUris,
  backchannel_logout_uri: row.backchannelLogoutUri,
  initiate_login_uri: row.initiateLoginUri,
  scopes: row.scopes,
  resources: row.resources,
  pkce: row.pkce,
  auth_method: row.authMethod,
  // Sound: it was checked before it was stored.
  jwks: row.jwks as AppDefinition['jwks'],
  id_token_alg: row.idTokenAlg,
  device_flow: row.allowsDeviceFlow,
  required_permission: row.requiredPermission,
  logo_uri: row.logoUri,
  policy_uri: row.policyUri,
  tos_uri: row.tosUri,
  enabled: row.disabledAt === null,
})

/** The columns of the fields of a definition, without `enabled`. */
export const toColumns = (app: Omit<AppDefinition, 'enabled' | 'kind' | 'first_party'>) => ({
  name: app.name,
  redirectUris: app.redirect_uris,
  postLogoutRedirectUris: app.post_logout_redirect_uris,
  backchannelLogoutUri: app.backchannel_logout_uri,
  initiateLoginUri: app.initiate_login_uri,
  scopes: app.scopes,
  resources: app.resources,
  pkce: app.pkce,
  authMethod: app.auth_method,
  jwks: app.jwks,
  idTokenAlg: app.id_token_alg,
  allowsDeviceFlow: app.device_flow,
  requiredPermission: app.required_permission,
  logoUri: app.logo_uri,
  policyUri: app.policy_uri,
  tosUri: app.tos_uri,
})
