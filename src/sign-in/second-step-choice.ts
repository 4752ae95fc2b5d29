/**
 * By what a user can take the second step, the strongest first. Only a right first step entitles to know:
 * a challenge's token proves it.
 */
import type { Deps } from '../context'
import { verifyToken } from '../crypto/signed-token'
import { DomainError } from '../errors'
import { type Account, accountBySubject } from '../users/account'
import { mayTrustBrowsers } from './continue'
import { boundTo, fromFirstStep } from './second-factor-step'
import { type SecondStepMethod, secondStepMethods } from './second-step-method'

export interface SecondStepChoice {
  readonly methods: SecondStepMethod[]
  /** Whether the browser may be trusted when the step is done. */
  readonly mayTrust: boolean
}

/** What the second step behind a challenge can be. Throws `invalid_challenge`. */
export async function secondStepChoice(deps: Deps, token: string): Promise<SecondStepChoice> {
  const { subject } = await fromFirstStep(deps, token)
  const account: Account | undefined = await accountBySubject(deps, subject)
  if (!account) throw new DomainError('invalid_challenge')
  return {
    methods: secondStepMethods(account),
    mayTrust: await mayTrustBrowsers(deps, account),
  }
}

/** Whether the token of a passkey's options was made for the second step behind this challenge. */
export async function isOptionsOf(
  deps: Deps,
  optionsToken: string,
  challengeToken: string,
): Promise<boolean> {
  const { TOKEN_KEYS } = deps.config
  const [options, challenge] = await Promise.all([
    verifyToken(TOKEN_KEYS, 'passkey', optionsToken),
    verifyToken(TOKEN_KEYS, 'challenge', challengeToken),
  ])
  return challenge !== undefined && options?.to === boundTo(challenge)
}
