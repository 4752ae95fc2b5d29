/**
 * The types of Gatehouse's service binding. This file imports nothing, so that it can be copied
 * into the project that uses the binding. The implementation in `rpc/rpc.ts` is checked against it.
 *
 * Three things can go wrong, and each has its own outcome. A token that is not valid is a result
 * (`ok: false`). A service that is stopped makes the call throw. A service that is slow answers
 * `unavailable` after its own budget of 25 seconds; callers that cannot wait that long must set
 * their own deadline.
 */

/** The properties (`props`) of a binding, set in the caller's own configuration. */
export interface GatehouseProps {
  /** The name of the application in the audit log. */
  readonly app?: string
  /** The only methods that the application may call; all of them by default. */
  readonly allow?: readonly (keyof GatehouseBinding)[]
}

export interface GatehouseBinding {
  /**
   * Returns the user of a token and their current permissions. Takes the token, the value of an
   * Authorization header, or a request, which also provides the client's request metadata. A
   * request's body is transferred with it and consumed, so pass a request without a body.
   */
  authenticate(presented: Presented): Promise<SignedIn | TokenRefused | Failed>
  /** Checks whether the user of a token has a permission now. */
  hasPermission(presented: Presented, permission: string): Promise<Verdict | TokenRefused | Failed>
  /**
   * Returns what the bearer of an app's access token may do now. `audience` is the identifier of your API,
   * as its resource is registered: a token for another API is refused.
   */
  authenticateApp(
    presented: Presented,
    audience: string,
  ): Promise<AppSignedIn | TokenRefused | Failed>
  /** Returns an account. The read is not recorded. */
  getUser(id: number): Promise<Found | NotFound | Failed>
  /**
   * Revokes all sessions of a user and, with `keys: true`, their API keys. Takes effect before the
   * call returns.
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
  readonly session: GatehouseSession
}

/** Instants are ISO 8601. */
export interface GatehouseSession {
  readonly id: string
  readonly expires_at: string
  /** How the user authenticated, as in RFC 8176: `pwd`, `otp`, `rc`, `hwk`, `swk`, `fed`, `mail`, `mfa`. */
  readonly amr: string[]
  /** When the user signed in. */
  readonly auth_time: string
  /** When the user last proved who they are. */
  readonly proved_at: string | null
  /** The number of factors. Demand 2 for what needs two-factor authentication. */
  readonly strength: 1 | 2
}

export interface AppSignedIn {
  readonly ok: true
  readonly client_id: string
  /** The user, or null if the app acts for itself. `sub` is what the app and its API know the user by. */
  readonly user: { readonly id: number; readonly sub: string } | null
  /** The scopes that are in force now. */
  readonly scopes: readonly string[]
  /** The permissions that these scopes need. The user holds them now. */
  readonly permissions: readonly string[]
  readonly audience: readonly string[]
  readonly expires_at: string
  /** How strongly and when the user authenticated; null if the app acts for itself. */
  readonly acr: string | null
  readonly auth_time: string | null
}

export interface TokenRefused {
  readonly ok: false
  /**
   * `no_token`: no token was given. `invalid_token`: it has expired, was revoked, is not one of
   * ours, or is for another audience. For the others the token is valid, but the session has a required action: to change the
   * password, or to turn on the second factor.
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

/** No result: a transient fault, or a method that `props.allow` does not include. */
export type Failed =
  | { readonly ok: false; readonly reason: 'unavailable'; readonly retry_after_seconds: number }
  | { readonly ok: false; readonly reason: 'not_allowed' }

/** The User object of the HTTP API. Instants are ISO 8601. */
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
