/** The RPC methods of a user's object about second factors, step-up, passkeys and trusted browsers. */
import type { Amr, TrustEndReason } from '../../events'
import { UNKNOWN_ORIGIN } from '../../throttle/request-origin'
import type {
  AccountState,
  ChallengeResult,
  Device,
  PassedBy,
  PassResult,
  PasskeyUse,
  PresentedDevice,
  ProveResult,
  SessionRequest,
  StepUpProof,
  TrustedDevice,
  TryResult,
} from '../session-types'
import { ObjectBase } from './object-base'
import { NO_DEVICE } from './session-rules'

/** The wait that is answered while blocked. Only new credentials or an unlock lift the block. */
const BLOCKED_SECONDS = 86_400

export abstract class FactorsObject extends ObjectBase {
  /**
   * Opens a challenge: proof of the right first step, to be presented with the second factor. `amr`: what
   * the first step was. A browser that is still `trusted` gets a session and the next token instead.
   */
  async openChallenge(
    accountState: AccountState,
    isRemembered: boolean,
    ttlSeconds: number,
    from = UNKNOWN_ORIGIN,
    amr: readonly Amr[] = ['pwd'],
    trusted?: PresentedDevice,
  ): Promise<ChallengeResult> {
    const first = { isRemembered, amr, trusted }
    return this.settled(
      this.secondStep.challenge(accountState, first, ttlSeconds, from, Date.now()),
    )
  }

  /** Whether a challenge is open. Counts nothing. */
  hasChallenge(cid: string): boolean {
    return this.secondStep.find(cid, Date.now()) !== undefined
  }

  /** Counts an attempt at a challenge, before the factor is compared. */
  async tryChallenge(cid: string, from = UNKNOWN_ORIGIN): Promise<TryResult> {
    return this.settled(this.secondStep.tryChallenge(cid, from, Date.now()))
  }

  /**
   * Exchanges a challenge for a session; `spent` when it, the TOTP step or the passkey's challenge has been
   * used meanwhile. `request.amr`: what the second step adds to the first.
   */
  async passChallenge(
    cid: string,
    step: number | null,
    accountState: AccountState,
    request: SessionRequest,
    from = UNKNOWN_ORIGIN,
    more: Omit<PassedBy, 'step'> = {},
  ): Promise<PassResult> {
    const by = { ...more, step }
    const now = Date.now()
    return this.settled(this.secondStep.passChallenge(cid, by, accountState, request, from, now))
  }

  /** Records that the factor for a challenge was wrong. */
  async wrongFactor(cid: string, device: Device): Promise<void> {
    this.secondStep.wrongFactor(cid, device, Date.now())
    await this.settled(undefined)
  }

  /** Counts a signed-in user's second factor. Returns 0, or the seconds to wait if it is refused. */
  async tryFactor(from = UNKNOWN_ORIGIN): Promise<number> {
    const now = Date.now()
    // Wrong codes while a factor is being set up block nothing.
    const mayBeBlocked = this.store.accountState?.isSecondFactorEnabled
    if (mayBeBlocked && this.secondStep.isBlocked(from, now)) return this.settled(BLOCKED_SECONDS)
    return this.settled(Math.ceil(this.factors.budget.reserve(from, now) / 1000))
  }

  /**
   * Accepts a signed-in user's right factor; false: used before. `step`: null for a recovery code. With
   * `proof` it counts for the session too.
   */
  async acceptFactor(
    step: number | null,
    from = UNKNOWN_ORIGIN,
    proof?: StepUpProof,
    device: Device = NO_DEVICE,
  ): Promise<boolean> {
    if (step !== null && !this.factors.useStep(step)) return false
    const now = Date.now()
    this.factors.budget.settle(from, 'right', now)
    if (!proof) return true
    this.proofs.prove(proof, device, now)
    return this.settled(true)
  }

  /** Stores that a signed-in user proved again who they are. */
  async prove(proof: StepUpProof, device: Device): Promise<ProveResult> {
    return this.settled(this.proofs.prove(proof, device, Date.now()))
  }

  /** Deletes failed second factors, for an admin's unlock. */
  unlockFactors(): void {
    this.factors.budget.unlock()
  }

  /** Until when factors are refused somewhere (ms; null: nowhere), and if the password is blocked. */
  secondFactorLock(): { until: number | null; isBlocked: boolean } {
    const { budget } = this.factors
    return { until: budget.lockedUntil(Date.now()), isBlocked: budget.isBlocked }
  }

  /** The last use of each passkey that was ever used, and which ones were removed. */
  passkeyUses(): PasskeyUse[] {
    return this.passkeys.all()
  }

  /** Browsers that are still trusted, the most recently used first. */
  listTrustedDevices(): TrustedDevice[] {
    const { accountState } = this.store
    return accountState ? this.trusted.list(accountState.credentialVersion, Date.now()) : []
  }

  /**
   * Whether a browser is trusted under these credentials. Trust is over if the account has newer ones, even
   * if the object has not been told of them yet.
   */
  isTrusted(id: string, credentialVersion: number): boolean {
    const known = this.store.accountState?.credentialVersion ?? 0
    return known >= credentialVersion && this.#isTrusted(id)
  }

  /** Names a trusted browser; false when there is none of this id. */
  renameTrustedDevice(id: string, name: string | null): boolean {
    return this.#isTrusted(id) && this.trusted.rename(id, name)
  }

  /** Ends the trust of one browser, or of all (null). Returns the number that were trusted. */
  async endTrust(id: string | null, reason: TrustEndReason, device: Device): Promise<number> {
    const ids = id === null || this.#isTrusted(id) ? this.trusted.end(id) : []
    this.rules.endTrust(ids, reason, device)
    return this.settled(ids.length)
  }

  #isTrusted(id: string): boolean {
    return this.listTrustedDevices().some((device) => device.id === id)
  }
}
