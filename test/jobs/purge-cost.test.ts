/** What the purge of unverified accounts asks of D1, however many there are. */
import { env } from 'cloudflare:workers'
import { beforeEach, expect, test } from 'vitest'
import { blankAllFailedSignIns, FAILURES_A_BATCH } from '../../src/audit/blank'
import { STATEMENTS_A_RUN } from '../../src/db/meter'
import { purgeUnverified } from '../../src/registration/purge-unverified'
import { rowsOf } from '../db/rows'
import { capturingEnv, planOf } from '../support/captured-sql'
import { DAY } from '../support/clock'
import { depsFor } from '../support/deps'

/** Accounts that somebody registered so many days ago and nobody verified. */
const seedPending = (count: number, name: string, daysAgo: number) =>
  rowsOf(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
     INSERT INTO users (subject, email, email_key, full_name, origin, created_at, updated_at, language)
     SELECT ?2 || printf('%016d', i), ?2 || i || '@example.com', ?2 || i || '@example.com',
       'Ada', 'registered', ?3, ?3, 'en' FROM n WHERE i <= ?1`,
    count,
    name.padEnd(6, '-'),
    Date.now() - daysAgo * DAY,
  )
const pending = async () => (await rowsOf("SELECT id FROM users WHERE status = 'pending'")).length

beforeEach(() => rowsOf('DELETE FROM users'))

test.each([0, 10_000])(
  'purging 499 accounts beside %i that are too young reads a bounded number of rows',
  async (young) => {
    await seedPending(499, 'old', 40)
    await seedPending(young, 'young', 1)
    const { env: capturing, seen } = capturingEnv(env)
    const deps = depsFor({ env: capturing })
    expect((await purgeUnverified(deps)).accounts).toBe(499)
    expect(deps.meter.rowsRead).toBeLessThan(50_000)
    for (const statement of seen.filter(({ text }) => text.includes('json_each'))) {
      expect((await planOf(env.DB, statement)).join()).not.toContain('users_status_name')
    }
  },
  60_000,
)

test('a run ends below the statements of an invocation, and the next one goes on from there', async () => {
  await seedPending(1_200, 'old', 40)
  const deps = depsFor()
  deps.meter.statements = STATEMENTS_A_RUN.toBegin - 5
  expect((await purgeUnverified(deps)).accounts).toBe(500)
  expect(deps.meter.statements).toBeLessThan(STATEMENTS_A_RUN.toGoOn)
  expect(await pending()).toBe(700)
  await purgeUnverified(depsFor())
  expect(await pending()).toBe(0)
}, 60_000)

test('blanking failed sign-ins stops below them too, and says that something is left', async () => {
  const address = 'a'.repeat(43)
  await rowsOf(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
     INSERT INTO audit_log (id, at, event, ip, data)
     SELECT printf('01900000-0000-7000-8000-%012x', i), 1, 'auth.sign_in_failed', '192.0.2.1', ?2 FROM n`,
    FAILURES_A_BATCH + 1,
    JSON.stringify({ address, reason: 'invalid_credentials' }),
  )
  const deps = depsFor()
  deps.meter.statements = STATEMENTS_A_RUN.toGoOn - 1
  expect(await blankAllFailedSignIns(deps, [address], Date.now())).toBe(false)
  expect(deps.meter.statements).toBeLessThan(STATEMENTS_A_RUN.toGoOn + 5)
  expect(await blankAllFailedSignIns(depsFor(), [address], Date.now())).toBe(true)
})
