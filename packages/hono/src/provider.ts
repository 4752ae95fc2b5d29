/** The service's metadata, remembered for some minutes. */
import { createRemoteJWKSet, customFetch, type JWTVerifyGetKey } from 'jose'
import { discover, type Provider } from '../../client/src/oidc/discovery.ts'
import type { Settings } from './options.ts'

const REMEMBERED_MS = 600_000

export interface Providers {
  readonly of: (settings: Settings) => Promise<Provider>
  /** Its public keys. They are fetched again when a token names an unknown key, but not often. */
  readonly keysOf: (settings: Settings) => Promise<JWTVerifyGetKey>
}

export function rememberProviders(): Providers {
  const known = new Map<string, { readonly provider: Provider; readonly until: number }>()
  const keys = new Map<string, JWTVerifyGetKey>()

  const of = async (settings: Settings): Promise<Provider> => {
    const { issuer, asking } = settings
    const found = known.get(issuer)
    if (found && found.until > Date.now()) return found.provider
    const provider = await discover(asking, issuer)
    known.set(issuer, { provider, until: Date.now() + REMEMBERED_MS })
    return provider
  }

  return {
    of,
    async keysOf(settings) {
      const { jwksUri } = await of(settings)
      if (jwksUri === undefined) throw new Error('The service names no jwks_uri')
      const found = keys.get(jwksUri)
      if (found) return found
      const { fetch, timeoutMs } = settings.asking
      const made = createRemoteJWKSet(new URL(jwksUri), {
        timeoutDuration: timeoutMs,
        [customFetch]: (url, { headers, method, redirect, signal }) =>
          fetch(new Request(url, { headers, method, redirect, signal: signal ?? null })),
      })
      keys.set(jwksUri, made)
      return made
    },
  }
}
