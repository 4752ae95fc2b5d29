import * as z from 'zod'
import { DomainError } from '../errors'
import { checkHealth } from '../http/health-check'
import { route } from '../http/route'

export const health = route(
  {
    method: 'get',
    path: '/healthz',
    access: 'anyone',
    docs: __DOCS__ && {
      tag: 'For machines',
      summary: 'Check whether the service is healthy',
      description:
        'Each isolate runs the check at most once every five seconds while the service is healthy, and at most once per second after a failure.',
      answers: {
        200: {
          description: 'The service is healthy',
          schema: z.lazy(() => z.object({ status: z.literal('ok') })),
        },
      },
    },
  },
  async ({ deps }) => {
    const { isHealthy, cause } = await checkHealth(deps)
    if (!isHealthy) throw new DomainError('unavailable', { cause })
    return { status: 200, body: { status: 'ok' }, headers: { 'cache-control': 'no-store' } }
  },
)
