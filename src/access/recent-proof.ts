/**
 * Whether a session has proved recently enough who acts. Asked before sensitive actions, because a session
 * may be stolen (OWASP ASVS 5.0, 7.5; RFC 9470). It costs nothing: the time of the last proof comes with the
 * check of the session that every request makes. Proofs are taken in step-up/.
 */
import type { Deps, Principal } from '../context'
import { DomainError, type ProofMethod, type StepUpDemand } from '../errors'
import type { Strength } from '../events'
import { strengthOf } from '../sessions/strength'

type Factors = Pick<Principal, 'isSecondFactorEnabled' | 'hasPasskey'>
type Proving = Factors & Pick<Principal, 'session'>

/** How far the clocks of a Worker and of the user's object may differ. */
const CLOCK_LEEWAY_MS = 60_000

/** The strength that a proof must have: as much as the account can give. */
export const neededStrength = (who: Factors): Strength =>
  who.isSecondFactorEnabled || who.hasPasskey ? 2 : 1

/** Whether the session's last proof is strong and recent enough for a sensitive action. */
export function isProved({ config, now }: Deps, who: Proving): boolean {
  const age = now - who.session.provedAt
  // A proof in the future does not count: the clock was set back, or is wrong.
  const isRecent = age >= -CLOCK_LEEWAY_MS && age < config.STEP_UP_SECONDS * 1000
  return isRecent && strengthOf(who.session) >= neededStrength(who)
}

/** Until when the session's last proof is good for sensitive actions, in milliseconds; null if it is not. */
export const stepUpUntil = (deps: Deps, who: Proving): number | null =>
  isProved(deps, who) ? provedUntil(deps, who.session.provedAt) : null

/** Until when a proof is good. */
export const provedUntil = ({ config }: Pick<Deps, 'config'>, provedAt: number): number =>
  provedAt + config.STEP_UP_SECONDS * 1000

/** The proofs that are enough for this account. A password is not, beside a second factor or a passkey. */
function proofMethods({ isSecondFactorEnabled, hasPasskey }: Factors): ProofMethod[] {
  if (!isSecondFactorEnabled && !hasPasskey) return ['password']
  return [
    ...(hasPasskey ? (['passkey'] as const) : []),
    ...(isSecondFactorEnabled ? (['code'] as const) : []),
    'recovery_code',
  ]
}

export const stepUpDemand = ({ config }: Pick<Deps, 'config'>, who: Factors): StepUpDemand => ({
  maxAge: config.STEP_UP_SECONDS,
  methods: proofMethods(who),
})

/** The refusal of a sensitive action. Its answer says which proof is needed, and how recent. */
export const stepUpRequired = (deps: Pick<Deps, 'config'>, who: Factors): DomainError =>
  new DomainError('step_up_required', { stepUp: stepUpDemand(deps, who) })
