/**
 * What a Worker sees of Gatehouse over its service binding. This file imports nothing, so that it can be
 * copied into the project that binds; `rpc/rpc.ts` is checked against it.
 *
 * Three things can go wrong, and they are three outcomes: a token that is not good is an answer
 * (`ok: false`), a service that is stopped makes the call throw, and one that is slow answers
 * `unavailable` after its own budget of 25 seconds: who cannot wait sets a deadline of his own.
 */

/** Who is bound, and what he restricts himself to, as his own configuration says it (`props`). */
export interface GatehouseProps {
  /** Names the application in the audit log. */
  readonly app?: string
  /** The only methods that it will call; all of them where nothing is said. */
  readonly allow?: readonly (keyof GatehouseBinding)[]
}

export interface GatehouseBinding {
  /**
   * Who presents a token, and what he may do, now. Takes the token, an Authorization header's value, or
   * a request, which also tells from where he came; a request's body goes along and is gone, so give one
   * without.
   */
  authenticate(presented: Presented): Promise<SignedIn | TokenRefused | Failed>
  /** Whether the one who presents a token holds a permission now. */
  hasPermission(presented: Presented, permission: string): Promise<Verdict | TokenRefused | Failed>
  /** An account. Reading it is not recorded. */
  getUser(id: number): Promise<Found | NotFound | Failed>
  /**
   * Ends all sessions of a user, and with `keys: true` their API keys: no request succeeds on them any
   * more once this has answered.
   */
  revokeSessions(
    userId: number,
    also?: { readonly keys?: boolean },
  ): Promise<Revoked | NotFound | Failed>
}

export type Presented = Request | string

export interface SignedIn {
  readonly ok: true
  readonly user: { readonly id: number; readonly roles: string[]; readonly permissions: string[] }
  /** `expires_at` is ISO 8601. */
  readonly session: { readonly id: string; readonly expires_at: string }
}

export interface TokenRefused {
  readonly ok: false
  /**
   * `no_token`: none was presented. `invalid_token`: it is expired, revoked or none of ours. The others
   * are good tokens of sessions that must first cure what they say.
   */
  readonly reason: 'no_token' | 'invalid_token' | 'password_expired' | 'two_factor_required'
}

export interface Verdict {
  readonly ok: true
  readonly allowed: boolean
}

export interface Found {
  readonly ok: true
  readonly user: GatehouseUser
}

export interface Revoked {
  readonly ok: true
}

export interface NotFound {
  readonly ok: false
  readonly reason: 'not_found'
}

/** No verdict at all: a fault that passes, or a method that `props.allow` leaves out. */
export type Failed =
  | { readonly ok: false; readonly reason: 'unavailable'; readonly retry_after_seconds: number }
  | { readonly ok: false; readonly reason: 'not_allowed' }

/** The User of the HTTP API. Instants are ISO 8601. */
export interface GatehouseUser {
  readonly id: number
  readonly email: string
  readonly full_name: string
  readonly bio: string | null
  readonly avatar_url: string | null
  readonly preferences: Record<string, unknown>
  readonly language: string
  readonly is_active: boolean
  readonly is_admin: boolean
  readonly status: 'pending' | 'active' | 'deactivated'
  readonly email_verified_at: string | null
  readonly two_factor_enabled: boolean
  readonly roles: string[]
  readonly last_login_at: string | null
  readonly login_count: number
  readonly password_changed_at: string | null
  readonly created_at: string
  readonly updated_at: string
}
