import type { Deps } from '../context'
import { networkOf } from './network'
import { networkKey } from './shard'

/**
 * The network that a second factor comes from, as the user's object stores it: an HMAC, so that no IP
 * address is stored; '' if it is unknown.
 */
export const originOf = (
  { config, client }: Pick<Deps, 'config' | 'client'>,
  subject: string,
): Promise<string> => networkKey(config, subject, networkOf(client.ip))

/** The default when a Worker of an earlier release calls during a deploy: it names no network. */
export const UNKNOWN_ORIGIN = ''
