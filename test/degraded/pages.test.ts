/**
 * The hosted pages while D1 or the users' objects are down: a page that says so with 503 and when to
 * come back, for every address and every form; never somebody's data, never a redirect to sign-in,
 * which would sign the user out for our fault.
 */
import { env } from 'cloudflare:workers'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { loadConfig } from '../../src/config'
import { signToken } from '../../src/crypto/signed-token'
import { pages } from '../../src/pages/pages'
import type { Page } from '../../src/pages/runtime/page'
import type { Reply } from '../support/api'
import { type SignedInUser, signedInUser } from '../support/users'
import { consoleLines } from '../support/worker'
import { all, type Ask, Breakdown, type FAULTS } from './breakdown'

const NAME = 'Zebedee Quuxington'
let root: SignedInUser
let cookie: string
beforeAll(async () => {
  root = await signedInUser({ roles: ['admin'], fullName: NAME })
  const payload = { subject: root.subject, sid: root.sessionId }
  cookie = `gatehouse=${await signToken(loadConfig(env).TOKEN_KEYS, 'page', payload)}`
})
beforeEach(() => void consoleLines())

const addressOf = ({ path }: Pick<Page, 'path'>) =>
  path.replace(':id', String(root.id)).replace(':name', 'moderator')
const opened = (page: Page): Ask => ({
  method: 'GET',
  path: addressOf(page),
  headers: { cookie, accept: 'text/html' },
})
const submitted = (page: Pick<Page, 'path'>): Ask => ({
  method: 'POST',
  path: addressOf(page),
  body: '',
  headers: {
    cookie,
    accept: 'text/html',
    'sec-fetch-site': 'same-origin',
    'content-type': 'application/x-www-form-urlencoded',
  },
})

async function broken(kind: string, way: keyof typeof FAULTS): Promise<Breakdown> {
  const isolate = new Breakdown()
  await isolate.ask({ method: 'GET', path: '/api/v1/auth/session', token: root.token })
  isolate.fails = all(kind, way)
  return isolate
}

function expectErrorPage(reply: Reply<string>, about: string): void {
  expect(reply.status, about).toBe(503)
  expect(Number(reply.headers.get('retry-after')), about).toBeGreaterThan(0)
  expect(reply.headers.get('content-type'), about).toMatch(/^text\/html/)
  expect(reply.headers.get('content-security-policy'), about).toContain("default-src 'none'")
  expect(reply.body, about).toContain(reply.headers.get('x-request-id'))
  // A nonce is random, and may spell anything.
  const told = String(reply.body).replaceAll(/nonce="[^"]*"/g, '')
  expect(told, about).not.toMatch(/D1_|Durable|overloaded|Network/)
  expect(reply.body, about).not.toContain(NAME)
  expect(reply.headers.getSetCookie().join(), about).not.toMatch(/gatehouse=;/)
}

const isSignedIn = ({ access }: Page) => access !== 'anyone' && access !== 'visitor'

describe.each([
  ['DB', 'D1 lost'],
  ['DB', 'D1 overloaded'],
  ['USER_SESSIONS', 'object lost'],
  ['USER_SESSIONS', 'object overloaded'],
] as const)('while %s is down (%s)', (kind, way) => {
  test.each(pages)('$path', async (page) => {
    const isolate = await broken(kind, way)
    for (const ask of [opened(page), ...(page.post ? [submitted(page)] : [])]) {
      const about = `${ask.method} ${ask.path}`
      const reply = await isolate.ask(ask)
      if (isSignedIn(page) || reply.status >= 500) expectErrorPage(reply, about)
      // What asks for nobody, what is not there (setup), and forms that are refused before.
      // 400: what an app has to send is missing. 401: a script asks for what belongs to a sign-in that is not
      // under way.
      else expect([200, 303, 400, 401, 404, 422], about).toContain(reply.status)
      expect(reply.body, about).not.toContain(NAME)
    }
  })
})

test('a sign-in says so, and may be repeated when all is well again', async () => {
  const ask = (): Ask => {
    const body = new URLSearchParams({ email: root.email, password: root.password })
    return { ...submitted({ path: '/sign-in' }), body: body.toString() }
  }
  for (const [kind, way] of [
    ['DB', 'D1 lost'],
    ['USER_SESSIONS', 'object overloaded'],
    ['THROTTLE', 'object lost'],
  ] as const) {
    const isolate = await broken(kind, way)
    const reply = await isolate.ask(ask())
    expect(reply.status, kind).toBe(503)
    expect(Number(reply.headers.get('retry-after')), kind).toBeGreaterThan(0)
    isolate.fails = () => undefined
    expect((await isolate.ask(ask())).status, kind).toBe(303)
  }
})
