/**
 * The log: whatever happens, each thing that is said is one line of JSON in plain characters, with the
 * name of an event, and nothing in it that a person or a secret could be known by. A journey, faults of
 * every part, all jobs, and callers who put control characters wherever they can.
 */
import { createExecutionContext, createMessageBatch } from 'cloudflare:test'
import { beforeAll, describe, expect, test } from 'vitest'
import { runCron, SCHEDULE } from '../src/background/cron'
import worker from '../src/index'
import { all, Breakdown, FAULTS } from './degraded/breakdown'
import { stopClock } from './support/clock'
import { depsFor } from './support/deps'
import {
  addresses,
  codes,
  faultsOfSecrets,
  journeyOfSecrets,
  secrets,
} from './support/secret-journey'
import { freshEmail, PASSWORD, type SignedInUser, signedInUser } from './support/users'
import { consoleLines } from './support/worker'

stopClock()

/** Red, a screen that is cleared, the title of a window; and the one byte that begins such things. */
const ANSI = ['\u001b[31mred', '\u001b[2J', '\u001b]0;title\u0007', '\u009b31m']
const NEW_LINES = ['\r\n{"event":"forged"}', '\n', '\u2028{"event":"forged"}', '\u0085']
const MARK = 'loud-and-hostile'
const NAME = 'Zebedee Quuxington'

let lines: string[]
let root: SignedInUser
beforeAll(async () => {
  lines = consoleLines()
  await journeyOfSecrets()
  await faultsOfSecrets()
  root = await signedInUser({ roles: ['admin'], fullName: NAME })
  await hostileRequests()
  await failingParts()
  await jobs()
}, 180_000)

/** Control characters in every place that a client can put them. */
async function hostileRequests(): Promise<void> {
  const isolate = new Breakdown({ LOG_REQUESTS: 'true' })
  for (const text of [...ANSI, ...NEW_LINES]) {
    const dressed = MARK + text
    // What HTTP lets through: a header takes no line breaks, and bytes alone.
    const header = dressed.replaceAll(/[\r\n\u2028]/g, '')
    const headers = {
      'user-agent': header,
      'accept-language': header,
      'x-request-id': header,
      accept: header,
    }
    const path = encodeURIComponent(dressed)
    const asks = [
      { method: 'GET', path: `/${path}` },
      { method: 'GET', path: `/api/v1/users/permissions/${path}`, token: root.token },
      { method: 'GET', path: `/api/v1/admin/users?search=${path}`, token: root.token },
      { method: 'DELETE', path: `/api/v1/users/sessions/${path}`, token: root.token },
      { method: 'POST', path: `/api/v1/admin/outbox/${path}/retry`, token: root.token },
      { method: 'GET', path: `/sign-in?next=${path}` },
      {
        method: 'POST',
        path: '/api/v1/auth/register',
        body: { email: freshEmail(), password: PASSWORD, full_name: dressed },
      },
      {
        method: 'POST',
        path: '/api/v1/auth/login',
        body: { username: dressed, password: dressed },
      },
      { method: 'PATCH', path: '/api/v1/users/profile', body: { bio: dressed }, token: root.token },
      {
        method: 'POST',
        path: '/api/v1/admin/import',
        body: `{"email":"${dressed}"}`,
        token: root.token,
      },
    ]
    for (const ask of asks) await isolate.ask({ ...ask, headers })
    isolate.fails = ({ name }) =>
      name.startsWith('DB.') ? new Error(`D1_ERROR: ${dressed}`) : undefined
    for (const ask of asks) await isolate.ask({ ...ask, headers })
    isolate.fails = () => undefined
  }
}

/** Everything that is not D1 or an object, failing with words that must not be repeated. */
async function failingParts(): Promise<void> {
  const error = () =>
    Object.assign(new Error(`${NAME} ${root.email} ${ANSI.join('')}`), { code: NAME })
  const broken = () => Promise.reject(error())
  const limit = { limit: broken }
  const isolate = new Breakdown({
    LOG_REQUESTS: 'true',
    SIGN_IN_LIMIT: limit,
    REGISTER_LIMIT: limit,
  })
  isolate.fails = ({ name }) => (/QUEUE|EMAIL/.test(name) ? error() : undefined)
  const postSignIn = (password: string) =>
    isolate.ask({
      method: 'POST',
      path: '/api/v1/auth/login',
      body: { username: root.email, password },
    })
  await postSignIn('Wrong-Horse-7')
  await postSignIn(PASSWORD)
  const email = freshEmail()
  addresses.push(root.email, email)
  const body = { email, password: PASSWORD, full_name: NAME }
  await isolate.ask({ method: 'POST', path: '/api/v1/auth/register', body })
  await runCron(depsFor({ env: isolate.env }), '* * * * *')
  isolate.fails = all('USER_SESSIONS', 'object overloaded')
  const off = {
    method: 'PUT',
    path: `/api/v1/admin/users/${root.id}/status`,
    body: { is_active: true },
  }
  await isolate.ask({ ...off, token: root.token })
  await new Breakdown({ TOKEN_KEYS: NAME }).ask({ method: 'GET', path: '/healthz' })

  const poison = { event: NAME, subject: root.subject, ip: root.email, data: ANSI }
  const message = { id: 'poison', timestamp: new Date(), attempts: 1, body: poison }
  const batch = createMessageBatch('gatehouse-events', [message])
  isolate.fails = all('DB', 'D1 lost')
  await worker.queue(batch as never, isolate.env, createExecutionContext())
}

async function jobs(): Promise<void> {
  const failing = new Breakdown()
  failing.fails = () => Object.assign(FAULTS['D1 lost'](), { message: `${root.email} ${ANSI[0]}` })
  for (const cron of [...Object.keys(SCHEDULE), 'never']) {
    await runCron(depsFor(), cron)
    await runCron(depsFor({ env: failing.env }), cron)
  }
}

interface Line {
  event: string
  [name: string]: unknown
}
const parsed = (): Line[] => lines.map((line) => JSON.parse(line))

describe('a line of the log', () => {
  test('is one line of JSON in printable ASCII, and names its event', () => {
    expect(lines.length).toBeGreaterThan(200)
    for (const line of lines) {
      expect(line).toMatch(/^\{[\x20-\x7e]*\}$/)
      expect(JSON.parse(line)).toMatchObject({ event: expect.stringMatching(/^[a-z_]+$/) })
    }
  })

  test('is there for everything that was done here', () => {
    const events = new Set(parsed().map(({ event }) => event))
    for (const event of [
      'request',
      'request_failed',
      'config_invalid',
      'job',
      'job_failed',
      'unknown_cron',
      'outbox_attempt_failed',
      'outbox_wake_up_lost',
      'event_not_written',
      'sign_in_failure_not_recorded',
      'rate_limit_failed',
    ]) {
      expect([...events], event).toContain(event)
    }
    expect([...events]).not.toContain('forged')
    const jobNames = Object.values(SCHEDULE).map(({ name }) => name)
    const ran = parsed().flatMap(({ event, job }) => (event === 'job' ? [job] : []))
    expect(ran).toEqual(expect.arrayContaining(jobNames))
  })

  test('of a request tells what it cost, and its route by pattern alone', () => {
    const requests = parsed().filter(({ event }) => event === 'request')
    for (const line of requests) {
      expect(line).toEqual({
        event: 'request',
        request_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        method: expect.stringMatching(/^[A-Z]+$/),
        route: expect.stringMatching(/^(unmatched|\/[a-z0-9{}:/._-]*)$/),
        status: expect.any(Number),
        ms: expect.any(Number),
        d1_calls: expect.any(Number),
        rows_read: expect.any(Number),
        rows_written: expect.any(Number),
      })
    }
  })

  test('holds no address, name, network, token, password or code, nor what a client wrote', () => {
    const text = lines.join('\n')
    expect(addresses.length).toBeGreaterThan(5)
    for (const address of [...addresses, root.email]) expect(text).not.toContain(address)
    for (const [what, secret] of secrets) expect(text.includes(secret), what).toBe(false)
    for (const code of codes)
      expect(text).not.toMatch(new RegExp(`(?<![0-9a-f])${code}(?![0-9a-f])`))
    for (const told of [NAME, MARK, root.token, root.sessionId, root.subject, PASSWORD]) {
      expect(text).not.toContain(told)
    }
    expect(text).not.toMatch(/"(ip|user_agent|email|path|url|query)":/)
    expect(text).not.toMatch(/\b10\.\d+\.\d+\.\d+\b/)
  })
})

test('nothing in the product writes to the console but log.ts', () => {
  const files = import.meta.glob<string>('../src/**/*.{ts,tsx}', {
    query: '?raw',
    import: 'default',
    eager: true,
  })
  expect(Object.keys(files).length).toBeGreaterThan(200)
  for (const [file, text] of Object.entries(files)) {
    if (!file.endsWith('/src/log.ts')) expect(text, file).not.toMatch(/\bconsole\s*(\.\s*\w+\(|\[)/)
  }
})
