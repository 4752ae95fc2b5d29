/** The tokens of a signed-in client, and where they are stored. */
import type { Login } from './api.ts'

export interface Tokens {
  readonly accessToken: string
  /** Milliseconds since 1970, by this machine's clock. */
  readonly expiresAt: number
  /** null without `remember_me`: the session then ends with its access token. */
  readonly refreshToken: string | null
}

/**
 * A store for tokens. `set(null)` deletes them. Anyone who can read the store can act as the user:
 * a page's memory is safer than its localStorage.
 */
export interface TokenStore {
  get(): Tokens | null | Promise<Tokens | null>
  set(tokens: Tokens | null): void | Promise<void>
}

/** A store whose tokens end with this page or process. */
export function memoryTokens(): TokenStore {
  let kept: Tokens | null = null
  return {
    get: () => kept,
    set: (tokens) => {
      kept = tokens
    },
  }
}

export const tokensOf = (login: Login): Tokens => ({
  accessToken: login.access_token,
  expiresAt: Date.now() + login.expires_in * 1000,
  refreshToken: login.refresh_token,
})

/**
 * Whether newer tokens belong to the session of the older ones. True if the older ones do not name
 * a session.
 */
export function isSameSession(older: Tokens, newer: Tokens): boolean {
  const id = sessionOf(older)
  return id === undefined || id === sessionOf(newer)
}

/** Returns the session id in an access token, which is a JWT. */
function sessionOf({ accessToken }: Tokens): unknown {
  try {
    const payload = accessToken.split('.')[1] ?? ''
    const claims: unknown = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')))
    return typeof claims === 'object' && claims !== null && 'sid' in claims ? claims.sid : undefined
  } catch {
    return undefined
  }
}
