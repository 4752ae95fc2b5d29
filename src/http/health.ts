import { sql } from 'drizzle-orm'
import * as z from 'zod'
import { DomainError } from '../errors'
import { route } from './route'

/** Touches D1 and an object, so a green answer means that sign-in can work. */
export const health = route(
  {
    method: 'get',
    path: '/healthz',
    tag: 'For machines',
    summary: 'Whether the service can do its work',
    access: 'anyone',
    answers: { 200: { description: 'It can', schema: z.object({ status: z.literal('ok') }) } },
  },
  async ({ deps }) => {
    try {
      await Promise.all([
        deps.db.run(sql`SELECT 1 FROM roles LIMIT 1`),
        deps.env.USER_SESSIONS.getByName('health').ping(),
      ])
    } catch (cause) {
      throw new DomainError('unavailable', { cause })
    }
    return { status: 200, body: { status: 'ok' }, headers: { 'cache-control': 'no-store' } }
  },
)
