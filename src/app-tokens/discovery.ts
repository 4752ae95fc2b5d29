/** The discovery document (OpenID Connect Discovery 1.0, RFC 8414): what is implemented, and nothing else. */
import { PROMPTS, RESPONSE_MODES } from '../apps/authorization-values'
import { ASSERTION_ALGORITHMS } from '../apps/client-assertion'
import { urlOf } from '../apps/endpoints'
import { STANDARD_SCOPES } from '../apps/scopes'
import type { Config } from '../config'
import { APP_AUTH_METHODS, ID_TOKEN_ALGS } from '../tables/apps'
import { languages } from '../texts/languages'
import { ACR_VALUES } from './acr'
import { GRANTS } from './grants'
import { USER_CLAIMS } from './user-claims'

/** Without `none`, because introspection needs an authenticated caller. */
const WITH_CREDENTIALS = APP_AUTH_METHODS.filter((method) => method !== 'none')

/** Of every ID token; `nonce` if the app sent one. */
const PROTOCOL_CLAIMS = 'sub iss aud exp iat auth_time nonce acr amr sid at_hash'.split(' ')

export const discoveryDocument = (config: Pick<Config, 'PUBLIC_URL' | 'METADATA_APP_HOSTS'>) => ({
  issuer: config.PUBLIC_URL,
  authorization_endpoint: urlOf(config, 'authorize'),
  token_endpoint: urlOf(config, 'token'),
  revocation_endpoint: urlOf(config, 'revoke'),
  introspection_endpoint: urlOf(config, 'introspect'),
  userinfo_endpoint: urlOf(config, 'userinfo'),
  device_authorization_endpoint: urlOf(config, 'device'),
  end_session_endpoint: urlOf(config, 'signOut'),
  jwks_uri: urlOf(config, 'jwks'),

  scopes_supported: STANDARD_SCOPES,
  response_types_supported: ['code'],
  response_modes_supported: RESPONSE_MODES,
  grant_types_supported: [...GRANTS.keys()],
  code_challenge_methods_supported: ['S256'],
  client_id_metadata_document_supported: !config.METADATA_APP_HOSTS.includes('none'),
  authorization_response_iss_parameter_supported: true,
  prompt_values_supported: PROMPTS,
  display_values_supported: ['page'],
  ui_locales_supported: Object.keys(languages),
  acr_values_supported: ACR_VALUES,
  request_parameter_supported: false,
  request_uri_parameter_supported: false,
  claims_parameter_supported: true,

  token_endpoint_auth_methods_supported: APP_AUTH_METHODS,
  token_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
  revocation_endpoint_auth_methods_supported: APP_AUTH_METHODS,
  revocation_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
  introspection_endpoint_auth_methods_supported: WITH_CREDENTIALS,
  introspection_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,

  subject_types_supported: ['pairwise'],
  id_token_signing_alg_values_supported: ID_TOKEN_ALGS,
  claim_types_supported: ['normal'],
  claims_supported: [...PROTOCOL_CLAIMS, ...USER_CLAIMS],
  backchannel_logout_supported: true,
  backchannel_logout_session_supported: true,
})
