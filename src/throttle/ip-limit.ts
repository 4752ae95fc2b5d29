/**
 * The coarse shield in front of password hashing: the platform's rate limit by network, kept per
 * location and eventually consistent (wrangler.toml has the numbers). It saves CPU; what stops
 * guessing is the Throttle object, so here a fault lets the request pass.
 */
import type { Deps } from '../context'
import { networkOf } from './network'

type LimitedRoute = 'sign_in' | 'register'

/**
 * Whether this network may go on to sign in or register now. True as well, with a warning in the
 * log, when the binding is missing or fails. Calls without an IP come from service bindings and
 * are not limited: the edge gives every public request one.
 */
export async function withinIpLimit(
  deps: Pick<Deps, 'env' | 'client'>,
  route: LimitedRoute,
): Promise<boolean> {
  if (deps.client.ip === null) return true
  try {
    const limiter = route === 'sign_in' ? deps.env.SIGN_IN_LIMIT : deps.env.REGISTER_LIMIT
    const { success } = await limiter.limit({ key: networkOf(deps.client.ip) })
    return success
  } catch (error) {
    const reason = error instanceof Error ? error.name : 'unknown'
    console.warn(JSON.stringify({ event: 'ip_limit_failed', route, error: reason }))
    return true
  }
}
