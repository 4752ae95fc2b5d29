/**
 * A seam for mutants in the verifier of passkeys: what it says of an assertion may be replaced. The file of
 * the runs puts it in (vi.mock), since a module's export cannot be spied on.
 */
import type { Assertion } from '../../src/crypto/webauthn'

type Override = (assertion: Assertion) => Assertion

let override: Override = (assertion) => assertion

export const overrideAssertions = (by: Override): void => {
  override = by
}

export const overridden: Override = (assertion) => override(assertion)
