/**
 * A strict relying party, which checks what the OpenID Foundation's conformance suite checks: it discovers the
 * provider, sends its user there, redeems the code and validates everything that it gets.
 */
import { createLocalJWKSet, decodeProtectedHeader, type JWTPayload, jwtVerify } from 'jose'
import { expect } from 'vitest'
import { sha256 } from '../../src/crypto/encoding'
import type { AppRow } from '../../src/tables/apps'
import { answerIn, FROM_US, refreshOf } from '../app-sign-in/flow'
import { postForm } from '../app-tokens/flow'
import type { Shown, Visitor } from '../pages/visitor'
import { get, type Reply, send } from '../support/api'
import { makeApp, type MadeApp, REDIRECT_URI } from '../support/apps'

type Parameters = Record<string, string | undefined>

export interface Tokens {
  access_token: string
  token_type: string
  expires_in: number
  id_token: string
  refresh_token?: string
  scope?: string
}

export class RelyingParty {
  private constructor(
    readonly app: MadeApp,
    readonly provider: Record<string, any>,
    private readonly isPost: boolean,
  ) {}

  /** A confidential web app that need not send PKCE, as the Basic OP plan registers its clients. */
  static async register(made: Partial<AppRow> = {}): Promise<RelyingParty> {
    const app = await makeApp({ pkce: 'optional', ...made })
    return RelyingParty.of(app, made.authMethod === 'client_secret_post')
  }

  static async of(app: MadeApp, isPost = false): Promise<RelyingParty> {
    const { body } = await get('/.well-known/openid-configuration')
    return new RelyingParty(app, body, isPost)
  }

  /** The request, with state and nonce; `undefined` leaves a parameter out. */
  request(more: Parameters = {}): URLSearchParams {
    const all: Parameters = {
      client_id: this.app.clientId,
      response_type: 'code',
      redirect_uri: REDIRECT_URI,
      scope: 'openid',
      state: crypto.randomUUID(),
      nonce: crypto.randomUUID(),
      ...more,
    }
    return new URLSearchParams(
      Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    )
  }

  /** Sends the user to the provider, from the site of the app. What the provider answers. */
  send(visitor: Visitor, request: URLSearchParams): Promise<Shown> {
    return visitor.open(`${this.path('authorization_endpoint')}?${request.toString()}`, {
      'sec-fetch-site': 'cross-site',
    })
  }

  /** What the app learns at its redirect URI. The answer must name its issuer and repeat the state. */
  async answer(
    visitor: Visitor,
    shown: Shown,
    request: URLSearchParams,
  ): Promise<Record<string, string>> {
    let at = shown
    for (let steps = 0; at.to?.startsWith('/') === true && steps < 6; steps++) {
      at = await visitor.open(at.to, FROM_US)
    }
    const answer = answerIn(at.to ?? refreshOf(at) ?? `shown: ${at.status} ${at.html}`)
    expect(answer['iss']).toBe(this.provider['issuer'])
    expect(answer['state']).toBe(request.get('state') ?? undefined)
    return answer
  }

  /** Redeems a code, and validates the answer and its ID token. */
  async redeem(code: string | undefined, request: URLSearchParams, more: Parameters = {}) {
    const reply = await this.token({
      grant_type: 'authorization_code',
      code,
      redirect_uri: REDIRECT_URI,
      ...more,
    })
    return this.validated(reply, request.get('nonce'))
  }

  token(fields: Parameters): Promise<Reply> {
    const { clientId: client_id, secret } = this.app
    if (!this.isPost) return postForm(this.path('token_endpoint'), fields, this.app)
    const credentials = { client_id, client_secret: secret ?? undefined }
    return postForm(this.path('token_endpoint'), { ...fields, ...credentials })
  }

  /** Checks of OpenID Connect Core sections 3.1.3.3 and 3.1.3.7. */
  async validated(reply: Reply, nonce: string | null): Promise<{ tokens: Tokens; id: JWTPayload }> {
    expect(reply.status, JSON.stringify(reply.body)).toBe(200)
    expect(reply.headers.get('cache-control')).toBe('no-store')
    expect(reply.headers.get('content-type')).toMatch(/^application\/json/)
    const tokens = reply.body as Tokens
    expect(tokens.token_type.toLowerCase()).toBe('bearer')
    expect(tokens.expires_in).toBeGreaterThan(0)
    const { payload } = await this.verified(tokens.id_token)
    expect(payload['nonce']).toBe(nonce ?? undefined)
    expect(payload.aud).toBe(this.app.clientId)
    expect([undefined, this.app.clientId]).toContain(payload['azp'])
    expect(payload.sub).toMatch(/^[\x20-\x7e]{1,255}$/)
    expect(payload['auth_time']).toBeTypeOf('number')
    expect(payload['at_hash']).toBe(await halfHash(tokens.access_token))
    return { tokens, id: payload }
  }

  /** Signature, issuer, audience and times of an ID token, by the published keys. */
  async verified(idToken: string) {
    expect(decodeProtectedHeader(idToken)).toMatchObject({ alg: 'RS256', kid: expect.any(String) })
    const keys = createLocalJWKSet((await get(this.path('jwks_uri'))).body)
    return jwtVerify(idToken, keys, {
      issuer: this.provider['issuer'],
      audience: this.app.clientId,
      requiredClaims: ['sub', 'exp', 'iat'],
      algorithms: ['RS256'],
    })
  }

  userinfo(accessToken: string): Promise<Reply> {
    return send(this.path('userinfo_endpoint'), {
      headers: { authorization: `Bearer ${accessToken}` },
    })
  }

  /** A whole sign-in of a browser that has a session already. */
  async signIn(visitor: Visitor, more: Parameters = {}, redeeming: Parameters = {}) {
    const request = this.request(more)
    const shown = await this.send(visitor, request)
    const { code } = await this.answer(visitor, shown, request)
    return { code, request, ...(await this.redeem(code, request, redeeming)) }
  }

  /** The path of an endpoint, which must be below the issuer. */
  path(endpoint: string): string {
    const url = new URL(this.provider[endpoint])
    expect(url.origin).toBe(this.provider['issuer'])
    return url.pathname
  }
}

/** OpenID Connect Core section 3.1.3.6: the left half of the hash, for RS256 of SHA-256. */
async function halfHash(token: string): Promise<string> {
  const whole = Uint8Array.fromBase64(await sha256(token), { alphabet: 'base64url' })
  return whole.slice(0, 16).toBase64({ alphabet: 'base64url', omitPadding: true })
}
