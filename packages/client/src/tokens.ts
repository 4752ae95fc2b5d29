/** What a signed-in client keeps, and where. */
import type { Login } from './api.ts'

export interface Tokens {
  readonly accessToken: string
  /** Milliseconds since 1970, by the clock of this machine. */
  readonly expiresAt: number
  /** Null without `remember_me`: the session then ends with its access token. */
  readonly refreshToken: string | null
}

/**
 * A place for tokens. `set(null)` forgets them. Who can read the place can act as the user: the memory
 * of a page is safer than its localStorage.
 */
export interface TokenStore {
  get(): Tokens | null | Promise<Tokens | null>
  set(tokens: Tokens | null): void | Promise<void>
}

/** Tokens that end with this page or process. */
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

/** Whether newer tokens continue the session of the older ones, as far as these name it. */
export function isSameSession(older: Tokens, newer: Tokens): boolean {
  const id = sessionOf(older)
  return id === undefined || id === sessionOf(newer)
}

/** The session that an access token names: it is a JWT. */
function sessionOf({ accessToken }: Tokens): unknown {
  try {
    const payload = accessToken.split('.')[1] ?? ''
    const claims: unknown = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')))
    return typeof claims === 'object' && claims !== null && 'sid' in claims ? claims.sid : undefined
  } catch {
    return undefined
  }
}
