/** GET /admin/stats: each figure against a plain count of the tables, as things come and go. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { userStats } from '../../src/analytics/user-stats'
import { runJob } from '../../src/jobs/run-job'
import { deliver, sessionsEnded, signedIn } from '../audit/queued-events'
import { insertRow, rowsOf } from '../db/rows'
import { get } from '../support/api'
import { depsFor } from '../support/deps'
import { makeUser, type SignedInUser, signedInUser, staff } from '../support/users'

const DAY_MS = 86_400_000
const PATH = '/api/v1/admin/stats'

let admin: SignedInUser
beforeAll(async () => {
  admin = await staff('admin')
})

const count = async (sql: string, ...parameters: unknown[]) =>
  Number((await rowsOf(`SELECT count(*) AS n FROM ${sql}`, ...parameters))[0]?.['n'])

describe('the figures', () => {
  it('are exactly these, for those who may manage users', async () => {
    const reply = await get(PATH, { token: admin.token })
    expect(reply.status).toBe(200)
    expect(Object.keys(reply.body)).toEqual([
      'total_users',
      'active_users',
      'verified_users',
      'pending_users',
      'deactivated_users',
      'new_users_30d',
      'active_sessions',
      'two_factor_users',
      'passkey_users',
      'daily_active',
      'weekly_active',
      'monthly_active',
      'outbox',
      'jobs',
      'keys',
    ])
    const user = await signedInUser()
    expect((await get(PATH, { token: user.token })).status).toBe(403)
    expect((await get(PATH)).status).toBe(401)
  })

  it('count users by what they are', async () => {
    await makeUser({ status: 'pending' })
    await makeUser({ columns: { email_verified_at: 1, deactivated_at: 1 } })
    await makeUser({ columns: { deactivated_at: 1 } })
    await makeUser({
      columns: { email_verified_at: 1, two_factor_secret: 'k1.n.c', two_factor_enabled_at: 1 },
    })
    const gone = await makeUser({ columns: { email_verified_at: 1 } })
    await env.DB.prepare('DELETE FROM users WHERE id = ?').bind(gone.id).run()
    expect(await userStats(depsFor())).toMatchObject({
      total_users: await count('users'),
      active_users: await count("users WHERE status = 'active'"),
      verified_users: await count('users WHERE email_verified_at IS NOT NULL'),
      pending_users: await count("users WHERE status = 'pending'"),
      deactivated_users: 2,
      two_factor_users: 1,
    })
  })

  it('count sessions until they expire, cleared away or not', async () => {
    const { subject, id } = await makeUser()
    const now = Date.now()
    const sid = `${subject}${'x'.repeat(22)}`
    const before = (await userStats(depsFor({ now }))).active_sessions
    await deliver(signedIn(subject, now), signedIn(subject, now + 1, sid))
    expect((await userStats(depsFor({ now }))).active_sessions).toBe(before + 2)
    await deliver(sessionsEnded(subject, now + 2, sid))
    expect((await userStats(depsFor({ now }))).active_sessions).toBe(before + 1)
    const [left] = await rowsOf<{ at: number }>(
      'SELECT expires_at AS at FROM user_sessions WHERE user_id = ?',
      id,
    )
    const live = (at: number) => count('user_sessions WHERE expires_at > ?', at)
    for (const at of [(left?.at ?? 0) - 1, left?.at ?? 0, now + 40 * DAY_MS]) {
      expect((await userStats(depsFor({ now: at }))).active_sessions, String(at)).toBe(
        await live(at),
      )
    }
    await env.DB.prepare('DELETE FROM user_sessions WHERE user_id = ?').bind(id).run()
    expect((await userStats(depsFor({ now }))).active_sessions).toBe(before)
  })

  it('count actives of one, seven and thirty days, each user once', async () => {
    const today = Math.floor(Date.now() / DAY_MS) + 100
    const now = today * DAY_MS + 5
    for (const ago of [0, 0, 1, 6, 7, 29, 30]) {
      const { subject } = await makeUser()
      await deliver(signedIn(subject, (today - ago) * DAY_MS))
    }
    expect(await userStats(depsFor({ now }))).toMatchObject({
      daily_active: 2,
      weekly_active: 4,
      monthly_active: 6,
    })
  })

  it('count who is new within thirty days, erased or not', async () => {
    const today = Math.floor(Date.now() / DAY_MS) + 1000
    const now = today * DAY_MS + DAY_MS - 1
    for (const ago of [0, 29, 30]) {
      const { id } = await makeUser({ columns: { created_at: (today - ago) * DAY_MS } })
      await env.DB.prepare('DELETE FROM users WHERE id = ?').bind(id).run()
    }
    expect((await userStats(depsFor({ now }))).new_users_30d).toBe(2)
  })

  it('count pending and permanently failed outbox rows', async () => {
    const { outbox: before } = await userStats(depsFor())
    const row = { kind: 'mail', payload: '{}', next_attempt_at: 0, created_at: 0 }
    for (const n of [1, 2, 3]) {
      const id = `stats-${n}`.padEnd(22, 'x')
      await insertRow('outbox', { ...row, id, ...(n === 3 && { dead_at: 1 }) })
    }
    expect((await userStats(depsFor())).outbox).toEqual({
      pending: before.pending + 2,
      dead: before.dead + 1,
    })
  })

  it('show the last run of each job, and how many values stand on which key', async () => {
    const counts = { 'password:test1': 3 }
    await runJob(depsFor(), { name: 'count_keys', run: async () => counts })
    const { jobs, keys } = await userStats(depsFor())
    expect(jobs['count_keys']).toMatchObject({ counts, error: null })
    expect(keys).toEqual(counts)
  })
})
