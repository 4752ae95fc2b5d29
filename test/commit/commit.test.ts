/** One batch for preconditions, change, audit and outbox: all of it or nothing, and each refusal its own answer. */
import { env } from 'cloudflare:workers'
import { eq, sql } from 'drizzle-orm'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type Change, commit, type Precondition } from '../../src/commit/commit'
import type { Deps } from '../../src/context'
import { randomId } from '../../src/crypto/encoding'
import { isUniqueViolation } from '../../src/db/faults'
import { DomainError } from '../../src/errors'
import { sweepOutbox } from '../../src/outbox/sweep'
import { users } from '../../src/tables/users'
import { rowsOf } from '../db/rows'
import { depsFor } from '../support/deps'
import { makeUser } from '../support/users'
import { wrapEnv } from '../support/wrapped-env'

afterEach(() => {
  vi.restoreAllMocks()
})

/** Notifications stay here, so that no consumer takes a row away from its test. */
function quietDeps(): { deps: Deps; notified: unknown[][]; calls: string[] } {
  const notified: unknown[][] = []
  const calls: string[] = []
  const wrapped = wrapEnv(env, async (call, go) => {
    calls.push(call.name)
    return call.name === 'OUTBOX_QUEUE.sendBatch' ? undefined : go()
  })
  const OUTBOX_QUEUE = {
    sendBatch: async (messages: Iterable<MessageSendRequest>) => {
      notified.push([...messages].map(({ body }) => body))
    },
  } as unknown as Env['OUTBOX_QUEUE']
  return { deps: depsFor({ env: { ...wrapped, OUTBOX_QUEUE } }), notified, calls }
}

const setBio = (deps: Deps, id: number, bio: string) =>
  deps.db.update(users).set({ bio }).where(eq(users.id, id))
const holds = (name: string, condition = sql`1`): Precondition => ({
  name,
  holds: condition,
  otherwise: 'forbidden',
})

/** A change with everything that a change can have, by a person who did not exist before. */
async function aChange(deps: Deps, more: Partial<Change> = {}) {
  const { id, subject } = await makeUser()
  const outboxId = randomId()
  const change: Change = {
    change: [setBio(deps, id, 'changed')],
    audit: [{ event: 'user.profile_updated', actor: id, target: id, data: { fields: ['bio'] } }],
    outbox: [{ id: outboxId, kind: 'note', subject, payload: { note: 1 } }],
    ...more,
  }
  const written = async () => ({
    bio: (await rowsOf('SELECT bio FROM users WHERE id = ?', id))[0]?.['bio'],
    audit: (await rowsOf('SELECT 1 FROM audit_log WHERE target_id = ?', id)).length,
    outbox: (await rowsOf('SELECT 1 FROM outbox WHERE id = ?', outboxId)).length,
  })
  return { id, subject, outboxId, change, written }
}
const ALL = { bio: 'changed', audit: 1, outbox: 1 }
const NOTHING = { bio: null, audit: 0, outbox: 0 }

describe('a commit', () => {
  it('writes the change, its audit row and its outbox row in one batch, then wakes the outbox', async () => {
    const { deps, notified, calls } = quietDeps()
    const { change, written, outboxId } = await aChange(deps, { preconditions: [holds('fine')] })
    expect(await commit(deps, change)).toBe(true)
    expect(await written()).toEqual(ALL)
    expect(calls).toEqual(['DB.batch'])
    expect(notified).toEqual([[{ id: outboxId }]])
  })

  it('records who, from where and when, under an id that sorts by time', async () => {
    const { deps } = quietDeps()
    const { change, id, subject } = await aChange(deps, {})
    await commit(deps, {
      ...change,
      audit: [{ event: 'user.registered', actor: null, target: { subject }, data: {} }],
    })
    const [row] = await rowsOf('SELECT * FROM audit_log WHERE target_id = ?', id)
    const { ip, country, userAgent } = deps.client
    expect(row).toMatchObject({ at: deps.now, actor_id: null, ip, country, user_agent: userAgent })
    const milliseconds = Number.parseInt(String(row?.['id']).replace('-', '').slice(0, 12), 16)
    expect(milliseconds).toBe(deps.now)
  })

  it('names a user by id, by subject and by address, and one who is not there by nothing', async () => {
    const { deps } = quietDeps()
    const { id, subject, email } = await makeUser()
    const target = [id, { subject }, { emailKey: email }, { subject: 'nobody' }]
    for (const each of target) {
      await commit(deps, {
        change: [],
        audit: [{ event: 'user.registered', actor: id, target: each, data: {} }],
      })
    }
    const rows = await rowsOf('SELECT target_id FROM audit_log WHERE actor_id = ?', id)
    expect(
      rows.map((row) => row['target_id']).filter((target_id) => target_id === id),
    ).toHaveLength(3)
    expect(rows).toHaveLength(4)
  })

  it('writes no audit or outbox row whose own condition does not hold, and notifies anyway', async () => {
    const { deps, notified } = quietDeps()
    const { change, written } = await aChange(deps)
    const onlyIf = sql`0`
    const audit = change.audit.map((entry) => ({ ...entry, onlyIf }))
    const outbox = (change.outbox ?? []).map((entry) => ({ ...entry, onlyIf }))
    await commit(deps, { ...change, audit, outbox })
    expect(await written()).toEqual({ bio: 'changed', audit: 0, outbox: 0 })
    expect(notified).toHaveLength(1)
  })

  it('leaves a row that is not due yet to whoever wrote it', async () => {
    const { deps, notified } = quietDeps()
    const { change } = await aChange(deps)
    const notBefore = deps.now + 20_000
    const outbox = (change.outbox ?? []).map((entry) => ({ ...entry, notBefore }))
    await commit(deps, { ...change, outbox })
    expect(notified).toEqual([])
    const [row] = await rowsOf('SELECT next_attempt_at FROM outbox WHERE id = ?', outbox[0]?.id)
    expect(row).toEqual({ next_attempt_at: notBefore })
  })
})

describe('a precondition that does not hold', () => {
  it.each([
    ['the first', [holds('first', sql`0`), holds('second')], 'forbidden'],
    [
      'a later one',
      [holds('first'), { ...holds('second', sql`0`), otherwise: 'email_taken' as const }],
      'email_taken',
    ],
    ['one that is unknown', [holds('first', sql`NULL`)], 'forbidden'],
    ['one that counts instead of asking', [holds('first', sql`2`)], 'forbidden'],
  ])('aborts everything with its own answer: %s', async (_, preconditions, code) => {
    const { deps, notified } = quietDeps()
    const { change, written } = await aChange(deps, { preconditions })
    await expect(commit(deps, change)).rejects.toMatchObject({ name: 'DomainError', code })
    expect(await written()).toEqual(NOTHING)
    expect(notified).toEqual([])
  })

  it('may bring an error of its own, words and all', async () => {
    const { deps } = quietDeps()
    const otherwise = new DomainError('forbidden', { detail: 'Not the last admin' })
    const { change } = await aChange(deps, {
      preconditions: [{ ...holds('first', sql`0`), otherwise }],
    })
    await expect(commit(deps, change)).rejects.toBe(otherwise)
  })

  it('is no error when nothing was left to do: false, and no audit row tells of a change', async () => {
    const { deps } = quietDeps()
    const { change, written } = await aChange(deps, {
      preconditions: [{ ...holds('first', sql`0`), otherwise: 'unchanged' }],
    })
    expect(await commit(deps, change)).toBe(false)
    expect(await written()).toEqual(NOTHING)
  })

  it('lets one of twenty parallel commits through', async () => {
    const { deps } = quietDeps()
    const { id, change } = await aChange(deps)
    const still = sql`(SELECT bio IS NULL FROM ${users} WHERE id = ${id})`
    const race = Array.from({ length: 20 }, (_, n) =>
      commit(deps, {
        ...change,
        preconditions: [{ ...holds('still_empty', still), otherwise: 'unchanged' }],
        change: [setBio(deps, id, `by ${n}`)],
        outbox: [],
      }),
    )
    expect((await Promise.all(race)).filter(Boolean)).toHaveLength(1)
    expect(await rowsOf('SELECT 1 FROM audit_log WHERE target_id = ?', id)).toHaveLength(1)
  })

  it('stores nothing and costs no row, whether it holds or not', async () => {
    const { deps } = quietDeps()
    const { change } = await aChange(deps, { preconditions: [holds('fine'), holds('fine_too')] })
    const batch = vi.spyOn(env.DB, 'batch')
    await commit(deps, change)
    const results: D1Result[] = await batch.mock.results[0]?.value
    expect(results.slice(0, 2).map(({ meta }) => meta.rows_written)).toEqual([0, 0])
    expect(results.map(({ meta }) => meta.rows_written > 0)).toEqual([
      false,
      false,
      true,
      true,
      true,
      // Whether webhooks are pending is only read.
      false,
    ])
    expect(await rowsOf('SELECT 1 FROM precondition')).toEqual([])
  })
})

describe('a failure', () => {
  it('of the change itself leaves nothing, and is D1’s own error', async () => {
    const { deps, notified } = quietDeps()
    const [ada, { change, id, written }] = [await makeUser(), await aChange(deps)]
    const taken = deps.db.update(users).set({ emailKey: ada.email }).where(eq(users.id, id))
    const error: unknown = await commit(deps, {
      ...change,
      change: [...change.change, taken],
    }).catch((reason: unknown) => reason)
    expect(isUniqueViolation(error, 'users.email_key')).toBe(true)
    expect(await written()).toEqual(NOTHING)
    expect(notified).toEqual([])
  })

  it('of audit or outbox takes the change back with it', async () => {
    const { deps } = quietDeps()
    const { change, written } = await aChange(deps)
    const outbox = [
      ...(change.outbox ?? []),
      { id: 'short', kind: 'note', subject: null, payload: {} },
    ]
    await expect(commit(deps, { ...change, outbox })).rejects.toThrow('CHECK')
    expect(await written()).toEqual(NOTHING)
  })

  it.each([
    ['rejects', () => Promise.reject(new Error('queue down'))],
    [
      'throws',
      () => {
        throw new Error('queue down')
      },
    ],
  ])('of the notification that %s loses nothing: the sweep delivers', async (_, sendBatch) => {
    const OUTBOX_QUEUE = { sendBatch } as unknown as Env['OUTBOX_QUEUE']
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const deps = depsFor({ env: { ...env, OUTBOX_QUEUE } })
    const { change, written, outboxId } = await aChange(deps)
    expect(await commit(deps, change)).toBe(true)
    expect(await written()).toEqual(ALL)
    const performed: string[] = []
    const perform = async (_deps: Deps, row: { id: string }) => void performed.push(row.id)
    await sweepOutbox(depsFor(), { note: { perform, maxAttempts: 1 } })
    expect(performed).toContain(outboxId)
    expect(await written()).toEqual({ ...ALL, outbox: 0 })
    expect(warned).toHaveBeenCalledWith(expect.stringContaining('"outbox_wake_up_lost"'))
  })
})
