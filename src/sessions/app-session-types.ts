/**
 * Arguments and results of a user's object about apps: authorization codes, sessions of apps, consents.
 * Plain data, as RPC does not carry classes. Times in milliseconds since the epoch.
 */
import type { RequiredAction } from '../context'
import type { Amr, Strength } from '../events'
import type { AccountState, Device, Session } from './session-types'

/** A grant of an app: the content of a code, and later of the app's session. */
export interface AppGrant {
  readonly clientId: string
  /** The user, as this app knows them. */
  readonly sub: string
  readonly scopes: readonly string[]
  /** The audiences that access tokens may have (RFC 8707); empty: the app itself. */
  readonly resources: readonly string[]
  /** Claims that were requested by name (OpenID Connect Core section 5.5). */
  readonly claims: RequestedClaims
  /** Whether it outlives the browser's session (the scope `offline_access`). */
  readonly isOffline: boolean
}

export interface RequestedClaims {
  readonly userinfo: readonly string[]
  readonly idToken: readonly string[]
}

/** The values that must match when the code is exchanged. */
export interface CodeBinding {
  readonly redirectUri: string
  /** The PKCE challenge (S256); null if the app sent none. */
  readonly codeChallenge: string | null
  readonly nonce: string | null
}

/** The conditions that the object checks when it issues the code. */
export interface AuthorizeConditions {
  /** The user must have proved who they are at or after this time; null: whenever. */
  readonly authenticatedSince: number | null
  readonly strength: Strength
  /** The user must have one of these roles. Null if every user may use the app. */
  readonly allowedRoleIds: readonly number[] | null
  /** Roles that demand sessions of two factors (REQUIRE_2FA_ROLES). */
  readonly twoFactorRoleIds: readonly number[]
  readonly consent: ConsentCondition
}

/**
 * `not_needed`: a first-party app. `remembered`: the user must have allowed these scopes before, while the
 * app's metadata were the same. `ask`: the user must be asked (`prompt=consent`, or another program could pass for
 * the app). `given`: the user has just allowed them.
 */
export type ConsentCondition =
  | { readonly mode: 'not_needed' }
  | {
      readonly mode: 'remembered' | 'ask' | 'given'
      readonly metadataHash: string
      /** What the grant allows at resources, in the form of sessions/consented.ts. */
      readonly atResources: readonly string[]
    }

export interface AuthorizeRequest {
  readonly grant: AppGrant
  readonly binding: CodeBinding
  readonly conditions: AuthorizeConditions
  readonly device: Device
  /** How long the code can be redeemed, if not for a minute: a device asks for it only now and then. */
  readonly codeTtlMs?: number
}

/** Without a code nothing has been written. The checks are made in this order. */
export type AuthorizeResult =
  /** The browser's session is over. */
  | { readonly status: 'signed_out' }
  | ({ readonly status: 'required_action'; readonly action: RequiredAction } & Live)
  | ({ readonly status: 'not_allowed' } & Live)
  /** The user has not proved recently enough who they are. */
  | ({ readonly status: 'reauthenticate' } & Live)
  | ({ readonly status: 'stronger' } & Live)
  /** `remembered`: what the user has allowed already, in words of sessions/consented.ts. */
  | ({ readonly status: 'consent'; readonly remembered: readonly string[] } & Live)
  /** The session has written too much; in seconds. */
  | ({ readonly status: 'throttled'; readonly retryAfter: number } & Live)
  | ({ readonly status: 'code'; readonly id: string } & Live)

export interface Live {
  readonly session: Session
  readonly accountState: AccountState
}

/** How a code is presented at the token endpoint. */
export interface CodeProof {
  readonly clientId: string
  /** Null: the client sent none, which is enough for a code with a challenge (OAuth 2.1). */
  readonly redirectUri: string | null
  /** S256 of the verifier; null without one. */
  readonly codeChallenge: string | null
  readonly wanted?: Wanted
  /** How long the app's session lives if no browser's session ends it earlier, in seconds. */
  readonly offlineTtlSeconds: number
  readonly device: Device
}

/** What a request at the token endpoint asks for. If one was not granted, nothing is spent. */
export interface Wanted {
  readonly scopes?: readonly string[]
  readonly resources?: readonly string[]
}
export interface Beyond {
  readonly status: 'beyond'
  readonly what: 'scope' | 'resource'
}

export type RedeemResult =
  | {
      readonly status: 'opened'
      readonly appSession: AppSession
      readonly accountState: AccountState
      readonly nonce: string | null
    }
  | { readonly status: 'invalid' }
  | Beyond

/** A session of an app. Its id is the `sid` that the app sees. */
export interface AppSession extends AppGrant {
  readonly id: string
  /** The refresh token's generation, which every exchange raises by one. */
  readonly generation: number
  readonly createdAt: number
  readonly expiresAt: number
  readonly lastUsedAt: number
  /** How and when the user authenticated, as the code was issued. */
  readonly amr: readonly Amr[]
  readonly authTime: number
}

export type CheckAppResult =
  | {
      readonly isLive: true
      readonly appSession: AppSession
      readonly accountState: AccountState
    }
  | { readonly isLive: false }

export type RotateAppResult =
  | {
      readonly status: 'rotated'
      readonly appSession: AppSession
      readonly accountState: AccountState
    }
  | { readonly status: 'refused' }
  | Beyond

/** An app that the user is connected to: by a consent, by a live session, or both. */
export interface ConnectedApp {
  readonly clientId: string
  readonly scopes: readonly string[]
  /** What the user allowed at resources. */
  readonly consented: readonly { readonly scope: string; readonly identifier: string }[]
  /** What its live sessions may do, each distinct grant once. */
  readonly granted: readonly Pick<AppGrant, 'scopes' | 'resources'>[]
  readonly since: number
  readonly lastUsedAt: number
  readonly sessions: number
}
