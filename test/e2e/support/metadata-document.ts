/** A client id metadata document on loopback, of an app that nobody has registered. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface ServedDocument {
  readonly clientId: string
  readonly redirectUri: string
  readonly stop: () => void
}

export async function serveDocument(): Promise<ServedDocument> {
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'application/json').end(
      JSON.stringify({
        client_id: clientId(),
        client_name: 'Notes assistant',
        redirect_uris: [redirectUri],
        policy_uri: new URL('/privacy', clientId()).href,
        tos_uri: new URL('/terms', clientId()).href,
      }),
    )
  }).listen(0, 'localhost')
  await once(server, 'listening')
  const clientId = () =>
    `http://localhost:${(server.address() as AddressInfo).port}/assistants/notes/client-metadata.json`
  const redirectUri = 'http://127.0.0.1:9/callback'
  return {
    clientId: clientId(),
    redirectUri,
    stop: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
