/**
 * The rules of the second step of a sign-in, apart from the object's RPC methods: challenges, who may try
 * a factor, which browsers skip the step, and the block of a password. No method awaits.
 */
import type { Amr } from '../../events'
import { UNKNOWN_ORIGIN } from '../../throttle/request-origin'
import type {
  AccountState,
  ChallengeResult,
  Device,
  DeviceTrust,
  PassedBy,
  PassResult,
  PresentedDevice,
  SessionRequest,
  TryResult,
} from '../session-types'
import { withProof } from '../strength'
import type { ProofRules } from './proof-rules'
import type { Challenge } from './second-factor-store'
import { NO_DEVICE, type SessionRules, type Stores } from './session-rules'
import type { NewTrust } from './trusted-devices'

export class SecondStepRules {
  constructor(
    private readonly stores: Stores,
    private readonly sessions: SessionRules,
    private readonly proofs: ProofRules,
  ) {}

  /**
   * Opens a challenge for a right first step, unless the password is blocked on this network. A trusted
   * browser gets its session instead.
   */
  challenge(
    accountState: AccountState,
    first: { isRemembered: boolean; amr: readonly Amr[]; trusted?: PresentedDevice | undefined },
    ttlSeconds: number,
    from: string,
    now: number,
  ): ChallengeResult {
    const fault = this.sessions.believe(accountState, now)
    if (fault) return fault
    if (this.isBlocked(from, now)) return { status: 'blocked' }
    const skipped = first.trusted && this.#skip(accountState, first.trusted, now)
    if (skipped) return skipped
    const { credentialVersion } = accountState
    const expiresAt = now + ttlSeconds * 1000
    const cid = this.stores.factors.open(
      expiresAt,
      credentialVersion,
      first.isRemembered,
      first.amr,
    )
    return { status: 'opened', cid }
  }

  /** Opens the session of a trusted browser; undefined if it has to take the second step. */
  #skip(
    accountState: AccountState,
    presented: PresentedDevice,
    now: number,
  ): ChallengeResult | undefined {
    const { request } = presented
    const used = this.stores.trusted.use(presented, accountState.credentialVersion, now)
    if (used.status === 'reused') this.sessions.endTrust([presented.id], 'reused', request.device)
    if (used.status !== 'trusted') return undefined
    const opened = this.sessions.open(accountState, request, now, used.passkeyId)
    return opened.status === 'opened' ? { ...opened, status: 'trusted', trust: used.trust } : opened
  }

  /** Counts an attempt at a challenge before its factor is compared. */
  tryChallenge(cid: string, from: string, now: number): TryResult {
    const challenge = this.find(cid, now)
    if (!challenge || this.isBlocked(from, now)) return { status: 'refused' }
    const { budget } = this.stores.factors
    const wait = budget.reserve(from, now)
    if (wait > 0) return { status: 'throttled', retryAfter: Math.ceil(wait / 1000) }
    if (!this.stores.factors.useTry(challenge)) {
      budget.settle(from, 'void', now)
      return { status: 'refused' }
    }
    return { status: 'go', isRemembered: challenge.isRemembered, amr: challenge.amr }
  }

  /** Exchanges a challenge, and the TOTP step or the passkey's challenge, for a session. */
  passChallenge(
    cid: string,
    by: PassedBy,
    accountState: AccountState,
    request: SessionRequest,
    from: string,
    now: number,
  ): PassResult {
    const fault = this.sessions.believe(accountState, now)
    if (fault) return fault
    const challenge = this.find(cid, now)
    if (!challenge) return { status: 'spent' }
    if (by.step !== null && !this.stores.factors.useStep(by.step)) {
      this.wrongFactor(cid, request.device, now)
      return { status: 'spent' }
    }
    // Behind another factor a passkey counts even if its key may have been copied.
    const refusal = by.passkey && this.proofs.usePasskey(by.passkey, true, request.device, now)
    if (refusal) return { status: refusal }
    this.stores.factors.drop(cid)
    this.stores.factors.budget.settle(from, 'right', now)
    const amr = withProof(challenge.amr, request.amr)
    const opened = this.sessions.open(accountState, { ...request, amr }, now, by.passkey?.id)
    if (opened.status !== 'opened' || by.trustSeconds === undefined) return opened
    const trusted = {
      credentialVersion: accountState.credentialVersion,
      passkeyId: by.passkey?.id ?? null,
      expiresAt: now + by.trustSeconds * 1000,
    }
    return { ...opened, trust: this.#trust(trusted, request.device, now) }
  }

  #trust(trusted: NewTrust, device: Device, now: number): DeviceTrust {
    const { expiresAt } = trusted
    const { trust, dropped } = this.stores.trusted.add(device, trusted, now)
    this.sessions.endTrust(dropped, 'too_many', device)
    const data = { device_id: trust.id, expires_at: expiresAt }
    this.sessions.record('auth.device_trusted', device, data)
    return trust
  }

  /** Records a factor that is wrong or has been used. The user is notified once per challenge. */
  wrongFactor(cid: string, device: Device, now: number): void {
    if (this.stores.store.erasedAt !== null) return
    const first = this.stores.factors.isFirstWrong(cid)
    this.sessions.record('auth.second_factor_failed', device, { first })
    this.isBlocked(UNKNOWN_ORIGIN, now, device)
  }

  /**
   * Whether the password is blocked on a network (SecondFactorBudget.block). The start of a block is
   * recorded, and its email tells the user that somebody else knows the password.
   */
  isBlocked(from: string, now: number, device = NO_DEVICE): boolean {
    const { isBlocked, isNew } = this.stores.factors.budget.block(from, now)
    if (isNew) this.sessions.record('auth.password_blocked', device, {})
    return isBlocked
  }

  /** An open challenge; undefined if it was passed, has expired or is of earlier credentials. */
  find(cid: string, now: number): Challenge | undefined {
    const { accountState, erasedAt } = this.stores.store
    if (!accountState || erasedAt !== null || accountState.isBlocked) return undefined
    return this.stores.factors.find(cid, accountState.credentialVersion, now)
  }
}
