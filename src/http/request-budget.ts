/**
 * No request waits for ever: when D1 or an object does not answer within the budget, the caller hears
 * 503 and when to come back. What was under way may still happen, as after any lost answer; that is
 * why every change may be repeated.
 */
import type { MiddlewareHandler } from 'hono'
import type { Deps } from '../context'
import { DomainError } from '../errors'
import type { AppEnv } from './route'

/** What `work` comes to, if it does so within the budget. Throws `unavailable` when it does not. */
export async function withinBudget<T>(
  { config }: Pick<Deps, 'config'>,
  work: Promise<T>,
): Promise<T> {
  const expiry = Promise.withResolvers<never>()
  const timer = setTimeout(
    () => expiry.reject(new DomainError('unavailable')),
    config.REQUEST_BUDGET_MS,
  )
  try {
    return await Promise.race([work, expiry.promise])
  } finally {
    clearTimeout(timer)
  }
}

export const requestBudget: MiddlewareHandler<AppEnv> = async function requestBudget(c, next) {
  await withinBudget(c.get('deps'), next())
}
