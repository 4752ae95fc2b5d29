import type { Deps } from '../../context'
import { log } from '../../log'

/**
 * Logs why a token was refused, beside the line of its request. The caller never learns the reason: every
 * refusal has the same answer.
 */
export function logRefusal(
  deps: Pick<Deps, 'config' | 'requestId'>,
  token: 'access' | 'refresh' | 'challenge' | 'undo',
  reason: string,
): void {
  if (deps.config.LOG_REQUESTS) log.info('token_refused', deps, { token, reason })
}
