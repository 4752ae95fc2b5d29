/** What a verb gets: everything it may touch, and nothing of the transport that called it. */
import type { Config } from './config'
import type { Database } from './db/database'
import type { Meter } from './db/meter'

export interface Deps {
  readonly env: Env
  readonly config: Config
  /** The same database twice: with Drizzle, and bare for batches. Both are metered. */
  readonly db: Database
  readonly d1: D1Database
  readonly meter: Meter
  /** The instant this request, message or job began, in milliseconds since the epoch. */
  readonly now: number
  readonly requestId: string
  readonly client: Client
  /** The API key that is at work, which every audit row then names; null for everybody else. */
  readonly apiKeyId: string | null
  /** Work that may go on after the answer. */
  waitUntil(promise: Promise<unknown>): void
}

/** Who asks, as far as the connection tells. All null for queue messages and jobs. */
export interface Client {
  readonly ip: string | null
  readonly country: string | null
  readonly userAgent: string | null
  /** Where to place an object of this person's: the platform's region nearest to the request. */
  readonly region: DurableObjectLocationHint | null
}

/** The part of a client that is kept with a session and with facts. */
export const deviceOf = ({ client }: Pick<Deps, 'client'>) => ({
  ip: client.ip,
  country: client.country,
  userAgent: client.userAgent,
})

export const NO_CLIENT: Client = { ip: null, country: null, userAgent: null, region: null }

/** Why a session may do nothing but cure its restriction or sign out. */
export const RESTRICTIONS = ['password_expired', 'two_factor_required'] as const
export type Restriction = (typeof RESTRICTIONS)[number]

/** Who acts: a person by his session, or an API key in the name of the one who made it. */
export interface Actor {
  readonly userId: number
  readonly subject: string
  /** Null for a key. */
  readonly sid: string | null
  /** Null for a person. */
  readonly apiKeyId: string | null
}

/** Who is signed in: one live session and what its user may do, as the user's object knows it now. */
export interface Principal extends Actor {
  readonly sid: string
  readonly apiKeyId: null
  readonly roleIds: readonly number[]
  readonly restriction: Restriction | null
  readonly isTwoFactorEnabled: boolean
  /** The credentials that the session lives under. */
  readonly credentialVersion: number
  readonly passwordExpiresAt: number | null
  readonly session: LiveSession
}

/** Whether the actor is a signed-in user and not an API key. */
export const isPrincipal = (actor: Actor): actor is Principal => actor.apiKeyId === null

/**
 * What a request that writes is counted as (sessions/object/write-budget.ts). `own`: for the user's own account.
 * `staff`: by a route that a permission opens, which scripts use.
 */
export type WriteKind = 'own' | 'staff'

/** Instants in milliseconds. */
export interface LiveSession {
  /** The user's subject (22 characters) and 128 random bits (22 characters). */
  readonly sid: string
  readonly createdAt: number
  readonly expiresAt: number
  readonly isRemembered: boolean
}
