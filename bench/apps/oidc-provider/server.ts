/**
 * node-oidc-provider in a process of its own, as its documentation sets it up: behind Node's HTTP server, with an
 * adapter that keeps everything in SQLite, and a page of interactions that answers at once for the user who is named.
 */
import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import Provider from 'oidc-provider'
import { ISSUER, REDIRECT_URI } from '../provider.ts'
import { storeIn } from './adapter.ts'

const DAY = 24 * 60 * 60

const [folder = '', clientId = '', clientSecret = '', users = '0'] = process.argv.slice(2)

const { database, Store } = storeIn(join(folder, 'oidc-provider.sqlite'))
const insert = database.prepare('INSERT INTO users VALUES (?, ?, ?)')
for (let i = 0; i < Number(users); i++) {
  insert.run(`user${i}`, `user${i}@example.com`, `User Number ${i}`)
}
const user = database.prepare('SELECT email, name FROM users WHERE id = ?')
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })

const provider = new Provider(ISSUER, {
  adapter: Store,
  clients: [
    {
      client_id: clientId,
      client_secret: clientSecret,
      redirect_uris: [REDIRECT_URI],
      grant_types: ['authorization_code', 'refresh_token'],
    },
  ],
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256' }] },
  cookies: { keys: ['a key of the cookies'] },
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
  features: {
    devInteractions: { enabled: false },
    introspection: {
      enabled: true,
      allowedPolicy: (_, client, token) => client.clientId === token.clientId,
    },
  },
  ttl: {
    AccessToken: 600,
    AuthorizationCode: 60,
    IdToken: 600,
    RefreshToken: 30 * DAY,
    Session: 30 * DAY,
    Grant: 30 * DAY,
    Interaction: 600,
  },
  interactions: { url: (_, { uid }) => `/interaction/${uid}` },
  findAccount: async (_, id) => {
    const found = user.get(id)
    return (
      found && {
        accountId: id,
        claims: async () => ({ sub: id, ...found, email_verified: true }),
      }
    )
  },
  // Without offline_access, which would ask for consent each time; as long as the browser's session lives.
  issueRefreshToken: async () => true,
  rotateRefreshToken: true,
})

/** Signs in the user that the header names, and allows what is asked. */
async function interact(
  request: Parameters<typeof answer>[0],
  response: Parameters<typeof answer>[1],
) {
  const { prompt, params, session } = await provider.interactionDetails(request, response)
  if (prompt.name === 'login') {
    const accountId = String(request.headers['bench-user'])
    await provider.interactionFinished(request, response, { login: { accountId } })
    return
  }
  const grant = new provider.Grant({ accountId: session?.accountId, clientId: params.client_id })
  grant.addOIDCScope(params.scope)
  const consent = { grantId: await grant.save() }
  await provider.interactionFinished(request, response, { consent })
}

const answer = provider.callback()

const server = createServer((request, response) => {
  if (!request.url?.startsWith('/interaction/')) return answer(request, response)
  return interact(request, response).catch((error: unknown) => {
    response.writeHead(500).end(String(error))
  })
})
server.listen(0, '127.0.0.1', () => {
  process.send?.({ port: (server.address() as AddressInfo).port })
})
process.on('disconnect', () => process.exit())
