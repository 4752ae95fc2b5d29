/**
 * A server that asks Gatehouse about every token (RFC 7662). A revocation is in force at the next
 * request, at the cost of one call. Needs an API key with the permission `read:all`.
 */
import { createServer } from 'node:http'

const GATEHOUSE = process.env.GATEHOUSE ?? 'http://localhost:8787'
const API_KEY = process.env.GATEHOUSE_API_KEY
const PORT = Number(process.env.PORT ?? 3002)
/** After this a slow service counts as unavailable. */
const DEADLINE_MS = 2000

if (!API_KEY) {
  console.error('Set GATEHOUSE_API_KEY to an API key with the permission read:all.')
  process.exit(1)
}

/**
 * Returns the user of a token, or undefined when it is not valid. Throws when Gatehouse cannot
 * tell.
 */
async function ask(token) {
  const response = await fetch(new URL('/api/v1/auth/introspect', GATEHOUSE), {
    method: 'POST',
    headers: { authorization: `Bearer ${API_KEY}` },
    body: new URLSearchParams({ token }),
    signal: AbortSignal.timeout(DEADLINE_MS),
  })
  // 401 and 403 are about our API key and say nothing about the token.
  if (!response.ok) throw new Error(`Gatehouse answered ${response.status}`)
  const answer = await response.json()
  if (!answer.active) return undefined
  return { id: Number(answer.sub), roles: answer.roles, permissions: answer.scope.split(' ') }
}

async function handle(request, response) {
  const answer = (status, body, headers = {}) =>
    response
      .writeHead(status, { 'content-type': 'application/json', ...headers })
      .end(JSON.stringify(body))
  const [, token] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? []
  if (!token) return answer(401, { error: 'no token' }, { 'www-authenticate': 'Bearer' })
  try {
    const user = await ask(token)
    if (!user) return answer(401, { error: 'invalid token' }, { 'www-authenticate': 'Bearer' })
    answer(200, { hello: user })
  } catch (error) {
    console.error(String(error.message))
    answer(503, { error: 'the token cannot be checked at the moment' }, { 'retry-after': '5' })
  }
}

const server = createServer((request, response) => void handle(request, response))
server.listen(PORT, '127.0.0.1', () =>
  console.log(`http://localhost:${server.address().port} asks Gatehouse about every token`),
)
