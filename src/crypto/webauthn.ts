export interface AssertionCredential {
  readonly id: string
}
export interface Assertion {
  readonly signCount: number
  readonly isUserVerified: boolean
  readonly isBackedUp: boolean
}
export class WebAuthnError extends Error {
  constructor(readonly reason: string) {
    super(reason)
  }
}
export async function verifyAssertion(
  _ceremony: { challenge: string; rpId: string; origins: readonly string[] },
  _stored: {
    credentialId: string
    publicKey: string
    algorithm: number
    isBackupEligible: boolean
    userHandle: string
  },
  _credential: AssertionCredential,
): Promise<Assertion> {
  throw new WebAuthnError('stub')
}
