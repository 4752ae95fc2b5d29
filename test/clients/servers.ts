/** Servers of apps on this machine, on a host of their own: 127.0.0.1, whereas Gatehouse is `localhost`. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

type Listener = (request: IncomingMessage, response: ServerResponse) => unknown

export interface AppServer {
  readonly origin: string
  /** Says what answers: the port is known first, which the app's configuration needs. */
  readonly serve: (listener: Listener) => void
  readonly stop: () => void
}

export async function startAppServer(): Promise<AppServer> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    serve: (listener) => void server.on('request', (...given) => void listener(...given)),
    stop: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
