/** Whoever has passed the password step alone holds nothing: each value of its answer, on every route. */
import { beforeAll, describe, expect, it } from 'vitest'
import type * as z from 'zod'
import { fromBase64Url, fromUtf8 } from '../../src/crypto/encoding'
import type { Route } from '../../src/http/route'
import { call, get, said } from '../support/api'
import { stopClock } from '../support/clock'
import { addressOf, isOAuth, titled } from '../support/routes'
import {
  challengeOf,
  freshCode,
  type UserWithSecondFactor,
  userWithSecondFactor,
  verify,
} from '../support/second-factor'
import { postSignIn } from '../support/users-by-api'

stopClock()

let ada: UserWithSecondFactor
let challenge: string
let values: string[]

beforeAll(async () => {
  ada = await userWithSecondFactor()
  const { body } = await postSignIn(ada)
  challenge = body.challenge_token
  const [kind = '', payload = '', mac = ''] = challenge.split('.')
  const inside = JSON.parse(fromUtf8(fromBase64Url(payload) ?? new Uint8Array()))
  const { subject, cid } = inside
  expect(Object.keys(inside).sort()).toEqual(['cid', 'k', 'subject'])
  values = [
    ...Object.values<unknown>(body).map(String),
    kind,
    payload,
    mac,
    `${payload}.${mac}`,
    subject,
    cid,
    subject + cid,
    inside.k,
    // The same signature under the name of another kind.
    ...['refresh', 'page', ''].map((other) => `${other}.${payload}.${mac}`),
  ]
})

const shapeOf = ({ body }: Route): Record<string, z.core.$ZodType> => body?.().shape ?? {}
/** Fields that take something which proves who one is. */
const PROOF = /^(code|recovery_code|.*token|client_secret|password|current_password)$/
const isProven = (route: Route) => Object.keys(shapeOf(route)).some((name) => PROOF.test(name))

function bodyFor(route: Route, proof: string): Record<string, unknown> {
  const plain: Record<string, unknown> = {
    email: ada.email,
    username: ada.email,
    full_name: 'Ada Lovelace',
    new_password: 'Another-Horse-8',
    user_id: ada.id,
    grant_type: 'password',
  }
  const names = Object.keys(shapeOf(route)).filter((name) => name in plain || PROOF.test(name))
  return Object.fromEntries(names.map((name) => [name, plain[name] ?? proof]))
}

const refusals = [400, 401, 403, 404, 409, 422, 429]

describe.each(titled((route) => route.access !== 'anyone' && !isOAuth(route)))('%s', (_, route) => {
  it('takes none of them for an access token, nor in its address, body or query', async () => {
    for (const value of values) {
      const method = route.method.toUpperCase()
      const body = route.body && bodyFor(route, value)
      const path = `${addressOf(route, value)}?token=${encodeURIComponent(value)}`
      const headers = { authorization: `Bearer ${value}`, cookie: `session=${value}` }
      const reply = await call(method, path, body, { headers })
      expect(said(reply), value).toBe('401 invalid_access_token')
    }
  })
})

describe.each(titled((route) => route.access === 'anyone' && isProven(route)))('%s', (_, route) => {
  it('takes none of them for whatever proves something there', async () => {
    const shape = shapeOf(route)
    // Two names of one thing exclude each other; each is tried without the other.
    const rivals = [
      ['username', 'email'],
      ['code', 'recovery_code'],
    ].filter((pair) => pair.every((name) => name in shape))
    for (const value of values) {
      for (const left of [0, 1]) {
        const body = bodyFor(route, value)
        for (const pair of rivals) delete body[pair[left] ?? '']
        // An account may be registered by anyone, under any password.
        if (route.path.endsWith('/register')) continue
        const reply = await call('POST', route.path, body)
        expect(refusals, `${value} ${JSON.stringify(reply.body)}`).toContain(reply.status)
      }
    }
  })
})

it('the challenge alone signs nobody in, nor does the id that stands beside it', async () => {
  for (const value of values) {
    const fresh = await challengeOf(ada)
    for (const factor of [{ code: value }, { recovery_code: value }, { user_id: ada.id }, {}]) {
      const reply = await verify(fresh, factor)
      expect([401, 422, 429], JSON.stringify(reply.body)).toContain(reply.status)
    }
  }
})

it('after all this she has her one session, and the first challenge still does its work', async () => {
  const { items } = (await get('/api/v1/users/sessions', ada)).body
  expect(items).toHaveLength(1)
  const fresh = await challengeOf(ada)
  expect((await verify(fresh, { code: await freshCode(ada) })).status).toBe(200)
})
