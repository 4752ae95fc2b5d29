/** Admins' own views are left out of the log's lists unless asked for, at a flat price. */
import { createExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { EVENT_NAMES } from '../../src/event-traits'
import worker from '../../src/index'
import { stopClock } from '../support/clock'
import { meteredEnv } from '../support/metered'
import { emptyLog, loggedMany } from './log'
import { ADA, BOB, find, iso, MINUTE, ndjson, request, START, withClerk } from './search'

// The role map must not age between two measurements.
stopClock()
withClerk()

const VIEWS = 3000
/** Two events with thousands of views between them. */
beforeAll(async () => {
  await emptyLog()
  await loggedMany([
    { event: 'user.profile_updated', actor_id: ADA, target_id: ADA, at: START },
    { event: 'admin.user_edited', actor_id: BOB, target_id: ADA, at: START + 1 },
    ...Array.from({ length: VIEWS }, (_, n) => ({
      event: 'admin.user_viewed' as const,
      actor_id: BOB,
      target_id: ADA,
      at: START + 2 + n,
    })),
    { event: 'admin.user_edited', actor_id: BOB, target_id: ADA, at: START + MINUTE },
    { event: 'auth.signed_in', actor_id: ADA, target_id: ADA, at: START + MINUTE + 1 },
  ])
})

const range = { from: iso(START) }
const actions = ({ body }: { body: { items: { action: string }[] } }) =>
  body.items.map(({ action }) => action)

describe('views', () => {
  it('are not in the list, however many lie between two events', async () => {
    const reply = await find(range)
    expect(actions(reply)).toEqual([
      'auth.signed_in',
      'admin.user_edited',
      'admin.user_edited',
      'user.profile_updated',
    ])
    expect(reply.body).toMatchObject({ total: 4, total_is_exact: true, next_cursor: null })
  })

  it('are not among what one admin did', async () => {
    const reply = await find({ ...range, actor_id: BOB })
    expect(actions(reply)).toEqual(['admin.user_edited', 'admin.user_edited'])
    expect(reply.body).toMatchObject({ total: 2, total_is_exact: true, next_cursor: null })
  })

  it('are not about one user: a page is short and goes on', async () => {
    const seen: string[] = []
    let cursor: string | null = null
    let pages = 0
    do {
      const reply = await find({ ...range, target_id: ADA, ...(cursor !== null && { cursor }) })
      expect(reply.status).toBe(200)
      seen.push(...actions(reply))
      cursor = reply.body.next_cursor
      pages++
    } while (cursor !== null && pages < 10)
    expect(seen).toHaveLength(4)
    expect(seen).not.toContain('admin.user_viewed')
    expect(pages).toBeLessThan(6)
  })

  it('are there when asked for, all at once or by name', async () => {
    expect(actions(await find({ ...range, views: 'true' })).slice(0, 3)).toEqual([
      'auth.signed_in',
      'admin.user_edited',
      'admin.user_viewed',
    ])
    const named = await find({ ...range, action: 'admin.user_viewed' })
    expect(actions(named)).toEqual(Array.from({ length: 50 }, () => 'admin.user_viewed'))
  })

  it('are not in the stream, unless asked for', async () => {
    const to = iso(START + 2 * MINUTE)
    expect(await ndjson({ ...range, to })).toHaveLength(4)
    expect(await ndjson({ ...range, to, views: 'true' })).toHaveLength(VIEWS + 4)
  })

  it('cost a list no more than a page by name', async () => {
    const { env: metered, meter } = meteredEnv(env)
    const cost = async (query: Record<string, unknown>) => {
      meter.reset()
      const asked = request(query, 'application/json')
      const response = await worker.fetch(asked, metered, createExecutionContext())
      expect(response.status).toBe(200)
      return meter.rows.read
    }
    await cost(range)
    // What is counted at first, and by name; two pages; and a few rows for each name.
    expect(await cost(range)).toBeLessThan(1001 + 51 + 5 * EVENT_NAMES.length)
    // The views of one user are read, but only so many for a page.
    expect(await cost({ ...range, target_id: ADA })).toBeLessThan(4000)
  })
})
