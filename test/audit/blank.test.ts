/** The log keeps an erased user’s id, and no trace of where they acted from. */
import { env } from 'cloudflare:workers'
import { sql } from 'drizzle-orm'
import { beforeEach, describe, expect, it } from 'vitest'
import { blankErased } from '../../src/audit/blank'
import { runBatch, type Statement } from '../../src/db/batch'
import { type Row, rowsOf } from '../db/rows'
import { makeUser } from '../support/users'
import { emptyLog, logged, planOf } from './log'

const NOW = Date.UTC(2031, 4, 6, 7, 8, 9)
const all = () => rowsOf('SELECT * FROM audit_log ORDER BY id')

beforeEach(emptyLog)

describe('blanking', () => {
  const HERE = { ip: '198.51.100.7', country: 'NL', user_agent: 'test' }
  const GONE = { ip: null, country: null, user_agent: null }

  /** Rows of an erased person in every part, beside those of an admin who lives on. */
  async function traces() {
    const [ada, admin] = [await makeUser(), await makeUser()]
    const rows: [Row, typeof HERE | typeof GONE][] = [
      [{ actor_id: ada.id, target_id: ada.id }, GONE],
      [{ actor_id: null, target_id: ada.id }, GONE],
      [{ actor_id: ada.id, target_id: admin.id }, GONE],
      [{ actor_id: ada.id, target_id: null }, GONE],
      [{ actor_id: admin.id, target_id: ada.id }, HERE],
      [{ actor_id: admin.id, target_id: admin.id }, HERE],
      [{ actor_id: null, target_id: null }, HERE],
    ]
    const ids: string[] = []
    for (const [row] of rows)
      ids.push(await logged('user.profile_updated', NOW, { ...row, ...HERE }))
    const stored = async () => {
      const found = new Map((await all()).map((row) => [row['id'], row]))
      return ids.map((id) => {
        const { ip, country, user_agent } = found.get(id) ?? {}
        return { ip, country, user_agent }
      })
    }
    return { ada, admin, stored, wanted: rows.map(([, end]) => end) }
  }

  const erase = (id: number): Statement[] => [
    sql`DELETE FROM users WHERE id = ${id}`,
    ...blankErased(id),
  ]

  it('blanks an erased user’s events in the batch of the erasure, but never an admin’s', async () => {
    const { ada, stored, wanted } = await traces()
    const before = await all()
    await runBatch(env, erase(ada.id))
    expect(await stored()).toEqual(wanted)
    const rest = (rows: Row[]) => rows.map((row) => ({ ...row, ...GONE }))
    expect(rest(await all())).toEqual(rest(before))
    await runBatch(env, blankErased(ada.id))
    expect(await stored()).toEqual(wanted)
  })

  it('of a user who is still there aborts the batch', async () => {
    const { ada, stored } = await traces()
    await expect(runBatch(env, blankErased(ada.id))).rejects.toThrow('append-only')
    expect((await stored()).every(({ ip }) => ip === HERE.ip)).toBe(true)
  })

  it.each([
    ['something else with it', "ip = NULL, country = NULL, user_agent = NULL, data = '{}'"],
    ['the target with it', 'ip = NULL, country = NULL, user_agent = NULL, target_id = NULL'],
    ['a part alone', 'ip = NULL'],
    ['by another address', "ip = '192.0.2.1', country = NULL, user_agent = NULL"],
  ])('changes %s: refused, for the erased too', async (_, set) => {
    const { ada } = await traces()
    await rowsOf('DELETE FROM users WHERE id = ?', ada.id)
    const before = await all()
    const statement = `UPDATE audit_log SET ${set} WHERE target_id = ?`
    await expect(rowsOf(statement, ada.id)).rejects.toThrow('append-only')
    expect(await all()).toEqual(before)
  })

  it('blanks the events of many users at once, and only of erased ones', async () => {
    const [ada, bob, eve] = [await traces(), await traces(), await traces()]
    const gone = sql`SELECT value FROM json_each(${JSON.stringify([ada.ada.id, bob.ada.id])})`
    await runBatch(env, [sql`DELETE FROM users WHERE id IN (${gone})`, ...blankErased(gone)])
    expect(await ada.stored()).toEqual(ada.wanted)
    expect(await bob.stored()).toEqual(bob.wanted)
    expect((await eve.stored()).every(({ ip }) => ip === HERE.ip)).toBe(true)
  })

  it('reads only the user’s own events', async () => {
    for (const statement of blankErased(5)) {
      const steps = await planOf(statement)
      expect(steps.length).toBeGreaterThan(0)
      for (const step of steps)
        expect(step).toMatch(/^SEARCH audit_log USING INDEX audit_log_(target|actor) /)
    }
  })
})
