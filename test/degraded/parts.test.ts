/** One part that is down: who notices, who does not, and what happens when it is back. */
import { runDurableObjectAlarm } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { runCron, SCHEDULE } from '../../src/background/cron'
import { loadConfig } from '../../src/config'
import { shardOf } from '../../src/throttle/shard'
import { said } from '../support/api'
import { MINUTE, pass, SECOND, stopClock } from '../support/clock'
import { depsFor } from '../support/deps'
import { mailsTo } from '../support/mailbox'
import { seedUsers } from '../support/seed-users'
import {
  freshEmail,
  makeUser,
  PASSWORD,
  type SignedInUser,
  signedInUser,
  staff,
} from '../support/users'
import { consoleLines } from '../support/worker'
import type { OutsideCall } from '../support/wrapped-env'
import { Breakdown, expectUnavailable, FAULTS } from './breakdown'

stopClock()
vi.setConfig({ testTimeout: 30_000 })

let root: SignedInUser
beforeAll(async () => {
  root = await staff('admin')
})
beforeEach(() => void consoleLines())

const postSignIn = (isolate: Breakdown, email: string, password = PASSWORD) =>
  isolate.ask({ method: 'POST', path: '/api/v1/auth/login', body: { username: email, password } })
const session = (isolate: Breakdown, { token }: { token: string }) =>
  isolate.ask({ method: 'GET', path: '/api/v1/auth/session', token })
const register = (isolate: Breakdown, email: string) => {
  const body = { email, password: PASSWORD, full_name: 'Ada Lovelace' }
  return isolate.ask({ method: 'POST', path: '/api/v1/auth/register', body })
}
const cron = () => runCron(depsFor(), '* * * * *')
const count = (sql: string, ...values: unknown[]) =>
  env.DB.prepare(`SELECT count(*) AS n FROM ${sql}`)
    .bind(...values)
    .first<number>('n')

describe.each(['object lost', 'object overloaded'] as const)('one user’s object (%s)', (way) => {
  const unreachable = (who: { subject: string }) => (call: OutsideCall) =>
    call.name.startsWith('USER_SESSIONS.') && call.of === who.subject ? FAULTS[way]() : undefined

  test('affects only its user', async () => {
    const [ada, bob] = [await signedInUser(), await signedInUser()]
    const isolate = new Breakdown()
    isolate.fails = unreachable(ada)
    expectUnavailable(await session(isolate, ada), 'session')
    expectUnavailable(await postSignIn(isolate, ada.email), 'sign-in')
    expect((await session(isolate, bob)).status).toBe(200)
    expect((await postSignIn(isolate, bob.email)).status).toBe(200)
    isolate.fails = () => undefined
    expect((await session(isolate, ada)).status).toBe(200)
  })

  test('that missed a change is updated by the cron', async () => {
    const ada = await signedInUser()
    const isolate = new Breakdown()
    isolate.fails = unreachable(ada)
    isolate.calls = []
    const reply = await isolate.ask({
      method: 'PUT',
      path: `/api/v1/admin/users/${ada.id}/status`,
      body: { is_active: false },
      token: root.token,
    })
    expect(said(reply)).toBe('503 effect_pending')
    expectUnavailable(reply, 'pending')
    // What had too much already is not asked again at once.
    const told = isolate.calls.filter((name) => name === 'USER_SESSIONS.syncAccountState')
    expect(told).toHaveLength(way === 'object overloaded' ? 1 : 2)
    // Repeating it says so again: never success over a pending effect.
    const again = await isolate.ask({
      method: 'PUT',
      path: `/api/v1/admin/users/${ada.id}/status`,
      body: { is_active: false },
      token: root.token,
    })
    expect(said(again)).toBe('503 effect_pending')
    pass(MINUTE)
    await cron()
    expect(said(await session(new Breakdown(), ada))).toBe('401 invalid_access_token')
    expect(await count("outbox WHERE kind = 'sync-authority' AND subject = ?", ada.subject)).toBe(0)
  })
})

test('a throttle shard that is down refuses only its own addresses, even with the right password', async () => {
  const [ada, bob] = [await makeUser(), await makeUser()]
  const { name } = await shardOf(loadConfig(env), { emailKey: ada.email })
  expect((await shardOf(loadConfig(env), { emailKey: bob.email })).name).not.toBe(name)
  const isolate = new Breakdown()
  isolate.fails = (call) =>
    call.name.startsWith('THROTTLE.') && call.of === name ? FAULTS['object lost']() : undefined
  expectUnavailable(await postSignIn(isolate, ada.email), 'right password')
  expectUnavailable(await postSignIn(isolate, ada.email, 'Wrong-Horse-7'), 'wrong password')
  expect(isolate.calls.join()).not.toContain('USER_SESSIONS.openSession')
  expect((await postSignIn(isolate, bob.email)).status).toBe(200)
  isolate.fails = () => undefined
  expect((await postSignIn(isolate, ada.email)).status).toBe(200)
})

test('if the outbox queue refuses, requests succeed and the cron sends', async () => {
  const email = freshEmail()
  const isolate = new Breakdown()
  isolate.fails = ({ name }) => (name.startsWith('OUTBOX_QUEUE.') ? new Error('queue') : undefined)
  expect((await register(isolate, email)).status).toBe(201)
  expect(mailsTo(email)).toHaveLength(0)
  pass(MINUTE)
  await cron()
  expect(mailsTo(email)).toHaveLength(1)
})

test('if the binding of the outbox queue throws, requests succeed too', async () => {
  const OUTBOX_QUEUE = {
    sendBatch: () => {
      throw new Error('queue')
    },
  }
  expect((await register(new Breakdown({ OUTBOX_QUEUE }), freshEmail())).status).toBe(201)
})

test('a mail provider that is down delays mails, and answers stay as they are', async () => {
  const email = freshEmail()
  const isolate = new Breakdown()
  isolate.fails = ({ name }) =>
    name === 'EMAIL.send'
      ? Object.assign(new Error('down'), { code: 'E_INTERNAL_SERVER_ERROR' })
      : undefined
  expect((await register(isolate, email)).status).toBe(201)
  const forgot = { method: 'POST', path: '/api/v1/auth/forgot-password', body: { email } }
  expect((await isolate.ask(forgot)).status).toBeLessThan(300)
  for (const wait of [SECOND, 11 * SECOND, 21 * SECOND]) {
    pass(wait)
    await runCron(depsFor({ env: isolate.env }), '* * * * *')
  }
  expect(mailsTo(email)).toHaveLength(0)
  expect(await count('outbox WHERE dead_at IS NOT NULL')).toBe(0)
  expect(await count('outbox WHERE attempts >= 3')).toBeGreaterThan(0)
  pass(MINUTE)
  await cron()
  expect(mailsTo(email).length).toBeGreaterThan(0)
})

describe('an events queue that refuses', () => {
  test('keeps events with the object, which delivers them when it is back', async () => {
    const ada = await makeUser()
    const refuses = vi.spyOn(env.EVENTS_QUEUE, 'sendBatch').mockRejectedValue(new Error('queue'))
    const { status, body } = await postSignIn(new Breakdown(), ada.email)
    expect(status).toBe(200)
    expect(await session(new Breakdown(), { token: body.access_token })).toMatchObject({
      status: 200,
    })
    const events = () => count("audit_log WHERE event = 'auth.signed_in' AND target_id = ?", ada.id)
    expect(await events()).toBe(0)
    refuses.mockRestore()
    pass(MINUTE)
    await runDurableObjectAlarm(env.USER_SESSIONS.getByName(ada.subject))
    await vi.waitUntil(async () => (await events()) === 1, { timeout: 8000, interval: 50 })
  })

  test('loses only the record of failed sign-ins, and logs that', async () => {
    const ada = await makeUser()
    const lines = consoleLines()
    const isolate = new Breakdown()
    isolate.fails = ({ name }) =>
      name.startsWith('EVENTS_QUEUE.') ? new Error('queue') : undefined
    expect(said(await postSignIn(isolate, ada.email, 'Wrong-Horse-7'))).toBe(
      '401 invalid_credentials',
    )
    expect(lines.join()).toContain('sign_in_failure_not_recorded')
    expect((await postSignIn(isolate, ada.email)).status).toBe(200)
  })
})

test('a rate limit by network that fails lets people pass: the throttle counts them', async () => {
  const ada = await makeUser()
  const SIGN_IN_LIMIT = { limit: () => Promise.reject(new Error('limit')) }
  expect((await postSignIn(new Breakdown({ SIGN_IN_LIMIT }), ada.email)).status).toBe(200)
})

test('a download that D1 leaves half-way breaks off, and the log says so in its own words', async () => {
  await seedUsers(2000, 4000)
  const lines = consoleLines()
  const isolate = new Breakdown({ LOG_REQUESTS: 'true' })
  const ask = { method: 'GET', path: '/api/v1/admin/users/export', token: root.token }
  expect((await isolate.ask(ask)).body.split('\n').length).toBeGreaterThan(2000)
  // The guard and the record of the export are not what fails here.
  let pages = 0
  isolate.fails = ({ name }) =>
    name === 'DB.batch' && (pages += 1) > 2
      ? new Error(`D1_ERROR: lost at ${root.email}`)
      : undefined
  await expect(isolate.ask(ask)).rejects.toThrow('the download has broken off')
  const told = lines.filter((line) => line.includes('download_broken_off'))
  expect(told.map((line) => JSON.parse(line))).toEqual([
    { event: 'download_broken_off', request_id: expect.any(String), error: 'Error' },
  ])
  expect(lines.join()).not.toContain(root.email)
})

test('a download whose D1 hangs half-way breaks off within the budget, and waits no longer', async () => {
  const lines = consoleLines()
  const isolate = new Breakdown({ LOG_REQUESTS: 'true', REQUEST_BUDGET_MS: '300' })
  const ask = { method: 'GET', path: '/api/v1/admin/users/export', token: root.token }
  expect((await isolate.ask(ask)).status).toBe(200)
  let pages = 0
  isolate.fails = ({ name }) => (name === 'DB.batch' && (pages += 1) > 1 ? 'hangs' : undefined)
  await expect(isolate.ask(ask)).rejects.toThrow('the download has broken off')
  expect(lines.filter((line) => line.includes('download_broken_off'))).toHaveLength(1)
})

test('a job that D1 does not answer fails by itself, and the next turn does its work', async () => {
  const email = freshEmail()
  const isolate = new Breakdown()
  await register(isolate, email)
  isolate.fails = ({ name }) => (name.startsWith('DB.') ? FAULTS['D1 lost']() : undefined)
  for (const at of Object.keys(SCHEDULE)) {
    await runCron(depsFor({ env: isolate.env }), at)
  }
  await cron()
  expect(mailsTo(email)).toHaveLength(1)
})
