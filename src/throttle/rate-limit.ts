/**
 * The coarse shield in front of password hashing and of API keys: the platform's rate limits, kept per
 * location and eventually consistent (wrangler.toml has the numbers). They save CPU; what stops
 * guessing is the Throttle object, so here a fault lets the request pass.
 */
import type { Deps } from '../context'
import { networkOf, prefixOf } from './network'
import { errorName, log } from '../log'

/** Limits by network, each with the limit of the /56 around it. */
const WIDE = {
  SIGN_IN_LIMIT: 'SIGN_IN_WIDE_LIMIT',
  REGISTER_LIMIT: 'REGISTER_WIDE_LIMIT',
  WRONG_API_KEY_LIMIT: 'WRONG_API_KEY_WIDE_LIMIT',
} as const

export type IpLimitName = keyof typeof WIDE
export type LimitName =
  | IpLimitName
  | (typeof WIDE)[IpLimitName]
  | 'API_KEY_LIMIT'
  | 'INTROSPECTION_LIMIT'

/**
 * Whether this key of a limit may go on now, which counts. True as well, with a warning in the log,
 * when the binding is missing or fails.
 */
export async function withinLimit(
  deps: Pick<Deps, 'env' | 'requestId'>,
  name: LimitName,
  key: string,
): Promise<boolean> {
  try {
    const { success } = await deps.env[name].limit({ key })
    return success
  } catch (error) {
    log.warn('rate_limit_failed', deps, { limit: name, error: errorName(error) })
    return true
  }
}

/**
 * The same by the caller's network, and for IPv6 by the /56 around it, which has four times the limit:
 * otherwise one customer could use a fresh /64 for each call. Calls without an IP come from service
 * bindings and are not limited: the edge gives every public request one.
 */
export async function withinIpLimit(
  deps: Pick<Deps, 'env' | 'client' | 'requestId'>,
  name: IpLimitName,
): Promise<boolean> {
  const { ip } = deps.client
  if (ip === null) return true
  const network = networkOf(ip)
  if (!(await withinLimit(deps, name, network))) return false
  const prefix = prefixOf(network)
  return prefix === null || withinLimit(deps, WIDE[name], prefix)
}
