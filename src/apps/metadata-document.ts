/**
 * A client id metadata document (draft-ietf-oauth-client-id-metadata-document section 3): what an app that no admin
 * registered says about itself. Unknown members are ignored. What the app says is never trusted further than its own
 * host: its links must be of the same origin, its redirect URIs follow the rules of registered ones.
 */
import * as z from 'zod'
import type { Config } from '../config'
import { once } from '../once'
import type { AppRow } from '../tables/apps'
import { nameField } from '../texts/name-field'
import { MAX_NAME_CHARS, MAX_URIS, publicJwks } from './app-fields'
import { DocumentFault } from './fetch-document'
import { redirectUriFault, siteUriFault, URI_FAULTS } from './redirect-uri'

/** The parts of an app that its document decides. */
export type MetadataDocument = Pick<
  AppRow,
  | 'clientId'
  | 'name'
  | 'kind'
  | 'authMethod'
  | 'jwks'
  | 'redirectUris'
  | 'postLogoutRedirectUris'
  | 'idTokenAlg'
  | 'logoUri'
  | 'policyUri'
  | 'tosUri'
>

const LOCAL_HOSTS: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]', 'localhost'])

const schema = once(() => {
  const texts = () => z.array(z.string()).max(MAX_URIS)
  const holding = (word: string) => z.array(z.string()).refine((all) => all.includes(word))
  const forbidden = () => z.undefined('must not be in a public document')
  return z.looseObject({
    client_id: z.string(),
    client_name: nameField(MAX_NAME_CHARS, 'Notes').optional(),
    redirect_uris: texts().min(1),
    post_logout_redirect_uris: texts().default([]),
    grant_types: holding('authorization_code').optional(),
    response_types: holding('code').optional(),
    // A document without it means a public app: an app that has a key says so.
    token_endpoint_auth_method: z
      .enum(['none', 'private_key_jwt'], 'must be none or private_key_jwt')
      .default('none'),
    id_token_signed_response_alg: z.enum(['RS256', 'ES256']).default('RS256'),
    jwks: publicJwks().optional(),
    jwks_uri: z.undefined('is not supported: put the keys into jwks').optional(),
    client_secret: forbidden().optional(),
    client_secret_expires_at: forbidden().optional(),
    logo_uri: z.unknown().optional(),
    policy_uri: z.unknown().optional(),
    tos_uri: z.unknown().optional(),
  })
})

type Own = Pick<Config, 'PUBLIC_URL' | 'isLoopback'>

/** The document at the URL `clientId`. Throws DocumentFault. */
export function parseMetadataDocument(own: Own, clientId: string, text: string): MetadataDocument {
  const result = schema().safeParse(jsonOf(text))
  if (!result.success) {
    const [issue] = result.error.issues
    throw fault(issue?.path[0], issue?.message ?? 'is not an object')
  }
  const document = result.data
  if (document.client_id !== clientId) throw fault('client_id', 'is not the URL of the document')
  const authMethod = document.token_endpoint_auth_method
  if ((authMethod === 'private_key_jwt') !== (document.jwks !== undefined)) {
    throw fault('jwks', 'must be given with private_key_jwt, and only then')
  }
  const isNative = document.redirect_uris.some((uri) => !uri.startsWith('https:'))
  const kind = isNative ? 'native' : authMethod === 'none' ? 'spa' : 'web'
  checkRedirects(own, kind, 'redirect_uris', document.redirect_uris)
  checkRedirects(own, kind, 'post_logout_redirect_uris', document.post_logout_redirect_uris)
  const link = (value: unknown) => linkOf(own, clientId, value)
  return {
    clientId,
    name: document.client_name ?? new URL(clientId).host.slice(0, MAX_NAME_CHARS),
    kind,
    authMethod,
    // Only the type of absent members differs: JSON has none that are undefined.
    jwks: (document.jwks ?? null) as AppRow['jwks'],
    redirectUris: document.redirect_uris,
    postLogoutRedirectUris: document.post_logout_redirect_uris,
    idTokenAlg: document.id_token_signed_response_alg,
    logoUri: link(document.logo_uri),
    policyUri: link(document.policy_uri),
    tosUri: link(document.tos_uri),
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new DocumentFault('The metadata document is not JSON')
  }
}

function checkRedirects(own: Own, kind: AppRow['kind'], name: string, uris: readonly string[]) {
  for (const uri of uris) {
    const wrong = redirectUriFault(own, kind, uri, LOCAL_HOSTS)
    if (wrong) throw fault(name, URI_FAULTS[wrong].toLowerCase())
  }
}

/** A link that is shown to users: only of the app's own site, or it could pass for somebody else's. */
function linkOf(own: Own, clientId: string, value: unknown): string | null {
  if (typeof value !== 'string' || siteUriFault(own, value) !== undefined) return null
  return new URL(value).origin === new URL(clientId).origin ? value : null
}

/** Names a member and what is wrong with it, never its value: the text is shown and logged. */
const fault = (member: PropertyKey | undefined, message: string): DocumentFault =>
  new DocumentFault(`The metadata document: ${String(member ?? 'it')}: ${message}`)
