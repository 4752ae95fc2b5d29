/**
 * What a run believes: people, their sessions and the links mailed to them, kept apart from the
 * product's own state and compared with it. A session is `doomed` when a change that revokes it has been
 * saved but not yet acknowledged: it may live until the cron or the next success, and no longer; `pending`
 * when only the outbox revokes it, whatever else is answered; `perhaps` when a call that revokes it lost its
 * answer: whatever it is found to be, it does not rise again.
 */

import type { SoftwareAuthenticator } from '../support/authenticator'

export type Status = 'pending' | 'active' | 'deactivated'

/** What D1 says of a person. */
export interface Core {
  readonly status: Status
  readonly email: string
  /** Null: none is set. */
  readonly password: string | null
  readonly roles: readonly string[]
  readonly hasFactor: boolean
  readonly name: string
  /** An admin has asked for a new password. */
  readonly isExpired: boolean
  /** Someone has proved an address of the account, or an admin has vouched for it. */
  readonly isProved: boolean
  readonly origin: string
}

export interface KnownSession {
  readonly sid: string
  token: string
  tokenExpiresAt: number
  readonly expiresAt: number
  /** Refresh tokens by their counter, as they were answered; empty when the session is not remembered. */
  readonly refreshes: string[]
  rotatedAt: number
  state: 'live' | 'doomed' | 'pending' | 'perhaps' | 'dead'
  /** The passkey that opened it or was its second step. */
  readonly passkey: KnownPasskey | null
  /** Opened by a passkey alone: an expired password does not restrict it. */
  readonly isByPasskey: boolean
  /** The last instant at which the user may have proved who they are. */
  provedAt: number
  /** The last at which they did for certain, and as strongly as they can. */
  surelyProvedAt: number
}

export interface KnownPasskey {
  readonly credentialId: string
  /** Ours; empty after a lost answer, until D1 has been read. */
  id: string
  readonly authenticator: SoftwareAuthenticator
  /** Whether its counter counts, as that of a key which cannot leave its device. */
  readonly isDeviceBound: boolean
  state: 'live' | 'dead'
  /** The last response that opened a session: it must not open another. */
  spent: object | null
}

/** A browser that the user has trusted, with its newest token and the one before. */
export interface KnownDevice {
  token: string
  spent: string | null
  rotatedAt: number
  state: 'live' | 'perhaps' | 'dead'
  /** The passkey that was the second step when it was trusted. */
  readonly passkey: KnownPasskey | null
}

/** A session of an app, as the model knows it. The browser's session that it belongs to is `sid`. */
export interface KnownAppSession {
  readonly id: string
  readonly clientId: string
  readonly sid: string
  readonly isOffline: boolean
  readonly expiresAt: number
  /** The version of the credentials that its code was issued under. */
  readonly version: number
  generation: number
  rotatedAt: number
  state: 'live' | 'dead'
}

export interface KnownCode {
  readonly id: string
  readonly clientId: string
  readonly sid: string
  readonly challenge: string | null
  readonly isOffline: boolean
  readonly expiresAt: number
  readonly version: number
  state: 'open' | 'used' | 'dead'
  session: KnownAppSession | null
}

export interface KnownApps {
  readonly codes: KnownCode[]
  readonly sessions: KnownAppSession[]
  /** Scopes that the user has allowed, by client id. */
  readonly consents: Map<string, Set<string>>
}

export interface Somebody {
  readonly id: number
  readonly subject: string
  /** Null once erased. */
  core: Core | null
  /** Row's hash and credential version as last seen: what tells whether a lost answer had its effect. */
  hash: string | null
  credentialVersion: number
  sessions: KnownSession[]
  passkeys: KnownPasskey[]
  devices: KnownDevice[]
  apps: KnownApps
  secret: string | null
  pendingSecret: string | null
  /** Recovery codes that must work, and such as must not. */
  recovery: string[]
  spent: string[]
  /** The object has not been told of something that is saved. */
  isUntold: boolean
  /** Places in the budgets that wrong guesses and faults have used up. */
  lost: number
  /** Second factors that were compared and wrong, in a row, under one version of the credentials. */
  guessed: { version: number; compared: number }
  /** The user’s object keeps a tombstone, though a D1 that was set back has the user again. */
  isTombstone: boolean
  /** Erased by a change of which the object hears; whether it had heard before D1 was set back may be open. */
  isErased: boolean
  mayBeTombstone: boolean
  addresses: Set<string>
}

export interface Link {
  readonly purpose: string
  readonly token: string
  readonly userId: number
  readonly address: string
  expiresAt: number
  /** `used`: a success was answered; `dead`: a change has voided it; `perhaps`: its use lost the answer. */
  state: 'open' | 'used' | 'dead' | 'perhaps'
}

export const sameCore = (a: Core | null, b: Core | null): boolean => {
  if (a === null || b === null) return a === b
  return (
    a.status === b.status &&
    a.email === b.email &&
    a.hasFactor === b.hasFactor &&
    a.password === b.password &&
    a.name === b.name &&
    a.isExpired === b.isExpired &&
    a.isProved === b.isProved &&
    a.origin === b.origin &&
    [...a.roles].sort().join() === [...b.roles].sort().join()
  )
}

/** What an admin who vouches for an address leaves of what was set up before anybody had proved one. */
export const vouchedFor = (was: Core): Core =>
  was.isProved
    ? was
    : { ...was, isProved: true, password: null, hasFactor: false, isExpired: false }

/** Whether a mailed link may set a password: not where it would accept an invitation. */
export const mayReset = ({ status, password, origin }: Core): boolean =>
  status === 'active' || (status === 'pending' && (password !== null || origin === 'imported'))

/** A change as the model knows it: what it makes of the core, and what becomes of the sessions. */
export interface Change {
  readonly to: (core: Core) => Core | null
  /** Revokes the sessions, all or all but one. */
  readonly revokes?: 'all' | KnownSession
  /** Nothing the user’s object acts on: it is not told, and what it has not heard yet stays unheard. */
  readonly isLocal?: true
  /** Revokes what was begun under the credentials, as everything that revokes all sessions does. */
  readonly revokesPending?: true
  /** Browsers stay trusted, but for those that a removed passkey trusted (passkey.ts). */
  readonly keepsTrust?: true
  /** Voids mailed links; `undo` links only when named. */
  readonly voids?: readonly string[]
}

export const ALL_LINKS_BUT_UNDO = [
  'verify_email',
  'decline_registration',
  'reset_password',
  'confirm_email_change',
  'accept_invitation',
]
export const ALL_LINKS = [...ALL_LINKS_BUT_UNDO, 'undo_email_change']
/** What is revoked with the credentials, whatever revokes them. */
export const PENDING_LINKS = ['confirm_email_change']
