/** What callers and logs see of our own failures: a fixed text, and a name. */
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { freshEmail, PASSWORD, type SignedInUser, signedInUser } from '../support/users'
import { consoleLines, fetchWith } from '../support/worker'
import { wrapEnv } from '../support/wrapped-env'

const SQL = 'insert into "users" ("email", "hashed_password") values (?, ?)'
const PARAMETERS = 'params: ada@example.com,$pbkdf2-sha256$v=1$abc'
const LEAKS = [
  SQL,
  'insert into',
  'hashed_password',
  'ada@example.com',
  '$pbkdf2',
  'params',
  '.ts:',
  'at async',
]

type Changes = Record<string, unknown>

/** The database with every call failing by this error, as D1 or Drizzle would throw it. */
const failing = (error: Error): Changes => ({
  ...wrapEnv(env, (call, go) => (call.name.startsWith('DB.') ? Promise.reject(error) : go())),
})

const register = () => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ email: freshEmail(), password: PASSWORD, full_name: 'Ada Lovelace' }),
})

let lines: string[]
beforeEach(() => {
  lines = consoleLines()
})

describe('a fault of ours', () => {
  const faults: [string, () => Changes][] = [
    [
      'a prepare that throws',
      () => ({
        DB: {
          prepare: () => {
            throw new Error(`${SQL}\n${PARAMETERS}`)
          },
        },
      }),
    ],
    [
      'a statement that D1 refuses',
      () => failing(new Error(`D1_ERROR: near "${SQL}": syntax error ${PARAMETERS}: SQLITE_ERROR`)),
    ],
    [
      'a message whose lines look like a stack',
      () => failing(new Error(`${SQL}\n    at ${PARAMETERS}`)),
    ],
    [
      'a constraint nobody expected',
      () =>
        failing(
          new Error(
            'D1_ERROR: NOT NULL constraint failed: users.hashed_password: SQLITE_CONSTRAINT',
          ),
        ),
    ],
    [
      'an error with a cause',
      () => failing(new Error('Failed query', { cause: new Error(`${SQL}\n${PARAMETERS}`) })),
    ],
  ]

  it.each(faults)('is a 500 with a fixed text and no internals: %s', async (_, broken) => {
    const reply = await fetchWith(broken(), '/api/v1/auth/register', register())
    expect(reply.status).toBe(500)
    expect(reply.body).toEqual({
      type: 'http://localhost:8787/problems/internal',
      title: 'Something went wrong on our side',
      status: 500,
      detail: 'Something went wrong on our side',
      instance: '/api/v1/auth/register',
      code: 'internal',
      request_id: reply.headers.get('x-request-id'),
    })
    const told = JSON.stringify([reply.body, ...reply.headers])
    for (const leak of LEAKS) expect(told).not.toContain(leak)
  })

  it.each(faults)(
    'is logged once, by name and place, without SQL or parameters: %s',
    async (_, broken) => {
      const reply = await fetchWith(broken(), '/api/v1/auth/register', register())
      expect(lines).toHaveLength(1)
      const line = JSON.parse(lines[0] ?? '')
      expect(line).toEqual({
        event: 'request_failed',
        request_id: reply.body.request_id,
        code: 'internal',
        error: expect.stringMatching(/^\w*Error$/),
        at: expect.any(Array),
      })
      expect(line.at.length).toBeGreaterThan(0)
      for (const leak of LEAKS.slice(0, 6)) expect(lines[0]).not.toContain(leak)
    },
  )
})

describe('a fault that passes', () => {
  it.each([
    'D1_ERROR: Network connection lost.',
    'D1 DB storage operation exceeded timeout which caused object to be reset.',
    'D1_ERROR: D1 DB is overloaded. Requests queued for too long.',
  ])('is a 503 with Retry-After: %s', async (message) => {
    for (const [path, init] of [
      ['/api/v1/auth/register', register()],
      ['/healthz', {}],
    ] as const) {
      const reply = await fetchWith(failing(new Error(message)), path, init)
      expect([reply.status, reply.body.code]).toEqual([503, 'unavailable'])
      expect(reply.headers.get('retry-after')).toBe('5')
      expect(reply.body.detail).toBe('The service is temporarily unavailable')
    }
    expect(lines.join()).not.toContain(message)
  })

  it('is what a broken object is, on the hot path too', async () => {
    const ada: SignedInUser = await signedInUser()
    const broken = wrapEnv(env, (call, go) =>
      call.name.startsWith('USER_SESSIONS')
        ? Promise.reject(
            Object.assign(new Error('internal error; reference = abc'), { retryable: true }),
          )
        : go(),
    )
    const headers = { authorization: `Bearer ${ada.token}` }
    for (const path of ['/api/v1/auth/session', '/api/v1/users/profile', '/healthz']) {
      const reply = await fetchWith({ ...broken }, path, { headers })
      expect([path, reply.status, reply.headers.get('retry-after')]).toEqual([path, 503, '5'])
    }
    expect(lines.join()).not.toContain('reference')
  })
})

describe('a refusal', () => {
  it('is not logged: it is the caller who errs', async () => {
    for (const path of ['/nothing', '/api/v1/auth/session', '/api/v1/auth/login'])
      await fetchWith({}, path)
    await fetchWith({}, '/api/v1/auth/register', { ...register(), body: '{' })
    expect(lines).toEqual([])
  })
})
