/** Each queued event becomes one audit row; one that cannot be written holds up no other and is dead-lettered. */
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { retryDelaySeconds } from '../../src/audit/retry-delay'
import { withoutSessionIds } from '../../src/crypto/session-hash'
import wrangler from '../../wrangler.toml?raw'
import { rowsOf } from '../db/rows'
import { makeUser } from '../support/users'
import { wrapEnv } from '../support/wrapped-env'
import {
  auditOf,
  deliver,
  deliverTo,
  everything,
  queuedEvent,
  MIDNIGHT,
  sessionsEnded,
  signedIn,
} from './queued-events'

beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
})
afterEach(() => {
  vi.restoreAllMocks()
})

describe('a queued event', () => {
  it('becomes an audit row under its own id, about the user whom its subject names', async () => {
    const { id, subject } = await makeUser()
    const event = signedIn(subject, MIDNIGHT)
    expect(await deliver(event)).toMatchObject({ outcome: 'ok', ackAll: true, retryMessages: [] })
    const [row, ...more] = await auditOf(id)
    expect(more).toEqual([])
    expect(row).toMatchObject({
      id: event.id,
      at: MIDNIGHT,
      event: 'auth.signed_in',
      actor_id: id,
      ip: event.ip,
      country: event.country,
      user_agent: event.user_agent,
    })
    expect(JSON.parse(String(row?.['data']))).toEqual(withoutSessionIds(event.data))
  })

  it('that is delivered again, alone or in company, changes nothing', async () => {
    const [ada, bob] = [await makeUser(), await makeUser()]
    const sid = ada.subject + bob.subject
    const events = [
      signedIn(ada.subject, MIDNIGHT, sid),
      signedIn(ada.subject, MIDNIGHT + 1),
      signedIn(bob.subject, MIDNIGHT + 2),
      queuedEvent('user.active', bob.subject, MIDNIGHT + 3, {}),
      queuedEvent('auth.sign_in_failed', null, MIDNIGHT + 4, {
        address: 'AAAA',
        reason: 'invalid_credentials',
      }),
      sessionsEnded(ada.subject, MIDNIGHT + 5, sid),
    ]
    await deliver(...events)
    const before = await everything()
    expect(before['audit_log']?.length).toBeGreaterThanOrEqual(6)
    expect(await deliver(...events)).toMatchObject({ ackAll: true })
    await deliver(...events.toReversed(), ...events)
    for (const event of events) await deliver(event)
    expect(await everything()).toEqual(before)
  })

  it('about an erased user is skipped: no row, no count, no session', async () => {
    const { id, subject } = await makeUser()
    await rowsOf('DELETE FROM users WHERE id = ?', id)
    const before = await everything()
    const events = [
      signedIn(subject, MIDNIGHT),
      queuedEvent('user.active', subject, MIDNIGHT, {}),
      sessionsEnded(subject, MIDNIGHT, 'x'),
    ]
    expect(await deliver(...events)).toMatchObject({ ackAll: true, retryMessages: [] })
    expect(await everything()).toEqual(before)
  })

  it('comes in batches of a hundred as well', async () => {
    const { id, subject } = await makeUser()
    const events = Array.from({ length: 100 }, (_, n) => signedIn(subject, MIDNIGHT + n))
    expect(await deliver(...events)).toMatchObject({ ackAll: true })
    expect(await auditOf(id)).toHaveLength(100)
  })
})

const away = wrapEnv(env, (call, go) => {
  if (call.name.startsWith('DB.')) throw new Error('D1_ERROR: Network connection lost.')
  return go()
})

const good = (subject: string) => signedIn(subject, MIDNIGHT)
describe('a malformed event', () => {
  it.each<[string, (subject: string) => unknown]>([
    ['nothing at all', () => null],
    ['a text', () => 'auth.signed_in'],
    ['an empty object', () => ({})],
    ['an id that is none', (subject) => ({ ...good(subject), id: 'x' })],
    ['no id', (subject) => ({ ...good(subject), id: null })],
    ['no name', (subject) => ({ ...good(subject), event: '' })],
    ['an instant in words', (subject) => ({ ...good(subject), at: 'today' })],
    ['a session without an id', (subject) => ({ ...good(subject), data: { expires_at: 1 } })],
    ['a sign-in of nobody', (subject) => ({ ...good(subject), subject: null })],
    ['data that are a list', (subject) => ({ ...good(subject), data: [] })],
  ])('does not take its batch with it: %s', async (_, poison) => {
    const { id, subject } = await makeUser()
    const result = await deliver(good(subject), poison(subject), good(subject), good(subject))
    expect(result).toMatchObject({
      outcome: 'ok',
      ackAll: false,
      explicitAcks: ['m0', 'm2', 'm3'],
      retryBatch: { retry: false },
      retryMessages: [{ msgId: 'm1' }],
    })
    expect(await auditOf(id)).toHaveLength(3)
    expect(await rowsOf('SELECT login_count FROM users WHERE id = ?', id)).toEqual([
      { login_count: 3 },
    ])
  })

  it('is tried again later and later', async () => {
    const delays: unknown[] = []
    for (const attempts of [1, 2, 3, 6, 12, 13, 18, 100]) {
      const result = await deliverTo('gatehouse-events', [good('x')], { attempts, env: away })
      delays.push(...result.delays)
    }
    expect(delays).toEqual([10, 20, 40, 320, 20_480, 40_960, 43_200, 43_200])
  })

  it('is dead-lettered by the sixth attempt while D1 answers, not after days', async () => {
    const { subject } = await makeUser()
    const poison = { ...good(subject), id: 'poison' }
    for (const [attempts, isParked] of [
      [5, false],
      [6, true],
    ] as const) {
      const { explicitAcks } = await deliverTo('gatehouse-events', [poison], { attempts })
      expect(explicitAcks).toEqual(isParked ? ['m0'] : [])
    }
    expect(await rowsOf('SELECT id FROM parked_events')).toContainEqual({ id: 'm0' })
    await rowsOf('DELETE FROM parked_events')
  })

  it('is dead-lettered once, unchanged, where admins see it', async () => {
    const { subject } = await makeUser()
    const poison = { ...good(subject), id: 'x' }
    const before = Date.now()
    for (let n = 0; n < 3; n++) {
      const result = await deliverTo('gatehouse-events-dead', [poison, null])
      expect(result).toMatchObject({ explicitAcks: ['m0', 'm1'], retryMessages: [] })
    }
    const parked = await rowsOf('SELECT * FROM parked_events ORDER BY id')
    expect(parked.map(({ id, message }) => [id, JSON.parse(String(message))])).toEqual([
      ['m0', { ...poison, data: withoutSessionIds(poison.data) }],
      ['m1', null],
    ])
    expect(parked[0]?.['parked_at']).toBeGreaterThanOrEqual(before)
  })
})

describe('while D1 is unavailable', () => {
  it('every message is retried, and the result is as if D1 had been available', async () => {
    const { id, subject } = await makeUser()
    const events = [good(subject), good(subject)]
    for (const queue of ['gatehouse-events', 'gatehouse-events-dead']) {
      const result = await deliverTo(queue, events, { env: away })
      expect(result).toMatchObject({ outcome: 'ok', ackAll: false, explicitAcks: [] })
      expect(result.retryMessages.map(({ msgId }) => msgId)).toEqual(['m0', 'm1'])
    }
    await deliver(...events)
    expect(await auditOf(id)).toHaveLength(2)
  })

  it('a batch that was written but whose answer was lost is not counted twice', async () => {
    const { id, subject } = await makeUser()
    let isFirst = true
    const lossy = wrapEnv(env, async (call, go) => {
      const answer = await go()
      if (call.name === 'DB.batch' && isFirst) {
        isFirst = false
        throw new Error('D1_ERROR: Network connection lost.')
      }
      return answer
    })
    const result = await deliverTo('gatehouse-events', [good(subject), good(subject)], {
      env: lossy,
    })
    expect(result.explicitAcks).toEqual(['m0', 'm1'])
    expect(await rowsOf('SELECT login_count FROM users WHERE id = ?', id)).toEqual([
      { login_count: 2 },
    ])
  })
})

describe('after an outage of days', () => {
  it('messages of the dead-letter queue are written, not dead-lettered', async () => {
    const { id, subject } = await makeUser()
    const before = await rowsOf('SELECT * FROM parked_events')
    const result = await deliverTo('gatehouse-events-dead', [good(subject)], { attempts: 3 })
    expect(result.explicitAcks).toEqual(['m0'])
    expect(await auditOf(id)).toHaveLength(1)
    expect(await rowsOf('SELECT * FROM parked_events')).toEqual(before)
  })

  it('nothing was dropped: the tries that wrangler.toml allows last for days, in each queue', () => {
    const DAY_SECONDS = 86_400
    const lasts = (queue: string) => {
      const all = [
        ...wrangler.matchAll(RegExp(`queue = "${queue}"\n[^[]*?max_retries = (\\d+)`, 'g')),
      ]
      expect(all).toHaveLength(2)
      return all.map(([, retries]) =>
        Array.from({ length: Number(retries) }, (_, n) => retryDelaySeconds(n + 1)).reduce(
          (sum, each) => sum + each,
        ),
      )
    }
    // The first gives up within the 4 days that a queue keeps messages when nobody has set more.
    for (const seconds of lasts('gatehouse-events')) {
      expect(seconds).toBeGreaterThan(3 * DAY_SECONDS)
      expect(seconds).toBeLessThan(3.75 * DAY_SECONDS)
    }
    // The second never does, within the 14 days that it can keep them.
    for (const seconds of lasts('gatehouse-events-dead')) {
      expect(seconds).toBeGreaterThan(14 * DAY_SECONDS)
    }
  })
})

describe('a queue that nobody consumes', () => {
  it('is a fault, not a loss in silence', async () => {
    await expect(deliverTo('gatehouse-unknown', [null])).rejects.toThrow('no consumer')
  })
})
