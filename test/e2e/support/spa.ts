/** A single page app on another origin and site: 127.0.0.1, whereas Gatehouse is `localhost`. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const HERE = `${import.meta.dirname}/../oidc-client-ts`
const MODULES = `${import.meta.dirname}/../../../node_modules`
const HTML = 'text/html; charset=utf-8'

const FILES: Readonly<Record<string, readonly [type: string, file: string]>> = {
  '/': [HTML, `${HERE}/index.html`],
  '/popup': [HTML, `${HERE}/index.html`],
  '/app.js': ['text/javascript', `${HERE}/app.js`],
  '/oidc-client-ts.js': ['text/javascript', `${MODULES}/oidc-client-ts/dist/esm/oidc-client-ts.js`],
  '/jwt-decode.js': ['text/javascript', `${MODULES}/jwt-decode/build/esm/index.js`],
}

export interface Spa {
  readonly origin: string
  /** Sets what the app is configured with, once it is registered. */
  readonly configure: (settings: { authority: string; client_id: string }) => void
  readonly stop: () => void
}

export async function serveSpa(): Promise<Spa> {
  let settings = {}
  const server = createServer((request, response) => {
    const [path = ''] = (request.url ?? '').split('?')
    const [type, file] = FILES[path] ?? []
    if (path === '/settings.json') {
      response.setHeader('content-type', 'application/json').end(JSON.stringify(settings))
    } else if (type !== undefined && file !== undefined) {
      response.setHeader('content-type', type).end(readFileSync(file))
    } else {
      response.writeHead(404).end()
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    configure: (given) => {
      settings = given
    },
    stop: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
