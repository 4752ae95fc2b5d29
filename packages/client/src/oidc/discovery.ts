/** The service's metadata (OpenID Connect Discovery 1.0, RFC 8414). */
import { ask, type Asking, type Json } from './ask.ts'
import { refused } from './failure.ts'

export interface Provider {
  readonly issuer: string
  readonly authorizationEndpoint: string
  readonly tokenEndpoint: string
  readonly jwksUri: string | undefined
  readonly userinfoEndpoint: string | undefined
  readonly revocationEndpoint: string | undefined
  readonly endSessionEndpoint: string | undefined
  /** Every answer names its issuer (RFC 9207), so an answer without it is refused. */
  readonly namesIssuer: boolean
}

/**
 * Reads the discovery document. Throws when it names another issuer (Discovery, section 4.3), or an
 * address that anybody on the way could read: the ID token is trusted because TLS protects its way.
 */
export async function discover(asking: Asking, issuer: string): Promise<Provider> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  const document = await ask(asking, url)
  if (document['issuer'] !== issuer) {
    throw refused(
      'wrong_issuer',
      `The issuer is ${String(document['issuer'])}, and ${issuer} was expected`,
    )
  }
  return {
    issuer,
    authorizationEndpoint: needed(document, 'authorization_endpoint'),
    tokenEndpoint: needed(document, 'token_endpoint'),
    jwksUri: endpoint(document, 'jwks_uri'),
    userinfoEndpoint: endpoint(document, 'userinfo_endpoint'),
    revocationEndpoint: endpoint(document, 'revocation_endpoint'),
    endSessionEndpoint: endpoint(document, 'end_session_endpoint'),
    namesIssuer: document['authorization_response_iss_parameter_supported'] === true,
  }
}

/** Throws a TypeError for an issuer that is no https URL. http is accepted on this machine only. */
export function checkIssuer(issuer: string): string {
  if (!isProtected(issuer)) throw new TypeError(`${issuer} is not an https URL`)
  return issuer
}

function endpoint(document: Json, name: string): string | undefined {
  const url = document[name]
  if (url === undefined) return undefined
  if (typeof url !== 'string' || !isProtected(url)) {
    throw refused('invalid_answer', `${name} is not an https URL`)
  }
  return url
}

function needed(document: Json, name: string): string {
  const url = endpoint(document, name)
  if (url === undefined) throw refused('invalid_answer', `The service names no ${name}`)
  return url
}

const THIS_MACHINE = /^(?:localhost|.+\.localhost|127\.0\.0\.1|\[::1\])$/

function isProtected(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname } = new URL(text)
  return protocol === 'https:' || (protocol === 'http:' && THIS_MACHINE.test(hostname))
}
