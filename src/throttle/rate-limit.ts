/**
 * Coarse limits in front of password hashing and API keys: the platform's rate limits, which are per
 * location and eventually consistent (the numbers are in wrangler.toml). They only save CPU. The
 * Throttle object is what stops guessing, so a failing rate limit lets the request pass.
 */
import type { Deps } from '../context'
import { errorName, log } from '../log'
import { networkOf, prefixOf } from './network'

/** Limits by network, each with the limit of its /56. */
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
  | 'FORWARDED_LIMIT'

/**
 * Counts a request under a key of a limit, and says whether it is within the limit. True, with a
 * warning in the log, if the binding is missing or fails.
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
 * The same by the caller's network. IPv6 also counts by /56 with four times the limit, or one customer
 * could use another /64 for each call. Calls without an IP address are not limited: they come from
 * service bindings, as every public request has one.
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
