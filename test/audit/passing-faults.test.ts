/** An event that D1 temporarily fails to store is retried, and dead-lettered only before its queue would drop it. */
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { rowsOf } from '../db/rows'
import { makeUser } from '../support/users'
import { wrapEnv } from '../support/wrapped-env'
import { auditOf, deliverTo, MIDNIGHT, signedIn } from './queued-events'

beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
})
afterEach(() => {
  vi.restoreAllMocks()
})

const good = (subject: string) => signedIn(subject, MIDNIGHT)

describe('a well-formed event', () => {
  it.each([
    ['gatehouse-events', 6],
    ['gatehouse-events', 18],
    ['gatehouse-events-dead', 1],
    ['gatehouse-events-dead', 19],
  ])('is not dead-lettered for a transient fault: %s, attempt %i', async (queue, attempts) => {
    const { id, subject } = await makeUser()
    const flapping = wrapEnv(env, ({ name }, go) => {
      if (name === 'DB.batch') throw new Error('D1_ERROR: Network connection lost.')
      return go()
    })
    const failed = await deliverTo(queue, [good(subject)], { attempts, env: flapping })
    expect([failed.explicitAcks, failed.retryMessages.length]).toEqual([[], 1])
    expect(await rowsOf('SELECT 1 FROM parked_events')).toEqual([])
    await deliverTo(queue, [good(subject)], { attempts: attempts + 1 })
    expect(await auditOf(id)).toHaveLength(1)
  })

  it('is dead-lettered after it has failed for days, before the platform drops it', async () => {
    const { subject } = await makeUser()
    const broken = wrapEnv(env, ({ name }, go) => {
      if (name === 'DB.batch') throw new Error('D1_ERROR: internal error')
      return go()
    })
    const queue = 'gatehouse-events-dead'
    const { explicitAcks } = await deliverTo(queue, [good(subject)], { attempts: 20, env: broken })
    expect(explicitAcks).toEqual(['m0'])
    expect(await rowsOf("DELETE FROM parked_events WHERE id = 'm0' RETURNING 1")).toHaveLength(1)
  })
})
