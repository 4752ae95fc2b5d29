import { env } from 'cloudflare:workers'
import { afterEach, expect, test, vi } from 'vitest'
import { lastRuns, runJob } from '../../src/jobs/run-job'
import { purgeExpiredTokens } from '../../src/one-time-tokens/purge-expired-tokens'
import { PENDING_A_RUN, purgeUnverified } from '../../src/registration/purge-unverified'
import { purgeExpiredSessions } from '../../src/sessions/purge-expired'
import { BUDGETS } from '../../src/throttle/budgets'
import { loggedMany } from '../audit/log'
import { post } from '../support/api'
import { capturingEnv, planOf } from '../support/captured-sql'
import { depsFor } from '../support/deps'
import { mailTo } from '../support/mailbox'
import { makeUser } from '../support/users'
import { registerByApi, verifyByApi } from '../support/users-by-api'

const DAY = 86_400_000
const later = (ms: number) => depsFor({ now: Date.now() + ms })
const count = (sql: string, ...values: unknown[]) =>
  env.DB.prepare(`SELECT count(*) AS n FROM ${sql}`)
    .bind(...values)
    .first<number>('n')

afterEach(() => {
  vi.useRealTimers()
})

test('a hundred thousand expired sessions are cleared within one invocation’s limits', async () => {
  const { id } = await makeUser()
  await env.DB.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
     INSERT INTO user_sessions (id, user_id, created_at, expires_at)
     SELECT printf('%044d', i), ?, 0, i FROM n`,
  )
    .bind(id)
    .run()
  await env.DB.prepare('INSERT INTO user_sessions VALUES (?, ?, 0, ?)')
    .bind('l'.repeat(44), id, Date.now() + DAY)
    .run()
  const deps = depsFor()
  expect(await purgeExpiredSessions(deps)).toEqual({ sessions: 100_000 })
  // D1 allows 1,000 calls an invocation.
  expect(deps.meter.calls).toBeLessThanOrEqual(101)
  expect(await count('user_sessions')).toBe(1)
  expect(await purgeExpiredSessions(depsFor())).toEqual({ sessions: 0 })
}, 20_000)

test('two clean-ups at once clear everything and trip over nothing', async () => {
  const { id } = await makeUser()
  await env.DB.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
     INSERT INTO user_sessions SELECT printf('x%043d', i), ?, 0, 1 FROM n`,
  )
    .bind(id)
    .run()
  const [a, b] = await Promise.all([
    purgeExpiredSessions(depsFor()),
    purgeExpiredSessions(depsFor()),
  ])
  expect(a.sessions + b.sessions).toBe(5000)
})

test('spent tokens go when their time is over, and not before', async () => {
  const ada = await registerByApi()
  expect(await count('one_time_tokens WHERE user_id = ?', ada.id)).toBe(2)
  await purgeExpiredTokens(later(DAY - 60_000))
  expect(await count('one_time_tokens WHERE user_id = ?', ada.id)).toBe(2)
  await purgeExpiredTokens(later(DAY + 60_000))
  expect(await count('one_time_tokens WHERE user_id = ?', ada.id)).toBe(0)
})

test('after a month an account that nobody verified is gone; verified, invited and imported ones stay', async () => {
  const doomed = await registerByApi()
  await mailTo(doomed.email)
  const verified = await makeUser()
  const invited = await makeUser({ status: 'pending' })
  const imported = await makeUser({ status: 'pending' })
  await env.DB.batch([
    env.DB.prepare("UPDATE users SET origin = 'invited' WHERE id = ?").bind(invited.id),
    env.DB.prepare("UPDATE users SET origin = 'imported' WHERE id = ?").bind(imported.id),
  ])
  expect((await purgeUnverified(later(29 * DAY))).accounts).toBe(0)
  expect((await purgeUnverified(later(31 * DAY))).accounts).toBeGreaterThanOrEqual(1)
  const left = await env.DB.prepare('SELECT id FROM users WHERE id IN (?, ?, ?, ?) ORDER BY id')
    .bind(doomed.id, verified.id, invited.id, imported.id)
    .all<{ id: number }>()
  expect(left.results.map((row) => row.id)).toEqual([verified.id, invited.id, imported.id])
  expect(await count("audit_log WHERE event = 'user.expired' AND target_id = ?", doomed.id)).toBe(1)
})

test('a run takes more unverified accounts than many networks can register in a day, the oldest first', async () => {
  const seed = (count: number, name: string, createdAt: number) =>
    env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
       INSERT INTO users (subject, email, email_key, full_name, origin, created_at, updated_at, language)
       SELECT ?2 || printf('%019d', i), ?2 || i || '@example.com', ?2 || i || '@example.com', 'Ada',
         'registered', ?3, ?3, 'en' FROM n`,
    )
      .bind(count, name, createdAt)
      .run()
  const now = Date.now() + 100 * DAY
  await seed(2_100, 'old', now - 31 * DAY)
  await seed(1_600, 'new', now - DAY)
  const deps = depsFor({ now })
  const { read, accounts } = await purgeUnverified(deps)
  expect(accounts).toBeGreaterThanOrEqual(2_100)
  // The young ones are not walked, however many they are.
  expect(read - accounts).toBeLessThan(1_000)
  expect(await count("users WHERE email LIKE 'old%'")).toBe(0)
  expect(await count("users WHERE email LIKE 'new%'")).toBe(1_600)
  expect(deps.meter.calls).toBeLessThan(30)
  expect((await purgeUnverified(depsFor({ now }))).read).toBeLessThanOrEqual(500)
  expect(PENDING_A_RUN / BUDGETS.accounts_network.limit).toBeGreaterThanOrEqual(150)
  // Made in days to come, they would end the walk of the tests below.
  await env.DB.prepare("DELETE FROM users WHERE email LIKE 'new%'").run()
}, 60_000)

test('of an account that nobody verified the log keeps no address and no browser', async () => {
  const [doomed, verified] = [await registerByApi(), await verifyByApi()]
  await post('/api/v1/auth/resend-verification', { email: doomed.email })
  const from = (id: number) =>
    count('audit_log WHERE target_id = ? AND coalesce(ip, country, user_agent) IS NOT NULL', id)
  const traces = await from(verified.id)
  expect([await from(doomed.id), traces]).toEqual([2, 2])
  const { env: capturing, seen } = capturingEnv(env)
  await purgeUnverified(depsFor({ env: capturing, now: Date.now() + 31 * DAY }))
  expect([await from(doomed.id), await from(verified.id)]).toEqual([0, traces])
  expect(await count('audit_log WHERE target_id = ?', doomed.id)).toBe(3)
  // What it reads: their events alone, found by the index.
  const blanking = seen.filter(({ text }) => text.includes('UPDATE audit_log'))
  expect(blanking).toHaveLength(3)
  for (const statement of blanking) {
    const plan = await planOf(env.DB, statement)
    expect(plan.join()).toMatch(/SEARCH \w+ USING INDEX audit_log_(target|actor|failed_address) /)
    expect(plan.filter((step) => /^SCAN (?!json_each|typed)/.test(step))).toEqual([])
  }
})

test('an account that strangers have filled the log about goes, and the next one a turn later', async () => {
  const [first, next] = [
    await makeUser({ status: 'pending' }),
    await makeUser({ status: 'pending' }),
  ]
  await loggedMany(
    Array.from({ length: 50_000 }, () => ({
      event: 'user.verification_resent',
      at: Date.now(),
      target_id: first.id,
    })),
  )
  const left = () => count('users WHERE id IN (?, ?)', first.id, next.id)
  await purgeUnverified(later(31 * DAY))
  expect(await left()).toBe(1)
  await purgeUnverified(later(31 * DAY))
  expect(await left()).toBe(0)
}, 20_000)

test('a job that fails is recorded by name alone, stops no other, and is tried again', async () => {
  const deps = depsFor()
  let isBroken = true
  const job = {
    name: 'test_job',
    run: async () => {
      if (isBroken) throw new TypeError('ada@example.com broke it')
      return { done: 3 }
    },
  }
  const said = vi.spyOn(console, 'error').mockImplementation(() => {})
  await runJob(deps, job)
  expect(said.mock.calls.flat().join(' ')).not.toContain('ada@example.com')
  said.mockRestore()
  expect((await lastRuns(deps))['test_job']).toMatchObject({ error: 'TypeError', counts: {} })
  isBroken = false
  const log = vi.spyOn(console, 'log').mockImplementation(() => {})
  await runJob(deps, job)
  log.mockRestore()
  expect((await lastRuns(deps))['test_job']).toMatchObject({ error: null, counts: { done: 3 } })
})
