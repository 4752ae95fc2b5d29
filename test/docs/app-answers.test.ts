/** What the benchmark takes for a right answer of a provider: errors are never measured as speed. */
import { expect, test } from 'vitest'
import type { FlowStep } from '../../bench/apps/figures'
import { type Provider, REDIRECT_URI } from '../../bench/apps/provider'
import { type Answer, type Flow, requestsOf } from '../../bench/apps/steps'

const provider: Provider = {
  name: 'gatehouse',
  url: 'http://127.0.0.1:1',
  client: { id: 'id', secret: 'secret', scope: 'openid' },
  discovered: {
    authorization_endpoint: 'https://id.example.org/oauth/authorize',
    token_endpoint: 'https://id.example.org/oauth/token',
    userinfo_endpoint: 'https://id.example.org/oauth/userinfo',
    introspection_endpoint: 'https://id.example.org/oauth/introspect',
  },
  browsers: ['session=1'],
  cpuMs: () => undefined,
  settle: {},
}

const tokens = { access: 'a-1', refresh: 'r-1' }
const flow = (): Flow => ({ codes: ['c-1'], tokens: [tokens], refreshed: [tokens] })

function take(step: FlowStep, answer: Partial<Answer>): void {
  const [request] = requestsOf(provider, step, flow()) ?? []
  request?.take({ status: 200, location: undefined, setCookies: [], body: '', ...answer })
}
const json = (body: object): Partial<Answer> => ({ body: JSON.stringify(body) })

const RIGHT: [FlowStep, Partial<Answer>][] = [
  ['authorize', { status: 303, location: `${REDIRECT_URI}?code=c&state=s` }],
  ['code', json({ access_token: 'a', refresh_token: 'r', id_token: 'i' })],
  ['refresh', json({ access_token: 'a', refresh_token: 'r-2' })],
  ['userinfo', json({ sub: '1', email: 'ada@example.com' })],
  ['introspect', json({ active: true })],
]

test.each(RIGHT)('%s: the right answer is taken, and no other status', (step, answer) => {
  expect(() => take(step, answer)).not.toThrow()
  for (const status of [201, 400, 401, 429, 500]) {
    expect(() => take(step, { ...answer, status })).toThrow(String(status))
  }
})

test.each<[string, FlowStep, Partial<Answer>]>([
  ['a redirect with an error', 'authorize', { status: 303, location: `${REDIRECT_URI}?error=x` }],
  ['a redirect to a sign-in', 'authorize', { status: 302, location: '/sign-in?code=c' }],
  ['no ID token', 'code', json({ access_token: 'a', refresh_token: 'r' })],
  ['no refresh token', 'code', json({ access_token: 'a', id_token: 'i' })],
  ['the same refresh token', 'refresh', json({ access_token: 'a', refresh_token: 'r-1' })],
  ['no access token', 'refresh', json({ refresh_token: 'r-2' })],
  ['no address', 'userinfo', json({ sub: '1' })],
  ['an inactive token', 'introspect', json({ active: false })],
])('%s is refused (%s)', (_, step, answer) => {
  expect(() => take(step, answer)).toThrow(/./)
})

test('a step without an endpoint is not offered', () => {
  const { introspection_endpoint: _, ...discovered } = provider.discovered
  expect(requestsOf({ ...provider, discovered }, 'introspect', flow())).toBeUndefined()
})
