/** Arguments and results of a user's object. Plain data, as RPC does not carry classes. */
import type { LiveSession } from '../context'
import type { Amr, SignInMethod } from '../events'

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
  /** The ids of the user's passkeys, sorted. The object remembers those that are no longer among them. */
  readonly passkeys: readonly string[]
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
  /** The API key that named this device; absent if the connection did. Recorded with events only. */
  readonly forwardedBy?: string
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
  readonly amr: readonly Amr[]
  readonly device: Device
}

/**
 * A passkey whose signature the Worker has verified. The object decides what only it can: whether the
 * challenge is unspent, the passkey not removed, and the counter of the authenticator higher than before.
 */
export interface PresentedPasskey {
  readonly id: string
  /** The WebAuthn challenge (base64url) and when it expires (ms). */
  readonly challenge: string
  readonly challengeExpiresAt: number
  /** What the authenticator's counter says now, and what it said at creation. */
  readonly signCount: number
  readonly firstSignCount: number
  readonly isBackedUp: boolean
  /** False for a passkey that cannot leave its device. */
  readonly isSyncable: boolean
}

export type PasskeyRefusal =
  /** The challenge has expired or was used before. */
  | 'spent'
  | 'removed'
  /** The counter of a device-bound passkey did not rise: its key may have been copied. */
  | 'copied'

/** The object's part of a passkey. */
export interface PasskeyUse {
  readonly id: string
  /** Milliseconds; null: never. */
  readonly lastUsedAt: number | null
  readonly isBackedUp: boolean
  readonly isRemoved: boolean
}

/** A browser that skips the second step. Times in milliseconds. */
export interface TrustedDevice extends Device {
  readonly id: string
  /** Given by the user; null: shown by its browser and operating system. */
  readonly name: string | null
  readonly createdAt: number
  readonly lastUsedAt: number
  readonly expiresAt: number
}

/** What a browser's trust token says, and the session to open if it is still trusted. */
export interface PresentedDevice {
  readonly id: string
  readonly generation: number
  /** For how long a token that was just replaced is still taken, in milliseconds. */
  readonly graceMs: number
  readonly request: SessionRequest
}

/** The trust that a sign-in opened or renewed, for its token. */
export interface DeviceTrust {
  readonly id: string
  readonly generation: number
  readonly expiresAt: number
}

export type ChallengeResult =
  | { status: 'opened'; cid: string }
  /** The browser is trusted: the session is open, without a second step. */
  | { status: 'trusted'; session: Session; accountState: AccountState; trust: DeviceTrust }
  /** Too many wrong second factors from networks that the user has not used. */
  | { status: 'blocked' }
  | { status: 'stale' }
  | { status: 'refused' }

/** An attempt at a second factor, counted before the code is compared. */
export type TryResult =
  | { status: 'go'; isRemembered: boolean; amr: readonly Amr[] }
  | { status: 'refused' }
  | { status: 'throttled'; retryAfter: number }

export type PassResult =
  | Exclude<OpenResult, { status: 'opened' }>
  | { status: 'opened'; session: Session; accountState: AccountState; trust?: DeviceTrust }
  | { status: PasskeyRefusal }

/** How a challenge is passed: by a TOTP step, a recovery code (neither) or a passkey. */
export interface PassedBy {
  readonly step: number | null
  readonly passkey?: PresentedPasskey
  /** Trust this browser from now on, for so many seconds. */
  readonly trustSeconds?: number
}

/** A proof by a signed-in user. */
export interface StepUpProof {
  readonly sid: string
  readonly amr: readonly Amr[]
  readonly passkey?: PresentedPasskey | undefined
  /** Where the passkey was presented: its attempt was counted, and is settled if it is accepted. */
  readonly from?: string | undefined
  /** The id of a passkey that was just made, which counts as its use. */
  readonly created?: string
}

export type ProveResult =
  | { status: 'proved'; provedAt: number }
  | { status: 'refused' }
  | { status: PasskeyRefusal }

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
  /** `removed`: passkeys of the account state that were removed before D1 was restored. */
  | { status: 'taken'; removed?: readonly string[] }
  | { status: 'erased' }
  /** The object has a newer account state, or a different one of the same version: D1 was restored. */
  | ({ status: 'ahead' } & Versions)

/** The subject inside a session id. */
export const subjectOf = (sid: string): string => sid.slice(0, 22)
