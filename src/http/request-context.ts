/** From a request to Deps: the only place that reads headers and `cf` about who asks. */
import { loadConfig } from '../config'
import type { Client, Deps } from '../context'
import { type Database, openDatabase } from '../db/database'
import { type Meter, metered } from '../db/meter'

const MAX_USER_AGENT_CHARS = 256

/** Throws ConfigError while the environment is not fit to serve. */
export function depsOf(
  env: Env,
  ctx: Pick<ExecutionContext, 'waitUntil'>,
  about: { requestId: string; client: Client },
): Deps {
  const meter: Meter = { calls: 0, statements: 0, rowsRead: 0, rowsWritten: 0 }
  const d1 = metered(env.DB, meter)
  let db: Database | undefined
  return {
    env,
    config: loadConfig(env),
    d1,
    meter,
    // Made when it is first needed: the hot path needs none.
    get db() {
      db ??= openDatabase(d1)
      return db
    },
    now: Date.now(),
    apiKeyId: null,
    ...about,
    waitUntil: (promise) => ctx.waitUntil(promise),
  }
}

/**
 * Only CF-Connecting-IP is believed: the edge sets it, and anyone may send the other headers. A server with an API
 * key may name another client (access/forwarded-client.ts).
 */
export function clientOf(request: Request): Client {
  const { cf } = request as Request<unknown, IncomingRequestCfProperties>
  return {
    ip: request.headers.get('cf-connecting-ip'),
    country: cf?.country ?? null,
    userAgent: trimmedUserAgent(request.headers.get('user-agent')),
    region: regionOf(cf),
  }
}

/** As much of a user agent as is stored. */
export const trimmedUserAgent = (text: string | null): string | null =>
  text ? text.slice(0, MAX_USER_AGENT_CHARS) : null

/** A rough map is enough: it decides where an object is placed, once. */
function regionOf(cf: IncomingRequestCfProperties | undefined): DurableObjectLocationHint | null {
  switch (cf?.continent) {
    case 'EU':
      return Number(cf.longitude ?? 0) > 20 ? 'eeur' : 'weur'
    case 'NA':
      return Number(cf.longitude ?? -75) < -100 ? 'wnam' : 'enam'
    case 'SA':
      return 'sam'
    case 'AS':
      return Number(cf.longitude ?? 100) < 60 ? 'me' : 'apac'
    case 'OC':
      return 'oc'
    case 'AF':
      return 'afr'
    default:
      return null
  }
}
