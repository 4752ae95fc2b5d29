/**
 * Every event of the audit log, with its typed data: a closed list. Data never contains an address,
 * a token or a password; actor, target and origin have columns of their own. `session_id` and
 * `session_ids` contain SHA-256 hashes of session ids (crypto/session-hash.ts), never the ids.
 */

export interface EventData {
  'user.registered': Record<string, never>
  'user.verification_resent': Record<string, never>
  'user.email_verified': Record<string, never>
  'user.registration_declined': Record<string, never>
  'user.profile_updated': { fields: string[] }
  /** First activity of a day, reported by the user's object. */
  'user.active': Record<string, never>
  'user.password_changed': Record<string, never>
  'user.password_reset_requested': Record<string, never>
  'user.password_reset': Record<string, never>
  'user.email_change_requested': Record<string, never>
  'user.email_changed': Record<string, never>
  'user.email_change_declined': Record<string, never>
  'user.email_change_undone': Record<string, never>
  /** "Sign out everywhere else", by the user. */
  'user.sessions_revoked': Record<string, never>
  'user.invitation_accepted': Record<string, never>
  'user.expired': Record<string, never>
  'user.exported': Record<string, never>
  'user.erased': { by: 'self' | 'admin' }
  'setup.admin_created': Record<string, never>

  'rbac.role_assigned': { role: string }
  'rbac.role_removed': { role: string }
  'rbac.role_created': { role: string; permissions: string[] }
  'rbac.role_changed': { role: string; permissions: string[] | null }
  'rbac.role_deleted': { role: string }
  'rbac.permission_created': { permission: string }
  'rbac.permission_deleted': { permission: string }

  'admin.user_viewed': Record<string, never>
  'admin.user_invited': { roles: string[] }
  'admin.user_edited': { fields: string[] }
  'admin.user_activated': { vouched: boolean }
  'admin.user_deactivated': Record<string, never>
  'admin.sessions_viewed': Record<string, never>
  'admin.sessions_revoked': { session_id: string | null }
  'admin.two_factor_reset': Record<string, never>
  'admin.password_change_required': Record<string, never>
  'admin.verification_resent': Record<string, never>
  'admin.password_reset_sent': Record<string, never>
  'admin.user_unlocked': Record<string, never>
  'admin.users_imported': { lines: number; refused: number }
  'admin.users_exported': { format: string }
  'admin.user_activity_viewed': Record<string, never>
  'admin.audit_exported': Record<string, never>
  'admin.outbox_retried': { id: string; kind: string }
  /** `signing_key` is the id of the new key. */
  'admin.signing_keys_retired': { signing_key: string }

  'webhook.created': { webhook_id: string; host: string; events: EventName[] | null }
  'webhook.changed': { webhook_id: string; host: string | null; fields: string[] }
  'webhook.deleted': { webhook_id: string }
  'webhook.secret_rotated': { webhook_id: string }
  /** Sent to the endpoint that is tested, and to no other. */
  'webhook.test': { webhook_id: string }
  'webhook.redelivered': { webhook_id: string; delivery_id: string }
  /** By the service: the endpoint answered 410 Gone, or failed for days. */
  'webhook.disabled': { webhook_id: string; reason: 'gone' | 'failing' }
  'api_key.created': {
    key_id: string
    permissions: string[]
    /** Milliseconds since the epoch. */
    expires_at: number
  }
  'api_key.revoked': { key_id: string }
  /** Every live key of the target, revoked together with sessions, a factor or a password. */
  'api_key.all_revoked': { key_ids: string[] }

  /** By an application over its service binding; `app` is the name that it gives itself. */
  'app.sessions_revoked': { app: string }

  'app.created': { client_id: string; kind: string }
  'app.changed': { client_id: string; fields: string[] }
  'app.deleted': { client_id: string }
  'app.secret_rotated': { client_id: string }
  'resource.created': { identifier: string }
  'resource.changed': { identifier: string; fields: string[] }
  'resource.deleted': { identifier: string }
  'resource.secret_rotated': { identifier: string }
  /** The user allowed an app to use these scopes. First-party apps do not ask. */
  'app.consented': { client_id: string; scopes: string[] }
  /**
   * An app opened a session for the user. `app_session_id` is the `sid` that the app sees: it gives access
   * to nothing.
   */
  'app.signed_in': {
    client_id: string
    app_session_id: string
    scopes: string[]
    expires_at: number
  }
  /** Sessions of one app ended. `sub` is the user as this app knows them, for its logout tokens. */
  'app.signed_out': {
    client_id: string
    sub: string
    app_session_ids: string[]
    reason: AppSignOutReason
  }
  /** The user took back what the app was allowed, and all its sessions have ended. */
  'app.disconnected': { client_id: string }
  /** A code was presented again by its own app, as after a theft (RFC 9700 section 4.5). */
  'app.code_replayed': { client_id: string; app_session_id: string }
  'app.refresh_reused': { client_id: string; app_session_id: string }

  'two_factor.setup_started': Record<string, never>
  'two_factor.enabled': Record<string, never>
  /** `method`: null if an earlier proof of the session counted. */
  'two_factor.disabled': { method: FactorMethod | null }
  'two_factor.recovery_codes_renewed': Record<string, never>
  'two_factor.recovery_code_used': { left: number }

  'passkey.added': { passkey_id: string }
  'passkey.renamed': { passkey_id: string }
  'passkey.removed': { passkey_id: string }
  /** By an admin, about another user. */
  'admin.passkey_removed': { passkey_id: string }
  /** By the emailed link: what was added is removed, and every session revoked. */
  'user.sign_in_method_undone': { passkey_id: string | null; device_id: string | null }

  'auth.signed_in': {
    session_id: string
    /** Milliseconds since the epoch. */
    expires_at: number
    remember_me: boolean
    method: SignInMethod
    /** How the user authenticated (RFC 8176). Events of earlier releases have neither this nor strength. */
    amr: Amr[]
    strength: Strength
    /** The passkey that opened the session or was its second step; null without one. */
    passkey_id: string | null
    /** Whether the user has not used this device before. False for a user's first device. */
    new_device: boolean
  }
  /** A signed-in user proved again who they are, for a sensitive action. `amr`: by what. */
  'auth.stepped_up': { session_id: string; amr: Amr[] }
  /**
   * The sign counter of a device-bound passkey did not rise, so there may be a copy of its key (W3C
   * WebAuthn Level 3, section 6.1.1).
   */
  'auth.passkey_copied': { passkey_id: string }
  /** A browser that no longer needs the second step at sign-in. */
  'auth.device_trusted': { device_id: string; expires_at: number }
  'auth.device_trust_ended': { device_ids: string[]; reason: TrustEndReason }
  /** A correct password with a wrong second factor. `first`: the first failure of its challenge. */
  'auth.second_factor_failed': { first: boolean }
  /**
   * 20 wrong second factors in a row from networks that the user has not used. From such networks
   * the password no longer works until it is changed.
   */
  'auth.password_blocked': Record<string, never>
  /** `address` is an HMAC of what was typed, never the text. */
  'auth.sign_in_failed': { address: string; reason: SignInFailure }
  'auth.sessions_ended': { session_ids: string[]; reason: RevocationReason }
  'auth.refresh_reused': { session_id: string }
}
export type EventName = keyof EventData

export type FactorMethod = 'totp' | 'recovery_code' | 'passkey'
export type SignInMethod = 'password' | 'trusted_device' | FactorMethod

/**
 * Authentication methods of a session: values of RFC 8176 (password, one-time code, device-bound or
 * synced key, several factors), and ours for what it lacks: a recovery code, another provider, an
 * emailed link or code.
 */
export type Amr = 'pwd' | 'otp' | 'hwk' | 'swk' | 'mfa' | 'rc' | 'fed' | 'mail'
/** 2: two factors were proved, or a passkey that verified its user. */
export type Strength = 1 | 2

export type TrustEndReason = 'revoked' | 'reused' | 'credentials_changed' | 'too_many' | 'undone'
export type SignInFailure =
  | 'invalid_credentials'
  | 'account_not_active'
  | 'invalid_passkey'
  | 'unknown_passkey'
export type RevocationReason =
  | 'signed_out'
  | 'revoked'
  | 'revoked_by_admin'
  | 'credentials_changed'
  | 'refresh_reused'
  | 'too_many_sessions'

/** Why a session of an app ended. The first are those of the browser's session that it belonged to. */
export type AppSignOutReason =
  | RevocationReason
  | 'disconnected'
  | 'revoked_by_app'
  | 'code_replayed'
  | 'too_many_app_sessions'
  /** By itself, or because the browser's session had expired. */
  | 'expired'
  | 'erased'

/** Events from outside D1, which arrive by the events queue. Their id becomes the audit row's key. */
export type QueuedEventName =
  | 'user.active'
  | 'auth.signed_in'
  | 'auth.second_factor_failed'
  | 'auth.password_blocked'
  | 'auth.sign_in_failed'
  | 'auth.sessions_ended'
  | 'auth.refresh_reused'
  | 'auth.stepped_up'
  | 'auth.passkey_copied'
  | 'auth.device_trusted'
  | 'auth.device_trust_ended'
  | 'app.consented'
  | 'app.signed_in'
  | 'app.signed_out'
  | 'app.disconnected'
  | 'app.code_replayed'
  | 'app.refresh_reused'

/** One event on its way to the audit log. `subject` is null if no account is involved. */
export type EventMessage = {
  [E in QueuedEventName]: {
    id: string
    at: number
    event: E
    subject: string | null
    ip: string | null
    country: string | null
    user_agent: string | null
    /** The API key that named these three; absent if the connection did. */
    forwarded_by?: string
    data: EventData[E]
    /**
     * The budget for this kind of notification is used up (sessions/object/notification-budget.ts): log
     * the event, send no email.
     */
    is_quiet?: true
  }
}[QueuedEventName]
