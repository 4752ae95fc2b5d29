/** Every combination of filters finds what it describes, by an index in the order of ids, at a flat price. */
import { createExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { countEvents, findEvents } from '../../src/audit/event-query'
import { eventId } from '../../src/event-id'
import type { EventName } from '../../src/events'
import worker from '../../src/index'
import { rowsOf } from '../db/rows'
import type { Reply } from '../support/api'
import { stopClock } from '../support/clock'
import { meteredEnv } from '../support/metered'
import { costOf, emptyLog, loggedMany, planOf } from './log'
import {
  ADA,
  BOB,
  combinations,
  iso,
  matches,
  MINUTE,
  mixed,
  request,
  START,
  withClerk,
} from './search'

// The role map must not age between two measurements.
stopClock()
withClerk()

describe('every combination of filters', () => {
  const events = () => mixed(170)
  beforeAll(async () => {
    await emptyLog()
    await loggedMany(events())
  })

  it('finds what it describes, newest first, and counts it', async () => {
    const all = events()
    for (const filter of combinations()) {
      const wanted = all.filter(matches(filter)).map((each) => each.at)
      const { rows } = await costOf(findEvents(filter, { limit: 1000 }))
      expect(
        rows.map((row) => row['at']),
        JSON.stringify(filter),
      ).toEqual(wanted.toReversed())
      const counted = await costOf(countEvents(filter, { limit: 1001 }))
      const n = wanted.length
      expect(counted.rows, JSON.stringify(filter)).toEqual([{ n, scanned: n }])
    }
  })

  it('goes on behind any event', async () => {
    const [{ id, at } = {}] = await rowsOf<{ id: string; at: number }>(
      'SELECT id, at FROM audit_log ORDER BY id LIMIT 1 OFFSET 100',
    )
    for (const filter of combinations()) {
      const wanted = events().filter((each) => matches(filter)(each) && each.at < (at ?? 0))
      const { rows } = await costOf(findEvents(filter, { before: id, limit: 1000 }))
      expect(rows.map((row) => row['at'])).toEqual(wanted.map((each) => each.at).toReversed())
    }
  })

  it('is found by an index in the order of ids: no scan, no sorting', async () => {
    for (const filter of combinations()) {
      const statements = [
        findEvents(filter, { before: eventId(START), limit: 51 }),
        countEvents(filter, { limit: 1001 }),
      ]
      for (const statement of statements) {
        const plan = (await planOf(statement)).join('\n')
        expect(plan).toMatch(/SEARCH audit_log USING/)
        expect(plan).not.toMatch(/SCAN audit_log|TEMP B-TREE/)
      }
    }
  })
})

describe('the price', () => {
  /** Rows read a page for each combination that fills one. */
  async function prices() {
    const read = new Map<string, number>()
    for (const filter of combinations().filter((each) => each.from === undefined)) {
      const { rows, read: price } = await costOf(findEvents(filter, { limit: 51 }))
      if (rows.length === 51) read.set(JSON.stringify(filter), price)
    }
    return read
  }

  it('of a page is at most 3 rows read for each event shown, at 1,000 events as at 20,000', async () => {
    await emptyLog()
    await loggedMany(mixed(1000))
    const few = await prices()
    await loggedMany(mixed(20_000).slice(1000))
    const many = await prices()
    expect(few.size).toBeGreaterThan(20)
    for (const [filter, price] of few) {
      // An everyday action of one user is picked from among all their events: here every seventh.
      const isPicked = filter.includes('auth.signed_in') && !filter.startsWith('{"action"')
      expect(price, filter).toBeLessThanOrEqual((isPicked ? 7 : 3) * 51)
      expect(many.get(filter), filter).toBeLessThanOrEqual(price * 1.2)
    }
  })

  it('of a request does not grow either, and the total is exact up to 1,000', async () => {
    const { env: metered, meter } = meteredEnv(env)
    const cost = async (query: Record<string, unknown>) => {
      meter.reset()
      const response = await worker.fetch(
        request(query, 'application/json'),
        metered,
        createExecutionContext(),
      )
      const body = (await response.json()) as Reply['body']
      return { ...meter.rows, body }
    }
    // Keys and roles are in memory from then on.
    await cost({ action: 'user.active' })
    const first = await cost({})
    expect(first.body).toMatchObject({ total: 1000, total_is_exact: false, pages: 20 })
    expect([first.queries, first.read <= 1001 + 51]).toEqual([1, true])
    const second = await cost({ cursor: first.body.next_cursor })
    expect(second.body).toMatchObject({ total: 1000, total_is_exact: false, page: 2 })
    expect([second.queries, second.read]).toEqual([1, 51])
    const exact = await cost({ from: iso(START), to: iso(START + 1000 * MINUTE) })
    expect(exact.body).toMatchObject({ total: 1000, total_is_exact: true, pages: 20 })
  })

  it('of writing: an everyday event stands in no index that only filters by two need', async () => {
    const write = async (event: EventName, actor: number, target: number) => {
      const { meta } = await env.DB.prepare(
        'INSERT INTO audit_log (id, at, event, actor_id, target_id) VALUES (?, ?, ?, ?, ?)',
      )
        .bind(eventId(START), START, event, actor, target)
        .run()
      return meta.rows_written
    }
    const seen = [
      await write('auth.refresh_reused', ADA, ADA),
      await write('admin.user_edited', BOB, ADA),
    ]
    expect(seen).toEqual([4, 7])
    const row = await rowsOf("SELECT sql FROM sqlite_master WHERE name = 'audit_log_target_event'")
    expect(String(row[0]?.['sql'])).toContain('auth.signed_in')
  })
})
