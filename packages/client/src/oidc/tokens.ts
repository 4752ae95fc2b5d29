/** The token endpoint (RFC 6749, sections 4.1.3, 5 and 6), and the end of a token (RFC 7009). */
import { ask, type Asking } from './ask.ts'
import type { Provider } from './discovery.ts'
import { refused } from './failure.ts'

export interface App {
  readonly clientId: string
  /** Only for an app that can keep it, because it runs on a server. */
  readonly clientSecret?: string | undefined
}

export interface TokenAnswer {
  readonly accessToken: string
  /** Milliseconds since 1970, by this machine's clock. */
  readonly expiresAt: number
  readonly refreshToken: string | undefined
  readonly idToken: string | undefined
  readonly scope: string | undefined
}

/** For an answer without the lifetime of its token. */
const UNKNOWN_LIFE_SECONDS = 300

/** Asks for tokens. Throws `invalid_grant` when the code or the refresh token is not accepted. */
export async function requestTokens(
  asking: Asking,
  { tokenEndpoint }: Provider,
  app: App,
  grant: Readonly<Record<string, string>>,
): Promise<TokenAnswer> {
  const asked = Date.now()
  const answer = await ask(asking, tokenEndpoint, formOf(app, grant))
  const { access_token, token_type, expires_in, refresh_token, id_token, scope } = answer
  if (typeof access_token !== 'string' || String(token_type).toLowerCase() !== 'bearer') {
    throw refused('invalid_answer', 'The answer has no bearer token')
  }
  const seconds = Number(expires_in ?? UNKNOWN_LIFE_SECONDS) || UNKNOWN_LIFE_SECONDS
  return {
    accessToken: access_token,
    expiresAt: asked + seconds * 1000,
    refreshToken: textOf(refresh_token),
    idToken: textOf(id_token),
    scope: textOf(scope),
  }
}

/** Ends a refresh token, and with it the session of this app. */
export async function revokeToken(
  asking: Asking,
  { revocationEndpoint }: Provider,
  app: App,
  token: string,
): Promise<void> {
  if (revocationEndpoint === undefined) return
  const form = formOf(app, { token, token_type_hint: 'refresh_token' })
  await ask(asking, revocationEndpoint, form)
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : undefined)

function formOf({ clientId, clientSecret }: App, fields: Readonly<Record<string, string>>) {
  const body = new URLSearchParams(fields)
  const headers = new Headers({ accept: 'application/json' })
  if (clientSecret === undefined) body.set('client_id', clientId)
  else {
    // Both parts are encoded as form fields first (section 2.3.1).
    const [id, secret] = [clientId, clientSecret].map((part) =>
      new URLSearchParams({ '': part }).toString().slice(1),
    )
    headers.set('authorization', `Basic ${btoa(`${id}:${secret}`)}`)
  }
  return { method: 'POST', headers, body }
}
