/** Requests and answers of the token endpoint (RFC 6749 sections 4 and 5.1). */

export interface TokenRequest {
  readonly code?: string | undefined
  readonly redirect_uri?: string | undefined
  readonly code_verifier?: string | undefined
  readonly device_code?: string | undefined
  readonly refresh_token?: string | undefined
  readonly scope?: string | undefined
  readonly resource?: string[] | undefined
}

export interface TokenResponse {
  readonly access_token: string
  readonly token_type: 'Bearer'
  readonly expires_in: number
  readonly refresh_token?: string
  readonly id_token?: string
  readonly scope?: string
}
