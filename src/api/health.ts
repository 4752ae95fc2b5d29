import * as z from 'zod'
import { DomainError } from '../errors'
import { checkHealth } from '../http/health-check'
import { route } from '../http/route'

export const health = route(
  {
    method: 'get',
    path: '/healthz',
    tag: 'For machines',
    summary: 'Whether the service can do its work',
    description:
      'Each isolate checks at most once in five seconds while all is well, and at most once a second after a failure.',
    access: 'anyone',
    answers: {
      200: { description: 'It can', schema: z.lazy(() => z.object({ status: z.literal('ok') })) },
    },
  },
  async ({ deps }) => {
    const { isHealthy, cause } = await checkHealth(deps)
    if (!isHealthy) throw new DomainError('unavailable', { cause })
    return { status: 200, body: { status: 'ok' }, headers: { 'cache-control': 'no-store' } }
  },
)
