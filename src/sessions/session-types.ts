/** Arguments and results of a user's object. Plain data, as RPC does not carry classes. */
import type { LiveSession } from '../context'
import type { SignInMethod } from '../events'

/**
 * The snapshot of a user that the user's object acts on. Only sessions/account-state.ts makes it, from
 * D1.
 */
export interface AccountState extends Versions {
  readonly subject: string
  readonly userId: number
  /** True unless the account is active. All sessions are refused then. */
  readonly isBlocked: boolean
  readonly roleIds: readonly number[]
  /** Milliseconds; null: never. */
  readonly passwordExpiresAt: number | null
  readonly isSecondFactorEnabled: boolean
}

export interface Versions {
  readonly authVersion: number
  readonly credentialVersion: number
}

/**
 * A session to keep although the credentials change. It is kept only if it is of the version just
 * before, and the account state is of exactly this version.
 */
export interface KeptSession {
  /** The hash of its id, as D1 must not contain session ids (crypto/session-hash.ts). */
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
  | { status: 'opened'; session: Session; accountState: AccountState }
  /** The sign-in was verified against an outdated accountState: read the account again. */
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

/** An attempt at a second factor, counted before the code is compared. */
export type TryResult =
  | { status: 'go'; isRemembered: boolean }
  | { status: 'refused' }
  | { status: 'throttled'; retryAfter: number }

export type PassResult = OpenResult | { status: 'spent' }

export type CheckResult =
  | {
      isLive: true
      accountState: AccountState
      session: Session
      /** Seconds after which the session may write again; absent when it may now. */
      retryAfter?: number
    }
  | { isLive: false }

export type RotateResult =
  | { status: 'rotated'; generation: number; accountState: AccountState; session: Session }
  | { status: 'refused' }

export type SyncResult =
  | { status: 'taken' }
  | { status: 'erased' }
  /** The object has a newer account state, or a different one of the same version: D1 was restored. */
  | ({ status: 'ahead' } & Versions)

/** The subject inside a session id. */
export const subjectOf = (sid: string): string => sid.slice(0, 22)
