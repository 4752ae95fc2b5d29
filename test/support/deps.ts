/** Deps for calling functions directly, as a queue, a job or a page would. */
import { env } from 'cloudflare:workers'
import type { Deps } from '../../src/context'
import { depsOf } from '../../src/http/request-context'
import { freshIp } from './api'

export const depsFor = (more: Partial<Deps> = {}): Deps => {
  // The called function handles its own failures: one that escapes fails the test as unhandled.
  const ctx = { waitUntil: (promise: Promise<unknown>) => void promise }
  const client = { ip: freshIp(), country: 'NL', userAgent: 'test', region: 'weur' as const }
  const deps = depsOf(more.env ?? env, ctx, { requestId: 'test', client })
  return { ...deps, ...more }
}
