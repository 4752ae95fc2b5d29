/** Retention takes what is past its time, in bounded batches, and not a row more. */
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { deleteExpiredEvents } from '../../src/audit/retain'
import { loadConfig } from '../../src/config'
import { eventId } from '../../src/event-id'
import { EVENT_NAMES, EVENTS } from '../../src/event-traits'
import { insertRow, rowsOf } from '../db/rows'
import { depsFor } from '../support/deps'
import { emptyLog, logged, loggedMany } from './log'
import { DAY_MS } from './queued-events'

const NOW = Date.UTC(2031, 4, 6, 7, 8, 9)
const all = () => rowsOf('SELECT * FROM audit_log ORDER BY id')

beforeEach(emptyLog)

describe('retention', () => {
  const deps = (settings: object = {}) => {
    const config = { ...loadConfig(env), ...settings }
    return depsFor({ now: NOW, config })
  }
  const DAYS = { sign_in: 90, change: 400 }

  it('deletes every event a moment past the days of its class, and none at its very end', async () => {
    const ends = EVENT_NAMES.map((event) => ({
      event,
      at: NOW - DAYS[EVENTS[event].keep] * DAY_MS,
    }))
    const last = { event: 'user.active' as const, at: NOW }
    await loggedMany([...ends, ...ends.map(({ event, at }) => ({ event, at: at - 1 })), last])
    expect(await deleteExpiredEvents(deps())).toBe(ends.length)
    const left = (await all()).map(({ event, at }) => `${event} ${at}`)
    expect(left.sort()).toEqual([...ends, last].map(({ event, at }) => `${event} ${at}`).sort())
    expect(await deleteExpiredEvents(deps())).toBe(0)
  })

  it('goes by the settings', async () => {
    await logged('auth.refresh_reused', NOW - 8 * DAY_MS)
    await logged('user.profile_updated', NOW - 8 * DAY_MS)
    await logged('user.profile_updated', NOW)
    expect(await deleteExpiredEvents(deps())).toBe(0)
    expect(await deleteExpiredEvents(deps({ AUDIT_SIGN_IN_DAYS: 7 }))).toBe(1)
    expect(await deleteExpiredEvents(deps({ AUDIT_CHANGE_DAYS: 7 }))).toBe(1)
    expect(await all()).toHaveLength(1)
  })

  it('takes the oldest of each name first, in batches, and stops at its bound', async () => {
    const ages = Array.from({ length: 60 }, (_, n) => NOW - (500 - n) * DAY_MS)
    await loggedMany(ages.map((at) => ({ event: 'user.profile_updated', at })))
    await logged('user.profile_updated', NOW)
    expect(await deleteExpiredEvents(deps(), { rows: 10, batches: 3 })).toBe(30)
    expect((await all()).map((row) => row['at'])).toEqual([...ages.slice(30), NOW])
    expect(await deleteExpiredEvents(deps(), { rows: 10, batches: 9 })).toBe(30)
    expect(await all()).toHaveLength(1)
  })

  it('running twice at once deletes each row once and fails neither', async () => {
    const at = NOW - 500 * DAY_MS
    await loggedMany(Array.from({ length: 50 }, () => ({ event: 'user.profile_updated', at })))
    await logged('user.profile_updated', NOW)
    const counts = await Promise.all(
      Array.from({ length: 4 }, () => deleteExpiredEvents(deps(), { rows: 10, batches: 20 })),
    )
    expect(counts.reduce((sum, count) => sum + count)).toBe(50)
  })

  it('of a log that has been quiet for long leaves its last day', async () => {
    const last = NOW - 1000 * DAY_MS
    for (const at of [last, last - DAY_MS, last - DAY_MS - 1]) await logged('user.active', at)
    expect(await deleteExpiredEvents(deps())).toBe(1)
    expect((await all()).map((row) => row['at'])).toEqual([last - DAY_MS, last])
  })

  it('of an empty log does nothing', async () => {
    expect(await deleteExpiredEvents(deps())).toBe(0)
  })

  it('passes over a row whose id and time disagree, and goes on behind it', async () => {
    const id = eventId(NOW - 500 * DAY_MS)
    await insertRow('audit_log', { id, at: NOW, event: 'user.active' })
    await logged('user.active', NOW - 400 * DAY_MS)
    await logged('user.active', NOW)
    expect(await deleteExpiredEvents(deps())).toBe(1)
    expect((await all()).map((each) => each['at'])).toEqual([NOW, NOW])
  })

  it('reads about as much as it deletes, however long the log is', async () => {
    const many = Array.from({ length: 4000 }, (_, n) => ({
      event: 'user.profile_updated' as const,
      at: NOW - (n < 100 ? 401 : n % 300) * DAY_MS,
    }))
    await loggedMany(many)
    const metered = deps()
    expect(await deleteExpiredEvents(metered)).toBe(100)
    expect(metered.meter.rowsRead).toBeLessThan(1000)
  })
})
