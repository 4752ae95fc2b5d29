/**
 * A server that verifies access tokens by itself. It fetches the keys once in five minutes, so
 * requests do not wait for Gatehouse. The price: a revoked token is accepted until it expires, at
 * most an hour after it was issued. Where that is too long, see instant.mjs.
 */
import { createServer } from 'node:http'
import { createRemoteJWKSet, errors, jwtVerify } from 'jose'

const GATEHOUSE = process.env.GATEHOUSE ?? 'http://localhost:8787'
// The service's PUBLIC_URL, if it differs from GATEHOUSE.
const ISSUER = process.env.GATEHOUSE_ISSUER ?? GATEHOUSE
const AUDIENCE = process.env.GATEHOUSE_AUDIENCE ?? 'gatehouse'
const PORT = Number(process.env.PORT ?? 3001)

const keys = createRemoteJWKSet(new URL('/.well-known/jwks.json', GATEHOUSE), {
  cacheMaxAge: 5 * 60_000,
  cooldownDuration: 10_000,
  timeoutDuration: 2000,
})

/**
 * Returns the user of a token, or undefined when it is not valid. Throws when the keys cannot be
 * fetched.
 */
async function verify(token) {
  try {
    const { payload } = await jwtVerify(token, keys, {
      algorithms: ['ES256'],
      typ: 'at+jwt',
      issuer: ISSUER,
      // A restricted session's token has another audience, so it is refused.
      audience: AUDIENCE,
      requiredClaims: ['sub', 'sid', 'exp'],
    })
    return { id: Number(payload.sub), roles: payload.roles }
  } catch (error) {
    const isOurFault = error instanceof errors.JWKSTimeout || error.code === 'ERR_JOSE_GENERIC'
    if (isOurFault || !(error instanceof errors.JOSEError)) throw error
    return undefined
  }
}

async function handle(request, response) {
  const answer = (status, body, headers = {}) =>
    response
      .writeHead(status, { 'content-type': 'application/json', ...headers })
      .end(JSON.stringify(body))
  const [, token] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? []
  if (!token) return answer(401, { error: 'no token' }, { 'www-authenticate': 'Bearer' })
  try {
    const user = await verify(token)
    if (!user) return answer(401, { error: 'invalid token' }, { 'www-authenticate': 'Bearer' })
    answer(200, { hello: user })
  } catch {
    answer(503, { error: 'the signing keys are not available' }, { 'retry-after': '5' })
  }
}

const server = createServer((request, response) => void handle(request, response))
server.listen(PORT, '127.0.0.1', () =>
  console.log(`http://localhost:${server.address().port} verifies tokens offline`),
)
