/** What every operation receives: all that it may use, but nothing of the transport that calls it. */
import type { Config } from './config'
import type { Database } from './db/database'
import type { Meter } from './db/meter'
import type { Amr } from './events'

export interface Deps {
  readonly env: Env
  readonly config: Config
  /** The same database twice: through Drizzle, and raw for batches. Both are metered. */
  readonly db: Database
  readonly d1: D1Database
  readonly meter: Meter
  /** When this request, message or job started, in milliseconds since the epoch. */
  readonly now: number
  readonly requestId: string
  readonly client: Client
  /** The API key that makes the request, which every audit row then names; null without one. */
  readonly apiKeyId: string | null
  /** Lets work continue after the response. */
  waitUntil(promise: Promise<unknown>): void
}

/** The client, as far as the connection reveals it. All null for queue messages and jobs. */
export interface Client {
  readonly ip: string | null
  readonly country: string | null
  readonly userAgent: string | null
  /** Where to place this user's Durable Object: the platform's region nearest to the request. */
  readonly region: DurableObjectLocationHint | null
  /** The API key that named this client; absent if the connection did (access/forwarded-client.ts). */
  readonly forwardedBy?: string
}

/** The part of the client that is stored with sessions and events. */
export const deviceOf = ({ client }: Pick<Deps, 'client'>) => ({
  ip: client.ip,
  country: client.country,
  userAgent: client.userAgent,
  ...(client.forwardedBy && { forwardedBy: client.forwardedBy }),
})

export const NO_CLIENT: Client = { ip: null, country: null, userAgent: null, region: null }

/** Required actions: until one is completed, the session may do nothing else but sign out. */
export const REQUIRED_ACTIONS = ['password_expired', 'two_factor_required'] as const
export type RequiredAction = (typeof REQUIRED_ACTIONS)[number]

/** Who acts: a user by their session, or an API key on behalf of its maker. */
export interface Actor {
  readonly userId: number
  readonly subject: string
  /** Null for an API key. */
  readonly sid: string | null
  /** Null for a user. */
  readonly apiKeyId: string | null
}

/** A signed-in user: one live session and the account state, as the user's object knows it now. */
export interface Principal extends Actor {
  readonly sid: string
  readonly apiKeyId: null
  readonly roleIds: readonly number[]
  readonly requiredAction: RequiredAction | null
  readonly isSecondFactorEnabled: boolean
  readonly hasPasskey: boolean
  /** The version of the credentials that the session belongs to. */
  readonly credentialVersion: number
  readonly passwordExpiresAt: number | null
  readonly session: LiveSession
}

/** Whether the actor is a signed-in user and not an API key. */
export const isPrincipal = (actor: Actor): actor is Principal => actor.apiKeyId === null

/**
 * The budget that a request which writes counts against (sessions/object/write-budget.ts). `own`:
 * changes to the user's own account. `staff`: routes that require a permission, which scripts use.
 */
export type WriteKind = 'own' | 'staff'

/** Times in milliseconds since the epoch. */
export interface LiveSession {
  /** The user's subject (22 characters) followed by 128 random bits (22 characters). */
  readonly sid: string
  readonly createdAt: number
  readonly expiresAt: number
  readonly isRemembered: boolean
  /** How the user authenticated. Step-up adds to it; a refresh changes nothing. */
  readonly amr: readonly Amr[]
  /** When the user signed in. */
  readonly authTime: number
  /** When the user last proved who they are: at sign-in or by step-up. 0: no proof stands. */
  readonly provedAt: number
}
