/**
 * The rules of passkeys and of step-up, apart from the object's RPC methods: which passkey may be used, and
 * what a proof does to a session. No method awaits.
 */
import { sessionHash } from '../../crypto/session-hash'
import type {
  AccountState,
  Device,
  OpenResult,
  PasskeyRefusal,
  PresentedPasskey,
  ProveResult,
  SessionRequest,
  StepUpProof,
} from '../session-types'
import { withProof } from '../strength'
import type { SessionRules, Stores } from './session-rules'

export class ProofRules {
  constructor(
    private readonly stores: Stores,
    private readonly sessions: SessionRules,
  ) {}

  /** Opens a session for a passkey that verified its user: a whole sign-in. */
  openByPasskey(
    accountState: AccountState,
    request: SessionRequest,
    presented: PresentedPasskey,
    now: number,
  ): OpenResult | { status: PasskeyRefusal } {
    const fault = this.sessions.believe(accountState, now)
    if (fault) return fault
    const refusal = this.usePasskey(presented, false, request.device, now)
    return refusal
      ? { status: refusal }
      : this.sessions.open(accountState, request, now, presented.id)
  }

  /** Uses a passkey (PasskeyStore.use), and records a counter that did not rise. */
  usePasskey(
    presented: PresentedPasskey,
    mayBeCopied: boolean,
    device: Device,
    now: number,
  ): PasskeyRefusal | undefined {
    if (!this.stores.store.accountState?.passkeys.includes(presented.id)) return 'removed'
    const { refusal, isCopied } = this.stores.passkeys.use(presented, mayBeCopied, now)
    if (isCopied) this.sessions.record('auth.passkey_copied', device, { passkey_id: presented.id })
    return refusal
  }

  /** Stores that a signed-in user proved again who they are. */
  prove(
    { sid, amr, passkey, from, created }: StepUpProof,
    device: Device,
    now: number,
  ): ProveResult {
    const live = this.sessions.live(sid, now)
    if (!live) return { status: 'refused' }
    if (created !== undefined && !live.accountState.passkeys.includes(created)) {
      return { status: 'removed' }
    }
    const refusal = passkey && this.usePasskey(passkey, false, device, now)
    if (refusal) return { status: refusal }
    if (passkey && from !== undefined) this.stores.factors.budget.settle(from, 'right', now)
    const provedBy = passkey?.id ?? created ?? null
    const proved = { amr: withProof(live.session.amr, amr), provedAt: now, provedBy }
    this.stores.store.prove(live.session, proved)
    this.sessions.record('auth.stepped_up', device, { session_id: sessionHash(sid), amr: [...amr] })
    return { status: 'proved', provedAt: now }
  }
}
