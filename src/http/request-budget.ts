/**
 * No request waits for ever: when D1 or an object does not answer within the budget, the caller hears
 * 503 and when to come back. What was under way may still happen, as after any lost answer; that is
 * why every change may be repeated.
 */
import type { MiddlewareHandler } from 'hono'
import { DomainError } from '../errors'
import type { AppEnv } from './route'

export const requestBudget: MiddlewareHandler<AppEnv> = async function requestBudget(c, next) {
  const expiry = Promise.withResolvers<never>()
  const timer = setTimeout(
    () => expiry.reject(new DomainError('unavailable')),
    c.get('deps').config.REQUEST_BUDGET_MS,
  )
  try {
    await Promise.race([next(), expiry.promise])
  } finally {
    clearTimeout(timer)
  }
}
