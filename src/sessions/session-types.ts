/** What the Worker and a user's object say to each other. Plain data: classes are lost over RPC. */
import type { LiveSession } from '../context'
import type { SignInMethod } from '../events'

/** The snapshot of a user that their object acts on; made from D1 by sessions/account-state.ts alone. */
export interface Authority extends Versions {
  readonly subject: string
  readonly userId: number
  /** Not active: refuses every session. */
  readonly isBlocked: boolean
  readonly roleIds: readonly number[]
  /** Milliseconds; null: never. */
  readonly passwordExpiresAt: number | null
  readonly isTwoFactorEnabled: boolean
}

export interface Versions {
  readonly authVersion: number
  readonly credentialVersion: number
}

/**
 * A session to keep although credentials changed: if it is of the version just before, and the
 * authority has exactly that change's.
 */
export interface KeptSession {
  /** The hash of its id: this is also written to D1 (crypto/session-hash.ts). */
  readonly session: string
  readonly credentialVersion: number
}

export interface Device {
  readonly ip: string | null
  readonly country: string | null
  readonly userAgent: string | null
}

export type Session = LiveSession

export interface ListedSession extends Session, Device {
  readonly lastUsedAt: number
}

export type OpenResult =
  | { status: 'opened'; session: Session; authority: Authority }
  /** The sign-in was checked against an authority that is not the truth any more: read it again. */
  | { status: 'stale' }
  | { status: 'refused' }

export interface SessionRequest {
  readonly ttlSeconds: number
  readonly isRemembered: boolean
  readonly method: SignInMethod
  readonly device: Device
}

export type ChallengeResult =
  | { status: 'opened'; cid: string }
  /** Too many wrong second factors from networks that the user has not used. */
  | { status: 'blocked' }
  | { status: 'stale' }
  | { status: 'refused' }

/** A try at a second factor, counted before anything is compared. */
export type TryResult =
  | { status: 'go'; isRemembered: boolean }
  | { status: 'refused' }
  | { status: 'throttled'; retryAfter: number }

export type PassResult = OpenResult | { status: 'spent' }

export type CheckResult =
  | {
      isLive: true
      authority: Authority
      session: Session
      /** Seconds after which the session may write again; absent when it may now. */
      retryAfter?: number
    }
  | { isLive: false }

export type RotateResult =
  | { status: 'rotated'; generation: number; authority: Authority; session: Session }
  | { status: 'refused' }

export type SyncResult =
  | { status: 'taken' }
  | { status: 'erased' }
  /** The object knows a newer authority, or another one under the same version: D1 was set back. */
  | ({ status: 'ahead' } & Versions)

/** The subject inside a session id. */
export const subjectOf = (sid: string): string => sid.slice(0, 22)
