/** Why a WebAuthn response is refused. For logs: an answer need not tell it. */
export type WebAuthnProblem =
  | 'malformed_credential_id' // not base64url, empty, or `id` and `rawId` differ
  | 'credential_id_too_long'
  | 'wrong_credential_id' // not the one in the authenticator data, or not the stored one
  | 'malformed_client_data' // not base64url, UTF-8 and JSON of an object, or too long
  | 'wrong_type' // a creation for an assertion, or the reverse
  | 'wrong_challenge'
  | 'wrong_origin'
  | 'cross_origin' // made in a frame of another origin
  | 'malformed_attestation'
  | 'malformed_authenticator_data'
  | 'wrong_rp_id'
  | 'no_attested_credential' // a creation without a credential
  | 'unexpected_attested_credential' // an assertion with one
  | 'impossible_backup_state' // backed up, but not eligible for a backup
  | 'backup_eligibility_changed'
  | 'malformed_public_key' // also a key that WebCrypto refuses, such as a point off its curve
  | 'unsupported_algorithm'
  | 'wrong_curve' // a curve that the algorithm is not used with here
  | 'wrong_user_handle'
  | 'user_not_present'
  | 'malformed_signature'
  | 'wrong_signature'

/** The only error that the verifier throws. */
export class WebAuthnError extends Error {
  override readonly name = 'WebAuthnError'

  constructor(readonly reason: WebAuthnProblem) {
    super(reason)
  }
}
