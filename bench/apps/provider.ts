/** What the measurement needs to know of a provider. */
import type { FlowStep, ProviderName } from './figures.ts'

export const ISSUER = 'http://localhost:8787'
export const REDIRECT_URI = 'https://client.example.org/callback'
/** RFC 7636 appendix B. */
export const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'

/** What of the discovery document is used. */
interface Discovered {
  readonly authorization_endpoint: string
  readonly token_endpoint: string
  readonly userinfo_endpoint: string
  readonly introspection_endpoint?: string
}

export interface Client {
  readonly id: string
  readonly secret: string
  readonly scope: string
}

/** A provider that runs, with an app and with users who are signed in and have allowed the app. */
export interface Provider {
  readonly name: ProviderName
  /** Its address, without a trailing slash. */
  readonly url: string
  readonly client: Client
  readonly discovered: Discovered
  /** The cookies of each user's browser. */
  readonly browsers: readonly string[]
  /** CPU that its process has used so far, in milliseconds. */
  readonly cpuMs: () => number | undefined
  /** How long work may trail behind the answers of a step, in milliseconds, if not for a moment. */
  readonly settle: Partial<Record<FlowStep, number>>
}

/** The path of an endpoint: the issuer is not the address at which the provider is reached here. */
export const pathOf = (endpoint: string): string => new URL(endpoint, ISSUER).pathname

export async function discover(url: string, path: string): Promise<Discovered> {
  const response = await fetch(`${url}${path}`)
  if (!response.ok) throw new Error(`${url}${path}: ${response.status} ${await response.text()}`)
  return (await response.json()) as Discovered
}

/** An authorization request: confidential client, code, PKCE, state and nonce. */
export function authorizePath({ discovered, client }: Pick<Provider, 'discovered' | 'client'>) {
  const query = new URLSearchParams({
    client_id: client.id,
    response_type: 'code',
    redirect_uri: REDIRECT_URI,
    scope: client.scope,
    state: 'a-state-of-the-app',
    nonce: 'a-nonce-of-the-app',
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
  })
  return `${pathOf(discovered.authorization_endpoint)}?${query.toString()}`
}

/** As a browser comes from the app's site. */
export const FROM_APP = {
  accept: 'text/html,application/xhtml+xml',
  'sec-fetch-site': 'cross-site',
  'sec-fetch-mode': 'navigate',
}
