/**
 * The coarse shield in front of password hashing and of API keys: the platform's rate limits, kept per
 * location and eventually consistent (wrangler.toml has the numbers). They save CPU; what stops
 * guessing is the Throttle object, so here a fault lets the request pass.
 */
import type { Deps } from '../context'
import { networkOf } from './network'

export type LimitName = 'SIGN_IN_LIMIT' | 'REGISTER_LIMIT' | 'API_KEY_LIMIT' | 'WRONG_API_KEY_LIMIT'

/**
 * Whether this key of a limit may go on now, which counts. True as well, with a warning in the log,
 * when the binding is missing or fails.
 */
export async function withinLimit(
  { env }: Pick<Deps, 'env'>,
  name: LimitName,
  key: string,
): Promise<boolean> {
  try {
    const { success } = await env[name].limit({ key })
    return success
  } catch (error) {
    const reason = error instanceof Error ? error.name : 'unknown'
    console.warn(JSON.stringify({ event: 'rate_limit_failed', limit: name, error: reason }))
    return true
  }
}

/**
 * The same by the caller's network. Calls without an IP come from service bindings and are not
 * limited: the edge gives every public request one.
 */
export async function withinIpLimit(
  deps: Pick<Deps, 'env' | 'client'>,
  name: LimitName,
): Promise<boolean> {
  const { ip } = deps.client
  return ip === null || withinLimit(deps, name, networkOf(ip))
}
