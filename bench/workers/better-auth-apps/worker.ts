/**
 * better-auth as an OAuth and OpenID Connect provider, as its documentation sets up `@better-auth/oauth-provider`, on
 * D1. Its rate limits are off, as they would refuse the load. ID tokens are signed by RS256, as the other providers
 * sign theirs, and not by its default, EdDSA. Passwords are compared as they are: no sign-in is measured here.
 */
import { oauthProvider } from '@better-auth/oauth-provider'
import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { jwt } from 'better-auth/plugins'
import { env } from 'cloudflare:workers'

interface Bindings {
  DB: D1Database
}

const SCOPES = ['openid', 'profile', 'email', 'offline_access']

const auth = betterAuth({
  database: (env as unknown as Bindings).DB,
  baseURL: 'http://localhost:8787',
  secret: 'k8fJ2mXq0Zr7Vw3Ty6Ub9Nc5Pd1Ls4Ga',
  emailAndPassword: {
    enabled: true,
    password: {
      hash: async (password) => password,
      verify: async ({ hash, password }) => hash === password,
    },
  },
  // The plugin replaces it by /oauth2/token.
  disabledPaths: ['/token'],
  plugins: [
    jwt({ jwks: { keyPairConfig: { alg: 'RS256', modulusLength: 2048 } } }),
    oauthProvider({ loginPage: '/sign-in', consentPage: '/consent', scopes: SCOPES }),
  ],
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
})

export default {
  async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url)
    if (pathname === '/.well-known/openid-configuration') {
      return Response.json(await auth.api.getOpenIdConfig())
    }
    if (pathname !== '/__migrate') return auth.handler(request)
    const { runMigrations } = await getMigrations(auth.options)
    await runMigrations()
    return new Response('ok')
  },
}
