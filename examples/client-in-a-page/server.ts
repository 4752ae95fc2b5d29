/** A small server for the page. It serves three files, and the URL of Gatehouse. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

const FILES: Record<string, { type: string; file: string }> = {
  '/': { type: 'text/html; charset=utf-8', file: './index.html' },
  '/page.js': { type: 'text/javascript', file: './page.js' },
  '/gatehouse-client.js': {
    type: 'text/javascript',
    file: '../../packages/client/dist/index.js',
  },
}

export interface PageServer {
  readonly origin: string
  /** Sets the URL of the service, once it is known. */
  readonly pointTo: (gatehouseUrl: string) => void
  readonly stop: () => void
}

/** Serves the page on this port; 0 means any free port. */
export async function servePage(port: number): Promise<PageServer> {
  let gatehouseUrl = ''
  const server: Server = createServer((request, response) => {
    const found = FILES[request.url ?? '']
    if (request.url === '/config.json') {
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ gatehouseUrl }))
    } else if (found) {
      const body = readFileSync(new URL(found.file, import.meta.url))
      const policy = `default-src 'none'; script-src 'self'; img-src data:; connect-src 'self' ${gatehouseUrl}`
      response.writeHead(200, { 'content-type': found.type, 'content-security-policy': policy })
      response.end(body)
    } else {
      response.writeHead(404).end()
    }
  }).listen(port, 'localhost')
  await once(server, 'listening')
  return {
    origin: `http://localhost:${(server.address() as AddressInfo).port}`,
    pointTo: (url) => {
      gatehouseUrl = url
    },
    stop: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
