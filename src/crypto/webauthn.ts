/** What the service asked for. */
export interface Ceremony {
  /** base64url. */
  readonly challenge: string
  readonly rpId: string
  readonly origins: readonly string[]
}

/** RegistrationResponseJSON (section 5.1), without the members that are not read here. */
export interface RegistrationCredential {
  readonly id: string
  readonly rawId: string
  readonly type: 'public-key'
  readonly response: {
    readonly clientDataJSON: string
    readonly attestationObject: string
    readonly transports?: readonly string[] | undefined
  }
}

/** AuthenticationResponseJSON (section 5.1), without the members that are not read here. */
export interface AssertionCredential {
  readonly id: string
  readonly rawId: string
  readonly type: 'public-key'
  readonly response: {
    readonly clientDataJSON: string
    readonly authenticatorData: string
    readonly signature: string
    readonly userHandle?: string | null | undefined
  }
}

/** A verified new credential. `isUserPresent` is false for one made without asking the user. */
export interface NewCredential {
  /** base64url. */
  readonly credentialId: string
  /** A JWK as JSON: only the members that the key needs, in the order of RFC 7638. */
  readonly publicKey: string
  /** A COSE algorithm, one of COSE_ALGORITHMS. */
  readonly algorithm: number
  readonly signCount: number
  /** A UUID in lower case, all zeros if the authenticator does not say its model. */
  readonly aaguid: string
  readonly isBackupEligible: boolean
  readonly isBackedUp: boolean
  readonly isUserVerified: boolean
  readonly isUserPresent: boolean
  /** As the browser says, not signed. May contain any text. */
  readonly transports: readonly string[]
}

export interface StoredCredential {
  readonly credentialId: string
  readonly publicKey: string
  readonly algorithm: number
  readonly isBackupEligible: boolean
  /** base64url of the user handle that was given at creation. */
  readonly userHandle: string
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
export async function verifyRegistration(
  _ceremony: Ceremony,
  _credential: RegistrationCredential,
): Promise<NewCredential> {
  throw new WebAuthnError('stub')
}
export async function verifyAssertion(
  _ceremony: Ceremony,
  _stored: StoredCredential,
  _credential: AssertionCredential,
): Promise<Assertion> {
  throw new WebAuthnError('stub')
}
