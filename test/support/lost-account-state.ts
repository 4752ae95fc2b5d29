/** Makes something happen at the last moment: right before the first batch of a request. */
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import worker from '../../src/index'
import { freshIp, type Reply } from './api'
import { wrapEnv } from './wrapped-env'

/**
 * Sends a request and runs `before` ahead of its first D1 batch. Also returns the number of
 * batches.
 */
export async function justBefore(
  before: () => Promise<unknown>,
  token: string,
  ask: { method: string; path: string; body?: unknown; type?: string },
): Promise<Reply & { batches: number }> {
  let batches = 0
  const wrapped = wrapEnv(env, async (call, go) => {
    if (call.name === 'DB.batch' && (batches += 1) === 1) await before()
    return go()
  })
  const { body, type = 'application/json' } = ask
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const request = new Request(`http://localhost:8787/api/v1${ask.path}`, {
    method: ask.method,
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': type,
      'cf-connecting-ip': freshIp(),
    },
    ...(body !== undefined && { body: text }),
  })
  const ctx = createExecutionContext()
  const response = await worker.fetch(request as never, wrapped, ctx)
  const said = await response.text()
  await waitOnExecutionContext(ctx)
  return {
    status: response.status,
    headers: response.headers,
    body: said === '' ? '' : JSON.parse(said),
    batches,
  }
}
