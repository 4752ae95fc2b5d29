/** That no answer can leave the document unseen: every call of every test passes this check. */
import { expect, test } from 'vitest'
import { routes } from '../../src/app'
import { documentedRoute } from '../../src/openapi/documented-route'
import { get } from '../support/api'
import { documented, forgetDocuments } from '../support/documented'

const USER_LIST = 'http://localhost:8787/api/v1/admin/roles'

/** What the check makes of an answer that the Worker might have given. */
const answering = (response: Response, method = 'GET', url = USER_LIST) =>
  documented(async () => response)(new Request(url, { method }) as never, {} as never, {} as never)

const json = (body: unknown, status = 200, type = 'application/json') =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': type } })
const problem = (code: string, status: number, more: Record<string, string> = {}) => {
  const words = { type: 't', title: 't', detail: 'd', instance: '/', request_id: 'r' }
  const answer = json({ ...words, status, code }, status, 'application/problem+json')
  for (const [name, value] of Object.entries(more)) answer.headers.set(name, value)
  return answer
}
const role = { name: 'a', description: '', built_in: false, permissions: [] }
const CREATED = '2026-01-31T12:00:00.000Z'

test('an answer that is as documented passes unchanged', async () => {
  const answer = await answering(json({ items: [{ ...role, created_at: CREATED }] }))
  expect([answer.status, await answer.json()]).toEqual([
    200,
    { items: [{ ...role, created_at: CREATED }] },
  ])
  expect((await answering(problem('forbidden', 403))).status).toBe(403)
})

test.each([
  ['a status', () => json({}, 202), /answered 202, a status that is not documented/],
  ['a content type', () => json({ items: [] }, 200, 'text/json'), /as text\/json, not as/],
  ['a field too few', () => json({ items: [role] }), /not by its schema:[^]*created_at/],
  ['a field too many', () => json({ items: [], secret: 1 }), /not by its schema:[^]*secret/],
  ['a wrong type', () => json({ items: {} }), /not by its schema:[^]*array/],
  [
    'a time that is none',
    () => json({ items: [{ ...role, created_at: 'today' }] }),
    /not by its schema:[^]*date-time/,
  ],
  [
    'the code of another operation',
    () => problem('last_admin', 403),
    /`last_admin`, a code that is not documented/,
  ],
  ['a 401 that names no scheme', () => problem('invalid_access_token', 401), /WWW-Authenticate/],
  ['a 503 that does not say when', () => problem('unavailable', 503), /Retry-After/],
])('%s that is not documented fails the test that made the call', async (_, answer, words) => {
  await expect(answering(answer())).rejects.toThrow(words)
})

test('a 204 has no body, and a stream is read line by line', async () => {
  const session = 'http://localhost:8787/api/v1/users/sessions/x'
  await expect(answering(json({}, 200), 'DELETE', session)).rejects.toThrow(/a status/)
  const lines = new Response('{"id":1}\n', { headers: { 'content-type': 'application/x-ndjson' } })
  const answer = await answering(lines, 'GET', 'http://localhost:8787/api/v1/admin/users/export')
  await expect(answer.text()).rejects.toThrow(/line 1, not by its schema/)
})

test('where no operation is, only the problems of that are known', async () => {
  const nowhere = 'http://localhost:8787/api/v1/nowhere'
  expect((await answering(problem('not_found', 404), 'GET', nowhere)).status).toBe(404)
  await expect(answering(problem('in_use', 409), 'GET', nowhere)).rejects.toThrow(/in_use/)
  await expect(answering(json({}), 'GET', nowhere)).rejects.toThrow(/no operation is documented/)
})

test('it stands around the Worker that the tests call', async () => {
  const health = routes.find(({ path }) => path === '/healthz')
  const answers = health ? documentedRoute(health).answers : {}
  const ok = answers[200]
  Reflect.deleteProperty(answers, '200')
  forgetDocuments()
  await expect(get('/healthz')).rejects.toThrow('GET /healthz answered 200, a status that is not')
  Object.assign(answers, { 200: ok })
  forgetDocuments()
})
