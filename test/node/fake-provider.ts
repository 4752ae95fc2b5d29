/**
 * A small OpenID Connect provider without a network, for tests of the packages. It can be told to answer what
 * a real one never would.
 */
import { randomUUID } from 'node:crypto'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'

export const ISSUER = 'https://auth.example.com'
export const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout'
const ID_TOKEN_SECONDS = 3600

interface Grant {
  readonly sid: string
  readonly clientId: string
  readonly scope: string
  readonly nonce: string | null
  readonly challenge: string | null
  readonly redirectUri: string
  isLive: boolean
  /** The refresh token that is valid now. */
  refreshToken: string
  accessToken: string
}

export interface FakeProvider {
  readonly fetch: (request: Request) => Promise<Response>
  /** Signs the user in, as the pages would: from the authorize URL to the address of the answer. */
  readonly authorize: (url: string) => string
  /** Requests so far, such as `POST /oauth/token refresh_token`. */
  readonly requests: string[]
  /** Refresh tokens that were used again after their successor. A real provider ends the session. */
  readonly reused: string[]
  readonly grants: readonly Grant[]
  /** What differs from a good answer. */
  tamper: {
    discovery?: Record<string, unknown>
    /** Replaces parameters of the answer; null removes one. */
    answer?: Record<string, string | null>
    idToken?: JWTPayload
    tokens?: Record<string, unknown>
    userinfo?: Record<string, unknown>
    /** Answers every request with this status. */
    status?: number
    delayMs?: number
  }
  accessTokenSeconds: number
  readonly endSession: (sid: string) => void
  readonly logoutToken: (
    claims: Record<string, unknown>,
    header?: { typ?: string; kid?: string; alg?: 'RS256' | 'ES256' },
  ) => Promise<string>
}

const keys = await Promise.all([
  generateKeyPair('RS256', { extractable: true }),
  generateKeyPair('ES256', { extractable: true }),
])

export async function fakeProvider(): Promise<FakeProvider> {
  const [rs256, es256] = keys
  const grants: Grant[] = []
  const codes = new Map<string, Grant>()
  const used = new Map<string, Grant>()
  const jwks = {
    keys: [
      { ...(await exportJWK(rs256.publicKey)), kid: 'rs', alg: 'RS256', use: 'sig' },
      { ...(await exportJWK(es256.publicKey)), kid: 'es', alg: 'ES256', use: 'sig' },
    ],
  }

  const tokensOf = async (grant: Grant, nonce: string | null) => {
    const now = Math.floor(Date.now() / 1000)
    const claims = {
      iss: ISSUER,
      sub: 'user-1',
      aud: grant.clientId,
      iat: now,
      exp: now + ID_TOKEN_SECONDS,
      auth_time: now,
      sid: grant.sid,
      ...(nonce !== null && { nonce }),
      ...provider.tamper.idToken,
    }
    const idToken = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'RS256', kid: 'rs', typ: 'JWT' })
      .sign(rs256.privateKey)
    return {
      access_token: grant.accessToken,
      token_type: 'Bearer',
      expires_in: provider.accessTokenSeconds,
      refresh_token: grant.refreshToken,
      id_token: idToken,
      scope: grant.scope,
      ...provider.tamper.tokens,
    }
  }

  const refuse = (error: string, status = 400) => Response.json({ error }, { status })

  const token = async (request: Request) => {
    const form = new URLSearchParams(await request.text())
    const type = form.get('grant_type')
    provider.requests.push(`POST /oauth/token ${type}`)
    if (type === 'authorization_code') {
      const code = form.get('code') ?? ''
      const grant = codes.get(code)
      codes.delete(code)
      const verifier = new TextEncoder().encode(form.get('code_verifier') ?? '')
      const digest = Buffer.from(await crypto.subtle.digest('SHA-256', verifier))
      if (!grant || grant.challenge !== digest.toString('base64url')) return refuse('invalid_grant')
      if (form.get('redirect_uri') !== grant.redirectUri) return refuse('invalid_grant')
      return Response.json(await tokensOf(grant, grant.nonce))
    }
    const refreshToken = form.get('refresh_token') ?? ''
    const before = used.get(refreshToken)
    if (before) {
      provider.reused.push(refreshToken)
      before.isLive = false
    }
    const grant = grants.find((each) => each.refreshToken === refreshToken)
    if (!grant?.isLive) return refuse('invalid_grant')
    used.set(refreshToken, grant)
    grant.refreshToken = randomUUID()
    grant.accessToken = randomUUID()
    return Response.json(await tokensOf(grant, null))
  }

  const userinfo = (request: Request) => {
    provider.requests.push('GET /oauth/userinfo')
    const bearer = request.headers.get('authorization')?.replace('Bearer ', '')
    const grant = grants.find(({ accessToken }) => accessToken === bearer)
    if (!grant?.isLive) return refuse('invalid_token', 401)
    const claims = { sub: 'user-1', name: 'Ada Lovelace', email: 'ada@example.com' }
    return Response.json({ ...claims, ...provider.tamper.userinfo })
  }

  const provider: FakeProvider = {
    requests: [],
    reused: [],
    grants,
    tamper: {},
    accessTokenSeconds: 600,

    async fetch(request) {
      const { pathname } = new URL(request.url)
      const { status, delayMs = 0 } = provider.tamper
      // A redirect could carry a code or a token anywhere.
      if (request.redirect !== 'manual') throw new Error(`${pathname} would follow a redirect`)
      if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs))
      if (status !== undefined) {
        provider.requests.push(`${request.method} ${pathname}`)
        return new Response(null, { status })
      }
      if (pathname === '/oauth/token') return token(request)
      if (pathname === '/oauth/userinfo') return userinfo(request)
      provider.requests.push(`${request.method} ${pathname}`)
      if (pathname === '/jwks') return Response.json(jwks)
      if (pathname === '/oauth/revoke') {
        const form = new URLSearchParams(await request.text())
        const grant = grants.find((each) => each.refreshToken === form.get('token'))
        if (grant) grant.isLive = false
        return new Response(null)
      }
      return Response.json({
        issuer: ISSUER,
        authorization_endpoint: `${ISSUER}/oauth/authorize`,
        token_endpoint: `${ISSUER}/oauth/token`,
        userinfo_endpoint: `${ISSUER}/oauth/userinfo`,
        revocation_endpoint: `${ISSUER}/oauth/revoke`,
        end_session_endpoint: `${ISSUER}/oauth/sign-out`,
        jwks_uri: `${ISSUER}/jwks`,
        authorization_response_iss_parameter_supported: true,
        ...provider.tamper.discovery,
      })
    },

    authorize(url) {
      const asked = new URL(url).searchParams
      const grant: Grant = {
        sid: randomUUID(),
        clientId: asked.get('client_id') ?? '',
        scope: asked.get('scope') ?? '',
        nonce: asked.get('nonce'),
        challenge: asked.get('code_challenge'),
        redirectUri: asked.get('redirect_uri') ?? '',
        isLive: true,
        refreshToken: randomUUID(),
        accessToken: randomUUID(),
      }
      grants.push(grant)
      const code = randomUUID()
      codes.set(code, grant)
      const answer = new URL(grant.redirectUri)
      const parameters = { code, state: asked.get('state'), iss: ISSUER, ...provider.tamper.answer }
      for (const [name, value] of Object.entries(parameters)) {
        if (value !== null) answer.searchParams.set(name, value)
      }
      return answer.href
    },

    endSession(sid) {
      for (const grant of grants) if (grant.sid === sid) grant.isLive = false
    },

    async logoutToken(claims, { typ = 'logout+jwt', kid, alg = 'RS256' } = {}) {
      const now = Math.floor(Date.now() / 1000)
      const whole = {
        iss: ISSUER,
        aud: 'app',
        sub: 'user-1',
        jti: randomUUID(),
        iat: now,
        exp: now + 120,
        events: { [LOGOUT_EVENT]: {} },
        ...claims,
      }
      const key = alg === 'RS256' ? rs256 : es256
      return new SignJWT(whole)
        .setProtectedHeader({ alg, typ, kid: kid ?? (alg === 'RS256' ? 'rs' : 'es') })
        .sign(key.privateKey)
    },
  }
  return provider
}
