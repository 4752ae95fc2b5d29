/** Everything that is compared, in one workerd. */
import type { V4WorkerOptions } from 'miniflare'
import type { Bundle } from '../runtime/bundle.ts'
import { gatehouse, serve, yardstick, type Served } from '../runtime/serve.ts'

/** `gatehouse-light` is the same bundle at one hash round, so that what is not the hash shows. */
export async function serveAll(ours: Bundle, theirs: Bundle): Promise<Served> {
  return serve([
    yardstick('bare'),
    yardstick('bare-object', {
      durableObjects: { HOLDER: { className: 'Holder', useSQLite: true } },
    }),
    yardstick('bare-d1', { d1Databases: { DB: 'bare' } }),
    await gatehouse(ours, { name: 'gatehouse' }),
    await gatehouse(ours, {
      name: 'gatehouse-light',
      settings: { PASSWORD_HASH_ROUNDS: '1' },
    }),
    betterAuth(theirs, 'better-auth', 'off'),
    betterAuth(theirs, 'better-auth-cached', 'on'),
  ])
}

export const betterAuth = (bundle: Bundle, name: string, cookieCache: 'on' | 'off') =>
  ({
    name,
    modulesRoot: '/',
    modules: bundle.modules,
    compatibilityDate: '2026-10-23',
    compatibilityFlags: ['nodejs_compat'],
    bindings: { COOKIE_CACHE: cookieCache },
    d1Databases: { DB: name },
  }) as V4WorkerOptions
