import type { Deps } from '../context'
import { networkOf } from './network'
import { networkKey } from './shard'

/**
 * The network that a second factor comes from, as the user's object counts it: an HMAC, so that no IP
 * is stored; '' where it is unknown.
 */
export const originOf = (
  { config, client }: Pick<Deps, 'config' | 'client'>,
  subject: string,
): Promise<string> => networkKey(config, subject, networkOf(client.ip))

/** For a Worker that names no network: it may be older than the object during a deploy. */
export const UNKNOWN_ORIGIN = ''
