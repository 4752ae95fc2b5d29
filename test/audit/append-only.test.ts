/** What has happened stays: no statement changes the log but past a cut-off, which has bounds of its own. */
import { beforeEach, describe, expect, it } from 'vitest'
import type { EventName } from '../../src/events'
import { rowsOf } from '../db/rows'
import { makeUser } from '../support/users'
import { emptyLog, logged } from './log'
import { DAY_MS } from './queued-events'

const NOW = Date.UTC(2031, 4, 6, 7, 8, 9)
const all = () => rowsOf('SELECT * FROM audit_log ORDER BY id')

beforeEach(emptyLog)

describe('a row', () => {
  it.each<[string, string]>([
    ['its name changed', "UPDATE audit_log SET event = 'user.active'"],
    ['its time changed', 'UPDATE audit_log SET at = at - 1'],
    ['its id changed', "UPDATE audit_log SET id = '0' || substr(id, 2)"],
    ['another actor', 'UPDATE audit_log SET actor_id = 7'],
    ['no target', 'UPDATE audit_log SET target_id = NULL'],
    ['other data', "UPDATE audit_log SET data = '{}'"],
    ['another address', "UPDATE audit_log SET ip = '192.0.2.1'"],
    ['its address blanked', 'UPDATE audit_log SET ip = NULL, country = NULL, user_agent = NULL'],
    ['nothing changed', 'UPDATE audit_log SET at = at'],
    ['itself deleted', 'DELETE FROM audit_log'],
    ['itself deleted by id', 'DELETE FROM audit_log WHERE id = (SELECT max(id) FROM audit_log)'],
    [
      'itself moved onto another',
      'UPDATE OR REPLACE audit_log SET id = (SELECT max(id) FROM audit_log)',
    ],
  ])('cannot have %s', async (_, statement) => {
    const { id } = await makeUser()
    for (const at of [NOW - 500 * DAY_MS, NOW])
      await logged('user.profile_updated', at, { actor_id: id, target_id: id, data: '{"a":1}' })
    const before = await all()
    await expect(rowsOf(statement)).rejects.toThrow('audit_log is append-only')
    expect(await all()).toEqual(before)
  })

  it.each([
    'INSERT OR REPLACE INTO audit_log (id, at, event) VALUES (?, 0, ?)',
    'REPLACE INTO audit_log (id, at, event) VALUES (?, 0, ?)',
    'INSERT OR IGNORE INTO audit_log (id, at, event) VALUES (?, 0, ?)',
    'INSERT INTO audit_log (id, at, event) VALUES (?, 0, ?) ON CONFLICT (id) DO UPDATE SET at = 0',
  ])('cannot be written over: %s', async (statement) => {
    const id = await logged('user.profile_updated', NOW)
    const before = await all()
    await rowsOf(statement, id, 'user.active').catch((error: Error) =>
      expect(error.message).toContain('append-only'),
    )
    expect(await all()).toEqual(before)
  })
})

describe('a cut-off', () => {
  const setTo = (deleteBefore: number, event: EventName = 'user.active') =>
    rowsOf(
      'INSERT INTO audit_retention VALUES (?1, ?2) ON CONFLICT (event) DO UPDATE SET delete_before = ?2',
      event,
      deleteBefore,
    )

  it('never reaches into the day before the newest event, whether new or moved', async () => {
    await logged('user.active', NOW)
    for (const first of [true, false]) {
      for (const ahead of [NOW * 2, NOW, NOW - DAY_MS + 1])
        await expect(setTo(ahead), `${first}`).rejects.toThrow('a day of audit must stay')
      await setTo(NOW - DAY_MS)
    }
    await expect(rowsOf('UPDATE audit_retention SET delete_before = ?', NOW)).rejects.toThrow('day')
    await expect(
      rowsOf("INSERT OR REPLACE INTO audit_retention VALUES ('user.active', ?)", NOW),
    ).rejects.toThrow('day')
  })

  it('allows deletion only of older events of its name', async () => {
    const old = await logged('user.active', NOW - DAY_MS - 1)
    const other = await logged('user.profile_updated', NOW - DAY_MS - 1)
    const edge = await logged('user.active', NOW - DAY_MS)
    await logged('user.active', NOW)
    await setTo(NOW - DAY_MS)
    for (const kept of [other, edge])
      await expect(rowsOf('DELETE FROM audit_log WHERE id = ?', kept)).rejects.toThrow('append')
    await expect(rowsOf('DELETE FROM audit_log')).rejects.toThrow('append-only')
    expect(await all()).toHaveLength(4)
    await rowsOf('DELETE FROM audit_log WHERE id = ?', old)
    expect((await all()).map((row) => row['id'])).not.toContain(old)
  })

  it('of an empty log lets nothing be planned ahead', async () => {
    await expect(setTo(1)).rejects.toThrow('a day of audit must stay')
    await expect(setTo(-1)).rejects.toThrow('CHECK')
    await setTo(0)
  })
})
