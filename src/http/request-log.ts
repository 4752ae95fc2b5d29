/**
 * One line of JSON for every request, and a data point where Analytics Engine is bound. It tells the
 * route's pattern and never the path or query, so no id, token or address can get into a log.
 */
import type { MiddlewareHandler } from 'hono'
import { log } from '../log'
import type { AppEnv } from './route'

export const requestLog: MiddlewareHandler<AppEnv> = async function requestLog(c, next) {
  const deps = c.get('deps')
  const { config, meter, env } = deps
  const start = Date.now()
  await next()
  const ms = Date.now() - start
  const { method } = c.req
  const { status } = c.res
  const route = c.get('route') ?? 'unmatched'
  if (config.isLoopback) {
    c.res.headers.set(
      'server-timing',
      `total;dur=${ms}, d1;desc="${meter.calls} calls, ${meter.rowsRead} rows"`,
    )
  }
  if (config.LOG_REQUESTS) {
    const { calls: d1_calls, rowsRead: rows_read, rowsWritten: rows_written } = meter
    const figures = { status, ms, d1_calls, rows_read, rows_written }
    const { forwardedBy: forwarded_by } = c.get('deps').client
    log.info('request', deps, { method, route, ...figures, ...(forwarded_by && { forwarded_by }) })
  }
  env.METRICS?.writeDataPoint({
    indexes: [route],
    blobs: [method, route, String(status)],
    doubles: [ms, meter.calls, meter.rowsRead, meter.rowsWritten],
  })
}
